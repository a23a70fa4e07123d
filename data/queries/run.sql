-- One run with the sums of its tables.
select run.number, run.id, run.kind, run.asked_by, run.systems, run.reconcile, run.started_at, run.finished_at,
    run.outcome, run.text,
    coalesce(sum(tables.rows_read), 0)::bigint as rows_read,
    coalesce(sum(tables.rows_inserted), 0)::bigint as rows_inserted,
    coalesce(sum(tables.rows_changed), 0)::bigint as rows_changed,
    coalesce(sum(tables.rows_deleted), 0)::bigint as rows_deleted,
    coalesce(sum(tables.calls), 0)::bigint as calls,
    count(tables.run) as tables,
    count(tables.run) filter (where tables.outcome = 'failed') as tables_failed,
    coalesce(any_value(writes.written), 0)::bigint as written, coalesce(any_value(writes.failed), 0)::bigint as writes_failed
from sync.run as run
left join sync.run_table as tables on tables.run = run.id
left join (
    select run, count_if(state = 'done' and system is not null) as written, count_if(state = 'failed') as failed
    from sync.write where run = $id group by run
) as writes on writes.run = run.id
where run.id = $id
group by all
