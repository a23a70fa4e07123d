-- What differs of the links that were made a moment ago, as the plan that linked them said.
create temp table found as
select link, told.field as field, told.spotio as spotio, told.salesforce as salesforce from (
    select l.link, unnest(from_json(a.fields, '[{"field":"VARCHAR","reason":"VARCHAR","spotio":"VARCHAR","salesforce":"VARCHAR"}]')) as told
    from answered a join linked l on l.number = a.number
    where a.number in (select ord from numbered) and a.kind = 'link'
) where told.reason = 'standing'
