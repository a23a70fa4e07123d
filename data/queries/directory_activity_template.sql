-- Types of activities by name.
select id, coalesce(name, id) as name, null::varchar as parent, _deleted_at is not null as deleted
from ({relation}) order by lower(name), id
