-- Sales of a record: it was won (kpi.won says which events mean that), and counts again only once it was not won any
-- more. Won again within the rescission window of the sale it is the same sale, as if it had never been taken back;
-- taken back within the window and not won again, it keeps its date and gets a dated adjustment.
with won_stage as (
    select type_id, stage_id from kpi.stage_group where group_name = 'won'
    union select type_id, stage_id from kpi.won where kind = 'stage_moved' and stage_id is not null
),
mark as (
    select e.*, true as won from event e join kpi.won w
        on w.kind = e.kind and coalesce(w.type_id, e.type_id) is not distinct from e.type_id
        and coalesce(w.stage_id, e.to_stage_id) is not distinct from e.to_stage_id
        and coalesce(w.template_id, e.template_id) is not distinct from e.template_id
        and coalesce(w.result_id, e.result_id) is not distinct from e.result_id
    where e.record_id is not null
    qualify row_number() over (partition by e.id) = 1
    union all
    -- It left a stage that means won, for one that does not.
    select e.*, false from event e
    where e.kind = 'stage_moved'
        and exists (select 1 from won_stage g where g.type_id = e.type_id and g.stage_id = e.from_stage_id)
        and not exists (select 1 from won_stage g where g.type_id = e.type_id and g.stage_id = e.to_stage_id)
    union all
    select e.*, false from event e
    join kpi.result_class c on c.template_id = e.template_id and c.result_id = e.result_id and c.cancelled
    where e.kind = 'logged' and exists (select 1 from kpi.won w where w.kind = 'logged')
),
turned as (
    select *, won and not coalesce(lag(won) over by_time, false) as begins
    from mark
    window by_time as (partition by record_id order by happened_at, won desc, id)
),
begun as (
    select *, coalesce(local_day - lag(local_day) over (partition by record_id order by happened_at, id) > $rescission, true) as anew
    from turned where begins
),
numbered as (
    select *, sum(anew::integer) over (partition by record_id order by happened_at, id) as sale from begun
),
held as (
    select record_id, sale, arg_min(id, happened_at) as sale_id, arg_min(type_id, happened_at) as type_id,
        arg_min(territory_id, happened_at) as territory_id, arg_min(user_id, happened_at) as user_id,
        arg_min(team_id, happened_at) as team_id, min(happened_at) as sold_at, arg_min(local_day, happened_at) as sold_day,
        arg_min(local_hour, happened_at) as sold_hour, arg_max(value, happened_at) as value,
        max(happened_at) as last_won_at, arg_min_null(left_out, happened_at) as left_out
    from numbered group by record_id, sale
),
lost as (
    select h.record_id, h.sale, min(t.happened_at) as cancelled_at, arg_min(t.local_day, t.happened_at) as cancelled_day
    from held h join turned t on t.record_id = h.record_id and not t.won and t.happened_at > h.last_won_at
        and t.local_day <= h.sold_day + $rescission
    group by h.record_id, h.sale
)
select h.sale_id, h.record_id, h.type_id, h.territory_id, h.user_id, h.team_id, h.sold_at, h.sold_day, h.sold_hour, h.value,
    l.cancelled_at, l.cancelled_day, lead.local_day as lead_day, lead.user_id as lead_user_id, lead.team_id as lead_team_id,
    lead.territory_id as lead_territory_id, h.left_out
from held h
left join lost l on l.record_id = h.record_id and l.sale = h.sale
left join (select h.sale_id, b.* from held h join born b on b.record_id = h.record_id where h.sale = 1) lead
    on lead.sale_id = h.sale_id
