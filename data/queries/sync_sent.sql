-- What we wrote last to each column of the chosen records of one system, when, and whether the field was agreed on anew since
-- (by a write to the other side, or because both came to the same): then the same value again is somebody else's.
create or replace temp table sent as
with told as (
    select number, link, record_id as id, intended_at, answered_at,
        unnest(from_json(fields, '[{"field":"VARCHAR","column":"VARCHAR","after":"VARCHAR"}]')) as told
    from sync.write
    where system = $system and state = 'done' and kind in ('create', 'update')
        and record_id in (select id from spotio_chosen union all select id from salesforce_chosen)
)
select t.id, t.told."column" as "column", t.told.after as after, t.intended_at, t.answered_at,
    coalesce(a.agreed_at > t.answered_at, false) as superseded
from told t
left join (select link, field, agreed_at from sync.agreed where number in (select number from chosen_link)) a
    on a.link = t.link and a.field = t.told.field
where t.told."column" is not null
qualify row_number() over (partition by t.id, t.told."column" order by t.number desc) = 1
