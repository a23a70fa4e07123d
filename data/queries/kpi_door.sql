-- A rep at a record on a local day: one door, however many visits. Two visits at one instant have the same team,
-- territory, type and hour, so the first of them is well defined. Filled in: further columns by which doors are told apart.
select v.day, v.user_id, v.record_id, min(v.happened_at) as first_at, arg_min(v.hour, v.happened_at) as hour,
    arg_min(v.team_id, v.happened_at) as team_id, arg_min(v.territory_id, v.happened_at) as territory_id,
    arg_min(v.type_id, v.happened_at) as type_id,
    sum(v.visits)::integer as visits, sum(v.verified)::integer as verified,
    sum(v.not_verified)::integer as not_verified, sum(v.not_verifiable)::integer as not_verifiable,
    coalesce(bool_or(c.contact), false) as contact,
    not coalesce(bool_or(c.contact), false) and bool_or(c.template_id is null) as unclassified{keys}
from act v
left join kpi.result_class c on c.template_id = v.template_id and c.result_id = v.result_id
where v.visits = 1 and v.record_id is not null
group by v.day, v.user_id, v.record_id{keys}
