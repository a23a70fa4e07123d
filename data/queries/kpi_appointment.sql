-- Appointments of a record in cycles: a cycle begins with the first live appointment and ends when one of them sat or
-- was sold, or when the record moved into a won or a lost stage; the next one made begins a new cycle. What is moved,
-- or made anew after a no-show or a cancellation, stays in its cycle and is not set again.
with live as (
    select s.*, o.result_id as outcome_result, o.template_id as outcome_template, o.happened_at as outcome_at,
        case when o.user_id = s.user_id then o.team_id else s.team_id end as closer_team_id, t.team_id as by_team_id,
        coalesce(z.zone, t.zone, $zone) as by_zone,
        o.id is not null as has_outcome
    from event s
    left join (select * from event where kind = 'logged') o on o.activity_id = s.activity_id and o.record_id = s.record_id
    asof left join leaf_team t on t.user_id = s.by_user_id and s.happened_at >= t.since
    left join zone_of_user z on z.user_id = s.by_user_id
    where s.kind = 'scheduled' and s.record_id is not null
),
classed as (
    select l.*, c.template_id is not null as has_class, coalesce(c.run or c.sat, false) as run, coalesce(c.sat, false) as sat,
        coalesce(c.sold, false) as result_sold, coalesce(c.no_show, false) as no_show,
        coalesce(c.cancelled, false) as cancelled, coalesce(c.rescheduled, false) as rescheduled
    from live l
    left join kpi.result_class c on c.template_id = l.outcome_template and c.result_id = l.outcome_result
),
-- What counts as setting: the appointments themselves, or the activities whose result says so ($set_by_result).
setting as (
    select id, record_id, happened_at, by_user_id as setter_id, by_team_id as setter_team_id from classed where not $set_by_result
    union all
    select e.id, e.record_id, e.happened_at, e.user_id, e.team_id from event e
    join kpi.result_class c on c.template_id = e.template_id and c.result_id = e.result_id and c.appointment_set
    where $set_by_result and e.kind = 'logged' and e.record_id is not null
),
ending as (
    select record_id, outcome_at as ended_at from classed where sat or result_sold
    union all
    select e.record_id, e.happened_at from event e
    join kpi.stage_group g on g.type_id = e.type_id and g.stage_id = e.to_stage_id and g.group_name in ('won', 'lost')
    where e.kind = 'stage_moved' and e.from_stage_id is distinct from e.to_stage_id
    union all
    select e.record_id, e.happened_at from event e
    join kpi.result_class c on c.template_id = e.template_id and c.result_id = e.result_id and c.sold
    where e.kind = 'logged'
),
ended as (
    select record_id, ended_at, row_number() over (partition by record_id order by ended_at) as endings from ending
    where record_id is not null
    -- Several signs of one end at one instant are one end.
    qualify row_number() over (partition by record_id, ended_at) = 1
),
row_of as (
    select id, record_id, happened_at from classed union select id, record_id, happened_at from setting
),
placed as (
    select r.*, coalesce(n.endings, 0) as cycle from row_of r
    asof left join ended n on n.record_id = r.record_id and r.happened_at > n.ended_at
),
opener as (
    select p.record_id, p.cycle, arg_min(s.id, (s.happened_at, s.id)) as id,
        arg_min({'setter': s.setter_id, 'team': s.setter_team_id}, (s.happened_at, s.id)) as by
    from placed p join setting s on s.id = p.id group by all
),
-- Where no result tells who set the cycle, whoever made its first appointment did.
maker as (
    select p.record_id, p.cycle, arg_min({'setter': c.by_user_id, 'team': c.by_team_id}, (c.happened_at, c.id)) as by
    from placed p join classed c on c.id = p.id group by all
),
-- A sale is the latest cycle's that had begun, unless the record was lost since.
begun as (
    select record_id, cycle, min(happened_at) as begun_at from placed group by all
),
sold_in as (
    select s.record_id, b.cycle, s.sold_at, s.value from sale s
    asof join begun b on b.record_id = s.record_id and s.sold_at >= b.begun_at
    where s.cancelled_day is null and not exists (
        select 1 from event e
        join kpi.stage_group g on g.type_id = e.type_id and g.stage_id = e.to_stage_id and g.group_name = 'lost'
        where e.kind = 'stage_moved' and e.record_id = s.record_id and e.happened_at > b.begun_at and e.happened_at < s.sold_at)
    qualify row_number() over (partition by s.record_id, b.cycle order by s.sold_at) = 1
),
seller as (
    select c.id, d.value as sold_value
    from sold_in d join placed p on p.record_id = d.record_id and p.cycle = d.cycle
    join classed c on c.id = p.id
    where not c.rescheduled
    qualify row_number() over (
        partition by d.record_id, d.cycle order by c.sat desc, c.due_at <= d.sold_at desc, c.due_at desc, c.id) = 1
)
select e.id as event_id, e.record_id, e.appointment_id, e.activity_id, p.cycle::integer as cycle,
    coalesce(o.id = e.id, false) as first_of_cycle, e.type_id, e.territory_id, e.template_id,
    coalesce(c.outcome_result, e.result_id) as result_id, e.happened_at as set_at,
    -- The setter's day: an event has that of the user whom it counts for, of an appointment its owner.
    coalesce(timezone(c.by_zone, e.happened_at)::date, e.local_day) as set_day,
    coalesce(hour(timezone(c.by_zone, e.happened_at))::tinyint, e.local_hour) as set_hour,
    coalesce(o.by.setter, m.by.setter) as setter_id, case when o.id is null then m.by.team else o.by.team end as setter_team_id,
    e.user_id as closer_id, coalesce(c.closer_team_id, e.team_id) as closer_team_id,
    e.due_at, e.due_day, hour(timezone(e.zone, e.due_at))::tinyint as due_hour,
    coalesce(c.run, false) as run, coalesce(c.sat, false) as sat, coalesce(c.no_show, false) as no_show,
    coalesce(c.cancelled, false) as cancelled, coalesce(c.rescheduled, false) as rescheduled,
    case when c.has_class then 'classified' when c.has_outcome then 'unclassified' else 'none' end as outcome,
    s.id is not null as sold, s.sold_value,
    bool_or(coalesce(c.sat, false)) over (partition by e.record_id, p.cycle) as cycle_sat,
    exists (select 1 from sold_in d where d.record_id = p.record_id and d.cycle = p.cycle) as cycle_sold, e.left_out
from placed p
join event e on e.id = p.id
left join classed c on c.id = p.id
left join opener o on o.record_id = p.record_id and o.cycle = p.cycle
left join maker m on m.record_id = p.record_id and m.cycle = p.cycle
left join seller s on s.id = p.id
