-- The links to be made, numbered on from the last one. A pair of which a record has a live link already, in this sync
-- or for another pair of the same batch, is a case: the link tells that the two belong together, and nothing travels.
-- new_link (ord, spotio_id, salesforce_id, born, object, sobject) is given. Either side is looked up by itself: one
-- condition for both would compare every member of the store twice.
create temp table numbered as
with member as (
    select number, 'spotio' as system, id from sync.link_member
    where system = 'spotio' and id in (select spotio_id from new_link)
    union all
    select number, 'salesforce', id from sync.link_member
    where system = 'salesforce' and id in (select salesforce_id from new_link)
),
held as (
    select system, id from member where number in
        (select number from sync.link where sync = $sync and state <> 'unlinked' and number in (select number from member))
),
placed as (
    select *, row_number() over (order by ord) + (select coalesce(max(number), 0) from sync.link) as number,
        row_number() over (partition by spotio_id order by ord) > 1
            or row_number() over (partition by salesforce_id order by ord) > 1
            or spotio_id in (select id from held where system = 'spotio')
            or salesforce_id in (select id from held where system = 'salesforce') as taken
    from new_link
)
select ord, number, 'l-' || number as link, spotio_id, salesforce_id, born, object, sobject,
    case when taken then 'case' else 'active' end as state, case when taken then 'linked_already' end as reason
from placed
