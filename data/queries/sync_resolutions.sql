-- Each holds for the values that the person saw. While a field is in conflict, what was said of its standing difference rests.
select link, unit, field, take, value, value_of, spotio, salesforce from (
    select decided_at, link, unit, field, take, value, value_of, spotio, salesforce from sync.conflict
    where state = 'decided' and sync = $sync
    union all
    select decided_at, link, null, field, take, value, value_of, spotio, salesforce from sync.standing
    where settled_at is null and take is not null and sync = $sync
        and (link, field) not in (select (link, field) from sync.conflict where settled_at is null)
) order by decided_at, link, field
