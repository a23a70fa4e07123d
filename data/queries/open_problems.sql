-- Open problems by cause, oldest first, because the longest-waiting one does the most harm. Many records that fail
-- for one reason are one line.
select system, code,
    arg_max(text, last_seen_at) as text,
    arg_max(advice, last_seen_at) as advice,
    arg_max(run, last_seen_at) as run,
    arg_max(table_name, last_seen_at) as table_name,
    count(*) as problems,
    count(distinct record_id) as records,
    count(distinct table_name) as tables,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at
from sync.problem
where resolved_at is null
group by system, code
order by first_seen_at
