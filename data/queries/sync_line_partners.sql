-- The ids of both sides of some links.
select link, max(id) filter (system = 'spotio') as spotio_id, max(id) filter (system = 'salesforce') as salesforce_id
from sync.link_member
where list_contains($links::varchar[], link)
group by link
