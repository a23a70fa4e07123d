-- Logged activities, one row each, with what each adds to the sums.
select e.id as event_id, e.record_id, e.user_id, e.team_id, e.territory_id, e.type_id, e.template_id, e.result_id,
    e.verification, e.distance, e.local_day as day, e.local_hour as hour, e.happened_at, e.left_out,
    (e.left_out is null)::integer as activities,
    (e.left_out is null and t.role = 'visit')::integer as visits,
    (e.left_out is null and t.role = 'visit' and e.verification = 'verified')::integer as verified,
    (e.left_out is null and t.role = 'visit' and e.verification = 'not_verified')::integer as not_verified,
    (e.left_out is null and t.role = 'visit' and e.verification = 'not_verifiable')::integer as not_verifiable,
    (e.left_out is null and t.role = 'call')::integer as calls,
    (e.left_out is null and t.role = 'text')::integer as texts,
    (e.left_out is null and t.role = 'email')::integer as emails,
    (e.left_out is not distinct from 'other_origin')::integer as other_origin,
    (e.left_out is not distinct from 'before_start')::integer as before_start,
    -- A clock that runs ahead, or a plan ticked off early, is no negative delay.
    case when e.left_out is null then greatest(0, epoch(e.received_at) - epoch(e.happened_at)) end as latency
from event e
left join kpi.template t on t.template_id = e.template_id
where e.kind = 'logged'
