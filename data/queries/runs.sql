-- One page of runs, newest first, by key: before $before (going back) or after $after (coming forward). The page
-- is cut before the tables are joined, so a long log costs no more than a short one.
with page as (
    select * from sync.run
    where ($outcomes::varchar[] is null or list_contains($outcomes::varchar[], outcome))
        and ($system::varchar is null or list_contains(string_split(systems, ','), $system::varchar))
        and ($asked_by::varchar[] is null or list_contains($asked_by::varchar[], asked_by))
        and ($since::timestamptz is null or started_at >= $since::timestamptz)
        and ($before::bigint is null or number < $before::bigint)
        and ($after::bigint is null or number > $after::bigint)
    order by case when $after::bigint is null then -number else number end
    limit $limit
)
select page.number, page.id, page.kind, page.asked_by, page.systems, page.reconcile, page.started_at,
    page.finished_at, page.outcome, page.text,
    coalesce(sum(tables.rows_read), 0)::bigint as rows_read,
    coalesce(sum(tables.rows_inserted), 0)::bigint as rows_inserted,
    coalesce(sum(tables.rows_changed), 0)::bigint as rows_changed,
    coalesce(sum(tables.rows_deleted), 0)::bigint as rows_deleted,
    coalesce(sum(tables.calls), 0)::bigint as calls,
    count(tables.run) as tables,
    count(tables.run) filter (where tables.outcome = 'failed') as tables_failed,
    coalesce(any_value(writes.written), 0)::bigint as written, coalesce(any_value(writes.failed), 0)::bigint as writes_failed
from page
left join sync.run_table as tables on tables.run = page.id
left join (
    select run, count_if(state = 'done' and system is not null) as written, count_if(state = 'failed') as failed
    from sync.write where run in (select id from page) group by run
) as writes on writes.run = page.id
group by all
order by page.number desc
