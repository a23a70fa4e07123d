-- Results of activities under the activity type they belong to: two types may both have a "Not home".
select template || ':' || (result ->> '$.id') as id, template_name || ': ' || (result ->> '$.name') as name,
    template as parent, deleted
from (
    select id as template, coalesce(name, id) as template_name, _deleted_at is not null as deleted,
        unnest(from_json(results, '["json"]')) as result
    from ({relation})
)
order by lower(name), id
