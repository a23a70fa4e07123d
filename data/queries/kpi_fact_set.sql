-- Appointments by the day they were made and by who set them; `counts` is the first of each cycle.
select *, set_day as day, set_hour as hour, setter_id as user_id, setter_team_id as team_id, set_at as happened_at,
    left_out is null as counts
from appointment where first_of_cycle
