-- When the pins were set, moved or taken away of the records whose visits could not be verified, with the latitude that
-- stood until then. A change that did not move the record's stamp happened when it was seen.
select id as record_id, turned_at, before ->> '$.lat' as lat
from (
    select id, before, recorded_at,
        case when json_exists(before, '$.updatedAt') then least(changed_at, recorded_at) else recorded_at end as turned_at
    from history.change
    where operation in ('update', 'delete', 'undelete', 'visible') and system = 'spotio' and object = 'record'
        and id in (select e.record_id from event e where e.verification = 'not_verifiable' and {seen})
        and json_exists(before, '$.lat')
)
qualify row_number() over (partition by id, turned_at order by recorded_at) = 1
