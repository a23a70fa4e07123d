-- What the held actions of a class change alike, and who made the changes that they carry on.
select
    f.key as field, f.label as label, f."by" as "by", any_value(f."to") as after, count(distinct coalesce(f."to", '')) as afters,
    min(f.at::timestamptz) as first, max(f.at::timestamptz) as last, count(*) as n
from (
    select unnest(from_json(fields, '[{"key":"VARCHAR","label":"VARCHAR","to":"VARCHAR","by":"VARCHAR","at":"VARCHAR"}]')) as f
    from sync.plan_row
    where plan = $plan and sync = $sync and class = $class and held
)
group by f.key, f.label, f."by"
order by n desc, label, "by"
limit 5
