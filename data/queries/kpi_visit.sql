-- Visits that count, at a record: what doors are made of. `alone`: this rep's only one at this record on this day, and
-- so a door by itself, which most are; only the others have to be put together.
select v.day, v.user_id, v.record_id, v.happened_at, v.hour, v.team_id, v.territory_id, v.type_id, v.template_id,
    v.result_id, v.verification, coalesce(c.contact, false) as contact, c.template_id is null as unclassified,
    count(*) over (partition by v.day, v.user_id, v.record_id) = 1 as alone
from act v
left join kpi.result_class c on c.template_id = v.template_id and c.result_id = v.result_id
where v.visits = 1 and v.record_id is not null
