-- Every visit, counted or not, with what decides: its turn at this door that day, how far away, which origin.
select e.id, e.activity_id, e.record_id, e.user_id, e.happened_at, timezone(e.zone, e.happened_at) as local_time,
    e.local_day as day, e.type_id, e.template_id, e.result_id, e.verification, e.distance, e.left_out, e.origin,
    case when e.left_out is null and e.record_id is not null then row_number() over (
        partition by e.user_id, e.record_id, e.local_day, e.left_out order by e.happened_at, e.id) end as turn,
    {shown}
from event e
join kpi.template t on t.template_id = e.template_id and t.role = 'visit'
left join {record} r on r.id = e.record_id
asof left join pin_turn p on p.record_id = e.record_id and e.happened_at < p.turned_at
where e.kind = 'logged' and {seen}
order by e.happened_at, e.id
