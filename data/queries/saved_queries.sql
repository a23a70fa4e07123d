-- The newest version of each saved query that a person may see: their own, and what others share.
select id, version, owner, name, sql, shared, saved_at
from (
    select *, row_number() over (partition by id order by version desc) as age from config.saved_query
)
where age = 1 and not deleted and (owner = $person or shared)
order by owner <> $person, lower(name), id
