-- How fresh the tables are that numbers are made of: when the one that waits longest was last read to its end, and how
-- they were last tried; and when all of them had been read once. Single records that were read for a webhook tell nothing of all the others.
with latest as (
    select table_name,
        max(finished_at) filter (where outcome = 'done') as read_at,
        min(finished_at) filter (where outcome = 'done') as first_read_at,
        arg_max({'outcome': outcome, 'at': finished_at}, started_at) filter (where outcome <> 'running') as tried,
        max(started_at) filter (where outcome = 'running') as running_since
    from sync.run_table
    where system = $system and mode <> 'named' and table_name in (select unnest($tables::varchar[]))
    group by table_name
)
select case when count(read_at) = len($tables) then min(read_at) end as read_at,
    case when count(read_at) = len($tables) then max(first_read_at) end as first_read_at,
    coalesce(bool_or(tried.outcome = 'failed'), false) as failed, max(tried.at) as tried_at, max(running_since) as running_since
from latest
