-- The latest finished run that was to read each system, with how that system fared in it: failed when none of its
-- tables came through, which includes a sign-in that was refused before the first table.
with asked as (
    select unnest(string_split(systems, ',')) as system, id, started_at, finished_at, outcome, text
    from sync.run
    where outcome <> 'running'
),
latest as (
    select * from asked
    qualify row_number() over (partition by system order by started_at desc) = 1
)
select latest.system, latest.id as run, latest.started_at, latest.finished_at, latest.outcome as run_outcome,
    latest.text as run_text,
    count(tables.run) as tables,
    count(tables.run) filter (where tables.outcome = 'done') as tables_done,
    arg_max(tables.text, tables.started_at) filter (where tables.outcome = 'failed') as failure
from latest
left join sync.run_table as tables on tables.run = latest.id and tables.system = latest.system
group by all
