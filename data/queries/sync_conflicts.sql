-- The longest-waiting first, because that record drifts furthest.
select id, sync, link, spotio_id, salesforce_id, field, unit, base_spotio, base_salesforce, spotio, salesforce,
    spotio_changed_at, spotio_changed_by, salesforce_changed_at, salesforce_changed_by, proposed, policy, why, state,
    take, value, decided_by, decided_at, detected_at, settled_at, settled_by
from sync.conflict
where list_contains($states, state) and ($sync is null or sync = $sync) and ($field is null or field = $field)
order by detected_at, number limit $limit offset $offset
