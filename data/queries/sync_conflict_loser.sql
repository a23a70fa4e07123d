-- The values that lost settled conflicts, each in the form of its side: whichever side's value the agreement does not hold.
-- Nothing lost where both came to the same by themselves, or where a field of the link is in conflict again.
select c.id, c.link, c.field, case when a.spotio is distinct from c.spotio then 'spotio' else 'salesforce' end as side,
    case when a.spotio is distinct from c.spotio then c.spotio else c.salesforce end as value
from sync.conflict c
join sync.agreed a on a.link = c.link and a.field = c.field
join sync.link l on l.link = c.link and l.state = 'active'
where list_contains($ids::varchar[], c.id) and c.state = 'settled' and c.settled_by = 'written'
    and (a.spotio is distinct from c.spotio or a.salesforce is distinct from c.salesforce)
    and (c.link, c.field) not in (select (link, field) from sync.conflict where settled_at is null)
