-- Stage moves. A day's going to and fro is one net move, or none when the record ends where it began; the first
-- entry is the first time ever; a stay is counted when it ends, from the move before or the record's creation.
with step as (
    select * from event
    where record_id is not null
        and (kind = 'created' or (kind = 'stage_moved' and from_stage_id is distinct from to_stage_id))
),
told as (
    select *,
        lag(happened_at) over by_time as entered_at,
        first_value(case when kind = 'stage_moved' then from_stage_id end ignore nulls) over (
            by_time rows between unbounded preceding and unbounded following) as born_in
    from step
    window by_time as (partition by record_id order by happened_at, kind, id)
)
select id as event_id, record_id, type_id, territory_id, user_id, team_id, happened_at as moved_at, local_day as day,
    local_hour as hour, from_stage_id, to_stage_id,
    row_number() over (partition by record_id, local_day order by happened_at desc, id desc) = 1
        and first_value(from_stage_id) over (partition by record_id, local_day order by happened_at, id)
            is distinct from to_stage_id as net,
    row_number() over (partition by record_id, to_stage_id order by happened_at, id) = 1
        and to_stage_id is distinct from born_in as first_entry,
    greatest(0, epoch(happened_at) - epoch(entered_at)) as stayed_seconds, left_out
from told where kind = 'stage_moved'
