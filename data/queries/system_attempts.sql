-- The latest finished run that was to read each system. A run of several counts for each of them.
with asked as (
    select unnest(string_split(systems, ',')) as system, id as run, started_at, finished_at, outcome, text
    from sync.run
    where outcome <> 'running'
)
select * from asked
qualify row_number() over (partition by system order by started_at desc, run desc) = 1
