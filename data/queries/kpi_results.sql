-- Every result of every activity type with how often it was logged in the 28 days up to the latest event: what is not
-- classed and often logged comes first to mind.
with listed as (
    select id as template_id, name as activity, unnest(from_json(results, '["json"]')) as result
    from spotio.activity_template where _deleted_at is null
),
logged as (
    select template_id, result_id, count(*)::integer as logged from ({events})
    where known_until is null and kind = 'logged'
        and local_day > (select max(local_day) from ({events}) where known_until is null and kind = 'logged') - 28
    group by all
)
select l.template_id || ':' || (l.result ->> '$.id') as key, l.activity, coalesce(l.result ->> '$.name', '') as name,
    coalesce((l.result ->> '$.active')::boolean, true) as active, coalesce(g.logged, 0) as logged
from listed l
left join logged g on g.template_id = l.template_id and g.result_id = (l.result ->> '$.id')
order by try_cast(l.template_id as bigint), l.template_id, try_cast(l.result ->> '$.id' as bigint), key
