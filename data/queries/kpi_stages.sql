-- From which stage to which: all moves, net ones, first entries, the records that moved, and how long they had stayed.
select type_id, from_stage_id, to_stage_id, count(*) as moves, count(*) filter (net) as net,
    count(*) filter (first_entry) as first_entries, count(distinct record_id) as records,
    median(stayed_seconds) / 86400 as median_days, count(stayed_seconds) as stays
from fact where counts group by all order by all
