-- What the sources changed in their own shape since $since, by object. The first look at an object finds
-- everything new and is no change.
select system, object,
    count(*) as changes,
    min(text order by detected_at desc, field) as text,
    max(detected_at) as detected_at,
    arg_max(run, detected_at) as run
from sync.schema_change
where detected_at >= $since
group by system, object
order by detected_at desc
