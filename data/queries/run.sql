-- One run with the sums of its tables.
select run.number, run.id, run.kind, run.asked_by, run.systems, run.reconcile, run.started_at, run.finished_at,
    run.outcome, run.text,
    coalesce(sum(tables.rows_read), 0)::bigint as rows_read,
    coalesce(sum(tables.rows_inserted), 0)::bigint as rows_inserted,
    coalesce(sum(tables.rows_changed), 0)::bigint as rows_changed,
    coalesce(sum(tables.rows_deleted), 0)::bigint as rows_deleted,
    coalesce(sum(tables.calls), 0)::bigint as calls,
    count(tables.run) as tables,
    count(tables.run) filter (where tables.outcome = 'failed') as tables_failed
from sync.run as run
left join sync.run_table as tables on tables.run = run.id
where run.id = $id
group by all
