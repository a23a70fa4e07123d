-- The causes for which records are not written, most records first; `blocked` stands for data/queries/sync_blocked.sql.
-- Those of which every record is let be come after all others, and only where they are asked for.
with causes as (
    select cause, any_value(sync) as sync, any_value(system) as system, any_value(stage) as stage, any_value(code) as code,
        any_value(field) as field, any_value(value) as value, any_value(reason) as reason,
        count(*) filter (note is null) as open, count(*) filter (note is not null) as ignored, count(write) as writes,
        min(since) filter ((note is null) = not $ignored) as since, arg_max(text, since) as text, arg_max(change, since) as change,
        list(distinct assigned) filter (assigned is not null) as noted
    from (blocked)
    where ($sync is null or sync = $sync) and not list_contains($hidden::varchar[], coalesce(field, ''))
        and not ($wordless and (unmapped or reason is not null))
    group by cause
)
select c.*, coalesce(o.assigned, case when o.cause is null and len(c.noted) > 0 then array_to_string(list_sort(c.noted), ', ') end) as assigned, o.due,
    count(*) over () as causes, (sum(if($ignored, c.ignored, c.open)) over ())::bigint as records
from causes c left join sync.cause_owner o on o.cause = c.cause
where if($ignored, c.ignored, c.open) > 0 and ($cause is null or c.cause = $cause)
order by if($ignored, c.ignored, c.open) desc, c.since, c.cause limit $limit offset $offset
