-- The events as they were known at $as_of ('infinity': now). What is derived from this relation serves the rollups
-- and "as of" a moment alike. Filled in: the origins that count, and a condition that narrows (a period, some records).
select * exclude (known_from, known_until, _digest, first_load, who),
    -- Why it counts for no number; the start goes first, since what lies before it needs no further reason.
    case when local_day < $start::date then 'before_start' when origin not in ({origins}) then 'other_origin' end as left_out
from {source}
where known_from <= $as_of::timestamptz and (known_until is null or known_until > $as_of::timestamptz){where}
