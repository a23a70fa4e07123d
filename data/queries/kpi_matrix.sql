-- Who feeds whom: what was set in the period, and what was due in it and came of that, by setter and closer.
select setter_id, closer_id,
    count(*) filter (first_of_cycle and set_day between $first::date and $last::date) as "set",
    count(*) filter (due) as due, count(*) filter (due and run) as run, count(*) filter (due and sat) as sat,
    count(*) filter (due and cancelled) as cancelled, count(*) filter (due and no_show) as no_show,
    count(*) filter (due and sat and sold) as sold, coalesce(sum(sold_value) filter (due and sat and sold), 0) as value
from (
    select *, due_day between $first::date and $last::date and due_at <= $moment::timestamptz and not rescheduled as due
    from appointment where left_out is null and (
        set_day between $first::date and $last::date or due_day between $first::date and $last::date)
)
