-- Conflicts that nobody knew of, in the plan's order.
insert into sync.conflict by name
select last.number + row_number() over (order by ord) as number, 'c-' || (last.number + row_number() over (order by ord)) as id,
    $sync as sync, g.* exclude (ord), m.spotio_id, m.salesforce_id, $now as detected_at, $run as run, $version as version, 'open' as state
from given_conflicts g
cross join (select coalesce(max(number), 0) as number from sync.conflict) last
left join (
    select link, max(id) filter (system = 'spotio') as spotio_id, max(id) filter (system = 'salesforce') as salesforce_id
    from sync.link_member where link in (select link from given_conflicts) group by link
) m on m.link = g.link
where (g.link, g.field) not in (select (link, field) from sync.conflict where settled_at is null and sync = $sync)
