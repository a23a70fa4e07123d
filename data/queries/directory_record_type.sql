-- Types of records by name.
select id, coalesce(name, id) as name, parentId as parent, _deleted_at is not null as deleted
from ({relation}) order by lower(name), id
