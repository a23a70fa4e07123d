-- The links of one record, live ones first and the newest before older ones.
select l.link, l.sync, l.state, l.born, l.to_spotio, l.to_salesforce, l.reason, l.linked_at, l.changed_at, l.version, l.run,
    max(m.id) filter (m.system = 'spotio') as spotio_id, max(m.id) filter (m.system = 'salesforce') as salesforce_id
from sync.link l join sync.link_member m on m.number = l.number
where ($sync is null or l.sync = $sync)
    and l.number in (select number from sync.link_member where system = $system and id = $id)
group by l.number, l.link, l.sync, l.state, l.born, l.to_spotio, l.to_salesforce, l.reason, l.linked_at, l.changed_at, l.version, l.run
order by l.state = 'unlinked', l.number desc
