-- What the two sides agree on now that writes are done: each side's own value of every mapped field of them. A link that
-- was made a moment ago has no former agreement. A constant or template belongs to no pair and is no agreement.
create temp table agreeing as
with done as (
    select a.number as write, coalesce(l.link, a.link) as link, l.link is not null as fresh, 
        unnest(from_json(a.fields, '[{"field":"VARCHAR","reason":"VARCHAR","spotio":"VARCHAR","salesforce":"VARCHAR"}]')) as told
    from answered a left join linked l on l.number = a.number where a.state = 'done' and a.kind <> 'unlink'
)
select substr(link, 3)::bigint as number, link, told.field as field, told.spotio as spotio, told.salesforce as salesforce,
    told.reason as reason, fresh, false as differs
from done where link is not null and told.field is not null
qualify row_number() over (partition by link, told.field order by write desc) = 1
