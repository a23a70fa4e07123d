-- When each system last called, and what waits to be read.
select system, max(received_at) as received_at, count(*) filter (where handled_at is null) as waiting
from sync.webhook_note
group by system
