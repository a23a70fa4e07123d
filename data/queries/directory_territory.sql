-- Territories by name, with the outlines as SPOTIO writes them.
select id, coalesce(title, id) as name, parentId as parent, _deleted_at is not null as deleted,
    polygons::varchar as polygons
from ({relation}) order by lower(name), id
