-- One row a system that was ever read. A table counts with its latest finished look: one that failed an hour ago
-- and was read since is well. The two counts are taken from the same look, else a difference would mean nothing.
with tables as (
    select system, table_name,
        arg_max(outcome, started_at) filter (where outcome <> 'running') as outcome,
        max(finished_at) filter (where outcome = 'done') as read_at,
        arg_max(mirror_count, started_at) as mirror_count,
        arg_max({'mirror': mirror_count, 'source': source_count}, started_at)
            filter (where source_count is not null and mirror_count is not null) as compared
    from sync.run_table
    group by system, table_name
)
select system,
    count(*) as tables,
    count(*) filter (where outcome = 'failed') as tables_failed,
    count(*) filter (where outcome in ('stopped', 'interrupted')) as tables_unfinished,
    count(*) filter (where read_at is null) as tables_never_read,
    max(read_at) as read_at,
    coalesce(sum(mirror_count), 0)::bigint as records,
    sum(compared.mirror)::bigint as compared_mirror,
    sum(compared.source)::bigint as compared_source,
    sum(abs(compared.mirror - compared.source))::bigint as differing
from tables
group by system
