-- Doors as a fact: one row each, or the sums of kpi.day.
select *, concat_ws(':', day, user_id, record_id) as event_id, first_at as happened_at, null::varchar as left_out, 1 as doors, (verified > 0)::integer as verified_doors,
    contact::integer as contact_doors, unclassified::integer as unclassified_doors
from door
