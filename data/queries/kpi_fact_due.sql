-- Appointments by the day they are due, for the setter or the closer (filled in); `due` by $moment, the rescheduled ones left out.
select *, due_day as day, due_hour as hour, {who}_id as user_id, {who}_team_id as team_id, due_at as happened_at,
    left_out is null and due_at <= $moment::timestamptz and not rescheduled as due,
    left_out is null and due_at <= $moment::timestamptz and rescheduled as moved_away
from appointment where due_at is not null
