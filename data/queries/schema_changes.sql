-- What the sources changed in their own shape since $since, one row an object, newest first.
select system, object,
    count(*) as changes,
    arg_max(text, detected_at) as text,
    max(detected_at) as detected_at,
    arg_max(run, detected_at) as run
from sync.schema_change
where detected_at >= $since
group by system, object
order by detected_at desc
