-- Each holds for the values that the person saw. A conflict and a standing difference are never open for one field.
select link, unit, field, take, value, value_of, spotio, salesforce from (
    select decided_at, link, unit, field, take, value, value_of, spotio, salesforce from sync.conflict
    where state = 'decided' and sync = $sync
    union all
    select decided_at, link, null, field, take, value, value_of, spotio, salesforce from sync.standing
    where settled_at is null and take is not null and sync = $sync
) order by decided_at, link, field
