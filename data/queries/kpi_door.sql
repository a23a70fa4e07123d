-- A rep at a record on a local day: one door, however many visits. Two visits at one instant have the same team,
-- territory, type and hour, so the first of them is well defined. Filled in: which visits, and further columns by
-- which doors are told apart.
select v.day, v.user_id, v.record_id, v.happened_at as first_at, v.hour, v.team_id, v.territory_id, v.type_id, 1 as visits,
    (v.verification is not distinct from 'verified')::integer as verified,
    (v.verification is not distinct from 'not_verified')::integer as not_verified,
    (v.verification is not distinct from 'not_verifiable')::integer as not_verifiable,
    v.contact, v.unclassified{keys}
from {visits} v
where v.alone
union all
select v.day, v.user_id, v.record_id, min(v.happened_at), arg_min(v.hour, v.happened_at), arg_min(v.team_id, v.happened_at),
    arg_min(v.territory_id, v.happened_at), arg_min(v.type_id, v.happened_at), count(*)::integer,
    count_if(v.verification = 'verified')::integer, count_if(v.verification = 'not_verified')::integer,
    count_if(v.verification = 'not_verifiable')::integer,
    bool_or(v.contact), not bool_or(v.contact) and bool_or(v.unclassified){keys}
from {visits} v
where not v.alone
group by v.day, v.user_id, v.record_id{keys}
