-- The fields of every record type, as SPOTIO's workflow lists them.
select typeId as type_id, fieldId as field_id, name, type, coalesce(systemRole, '') as role, activeOptions as options,
    coalesce(readonly, false) as readonly
from spotio.field
where _deleted_at is null
order by typeId, try_cast(fieldId as bigint), fieldId
