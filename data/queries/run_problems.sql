-- What the run met that a person should know, open ones first.
select id, system, table_name, record_id, code, text, advice, first_seen_at, last_seen_at, times, resolved_at
from sync.problem
where run = $run
order by resolved_at is not null, system, table_name, record_id
limit $limit
