-- The conflicts of a link while a decision stood: what both sides agreed on, and what they held.
select id, field, base_spotio, base_salesforce, spotio, salesforce, spotio_changed_by, salesforce_changed_by,
    spotio_changed_at, salesforce_changed_at, why, state
from sync.conflict
where link = $link and detected_at <= coalesce($until::timestamptz, now())
    and (settled_at is null or settled_at >= $moment::timestamptz)
order by number
