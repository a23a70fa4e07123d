-- How many come before one that is asked: where it stands in the list of its kind.
with listed as (
    select 'open' as kind, id, sync, field, detected_at as since, number from sync.conflict where state = 'open'
    union all
    select 'standing', id, sync, field, seen_at, number from sync.standing
    where settled_at is null and (link, field) not in (select (link, field) from sync.conflict where settled_at is null)
), narrowed as (
    select * from listed
    where kind = $kind and ($sync is null or sync = $sync) and ($field is null or field = $field)
)
select count(n.id) as place from narrowed o left join narrowed n on (n.since, n.number) < (o.since, o.number)
where o.id = $id group by o.id
