-- Records that came into being, one row each.
select id as event_id, record_id, user_id, team_id, territory_id, type_id, local_day as day, local_hour as hour,
    happened_at, left_out, (left_out is null)::integer as created,
    (left_out is not distinct from 'other_origin')::integer as created_other_origin,
    (left_out is not distinct from 'before_start')::integer as created_before_start
from event where kind = 'created'
