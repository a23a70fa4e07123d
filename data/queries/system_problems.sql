-- What keeps a whole system from being read: a problem that names no table of it. The newest one of each system.
select system, code, text, advice, run, first_seen_at, last_seen_at
from sync.problem
where resolved_at is null and table_name is null and record_id is null
qualify row_number() over (partition by system order by last_seen_at desc) = 1
