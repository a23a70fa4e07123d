-- Each table as last counted on both sides: the ones that differ first, then the largest.
with counted as (
    select system, table_name,
        max(started_at) as counted_at,
        arg_max(run, started_at) as run,
        arg_max(source_count, started_at) as source_count,
        arg_max(mirror_count, started_at) as mirror_count
    from sync.run_table
    where source_count is not null and mirror_count is not null
    group by system, table_name
)
select * from counted
order by abs(source_count - mirror_count) desc, mirror_count desc, system, table_name
