-- Rows read and changed by the hour in which their table was finished, of tables still running by the present hour.
select date_trunc('hour', coalesce(finished_at, $now::timestamptz)) as hour,
    coalesce(sum(rows_read), 0)::bigint as rows_read,
    coalesce(sum(coalesce(rows_inserted, 0) + coalesce(rows_changed, 0) + coalesce(rows_deleted, 0)), 0)::bigint
        as rows_changed
from sync.run_table
where started_at >= $since::timestamptz - interval 1 day and coalesce(finished_at, $now::timestamptz) >= $since::timestamptz
group by hour
order by hour
