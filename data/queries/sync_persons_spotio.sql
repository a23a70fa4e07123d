select 'spotio' as system, u.id, p.salesforce_id as partner,
    u._deleted_at is null and not coalesce(u.suspended, false) and coalesce(u.status, '') not ilike 'suspended' as active,
    nullif(trim(coalesce(u.firstName, '') || ' ' || coalesce(u.lastName, '')), '') as name
from spotio.user u left join sync.person p on p.sync = $sync and p.spotio_id = u.id
