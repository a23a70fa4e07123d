-- The chosen links with their two records.
select l.link, m.spotio_id, m.salesforce_id, l.state, l.born, l.to_spotio, l.to_salesforce, l.reason
from sync.link l
left join (
    select number, max(id) filter (system = 'spotio') as spotio_id, max(id) filter (system = 'salesforce') as salesforce_id
    from sync.link_member where number in (select number from chosen_link) group by number
) m on m.number = l.number
where l.number in (select number from chosen_link) order by l.number
