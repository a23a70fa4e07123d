-- The differences that stand, oldest first; what is in conflict by now is asked there.
select s.id, s.sync, s.link, m.spotio_id, m.salesforce_id, s.field, s.spotio, s.salesforce, s.seen_at, s.take, s.value,
    s.decided_by, s.decided_at
from sync.standing s
left join (
    select link, max(id) filter (system = 'spotio') as spotio_id, max(id) filter (system = 'salesforce') as salesforce_id
    from sync.link_member where link in (select link from sync.standing where settled_at is null) group by link
) m on m.link = s.link
where s.settled_at is null and (s.link, s.field) not in (select (link, field) from sync.conflict where settled_at is null)
    and ($sync is null or s.sync = $sync) and ($field is null or s.field = $field)
order by s.seen_at, s.number limit $limit offset $offset
