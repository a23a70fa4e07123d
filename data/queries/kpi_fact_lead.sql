-- Records that were sold, by the day they were created and by who owned them first.
select sale_id as event_id, record_id, type_id, lead_territory_id as territory_id, lead_user_id as user_id,
    lead_team_id as team_id, lead_day as day, sold_at as happened_at, 1 as sold, null::varchar as left_out
from sale where lead_day is not null and cancelled_day is null and left_out is null
