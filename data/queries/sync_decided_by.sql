-- What one decision of a person meant: the fields of a unit are decided together, and a rule means many.
select id, sync, link, field, spotio, salesforce, take, value from (
    select 1 as kind, number, id, sync, link, field, spotio, salesforce, take, value, decided_by, decided_at
    from sync.conflict where state = 'decided'
    union all
    select 2, number, id, sync, link, field, spotio, salesforce, take, value, decided_by, decided_at
    from sync.standing where settled_at is null and take is not null
)
where decided_by = $person and decided_at = $moment order by kind, number
