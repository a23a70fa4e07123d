-- Refused writes that wait for a person, one an action: trying again the same thing that failed makes no second line.
select id as write, run, sync, kind, class, system, object, record_id, link, spotio_id, salesforce_id, why, code, text,
    error_fields, intended_at, answered_at, assigned, ignored,
    count(*) over (partition by action) as times
from sync.write
where state = 'failed' and released_at is null and ($sync is null or sync = $sync) and (ignored is not null) = $ignored
qualify row_number() over (partition by action order by number desc) = 1 order by number desc
