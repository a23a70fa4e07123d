-- The stages of every record type, in the order in which SPOTIO shows them.
select typeId as type_id, stageId as stage_id, name
from spotio.stage
where _deleted_at is null
order by typeId, position
