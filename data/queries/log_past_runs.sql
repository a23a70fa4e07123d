-- The runs that leave the log: ended before $before, and no line of theirs is kept. Of each system the latest stays, and the
-- first, before which nothing was mirrored; of each table the first and the last reading, and the last that was counted on
-- both sides. The newest of all stays: numbers are never given twice.
create temp table past as
with telling as (
    select run from sync.run_table
    qualify row_number() over (partition by system, table_name order by started_at desc) = 1
        or row_number() over (partition by system, table_name, outcome = 'done' and mode <> 'named' order by started_at desc) = 1
        or row_number() over (partition by system, table_name, outcome = 'done' and mode <> 'named' order by started_at) = 1
        or row_number() over (
            partition by system, table_name, source_count is not null and mirror_count is not null order by started_at desc) = 1
    union
    select run from (select unnest(string_split(systems, ',')) as system, id as run, number, outcome from sync.run)
    qualify row_number() over (partition by system, outcome = 'running' order by number desc) = 1
        or row_number() over (partition by system order by number) = 1
    union select run from sync.write where run is not null
    union select run from sync.decision where run is not null
)
select id from sync.run
where finished_at < $before::timestamptz and number < (select max(number) from sync.run)
    and id not in (select run from telling)
