-- Stages in the order of their type's workflow.
select typeId || ':' || stageId as id, coalesce(name, stageId) as name, typeId as parent,
    _deleted_at is not null as deleted
from ({relation}) order by typeId, position, id
