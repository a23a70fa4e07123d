-- What came of the cycles that were set in the period, until now.
select count(distinct (a.record_id, a.cycle)) as "set",
    count(distinct (a.record_id, a.cycle)) filter (a.due_at <= $moment::timestamptz and not a.rescheduled) as due,
    count(distinct (a.record_id, a.cycle)) filter (a.run) as run,
    count(distinct (a.record_id, a.cycle)) filter (a.sat) as sat,
    count(distinct (a.record_id, a.cycle)) filter (a.sat and a.cycle_sold) as sold
from appointment a
join (select record_id, cycle from fact where counts) c on c.record_id = a.record_id and c.cycle = a.cycle
