-- Differences that nobody knew of.
insert into sync.standing by name
select last.number + row_number() over (order by f.link, f.field) as number,
    's-' || (last.number + row_number() over (order by f.link, f.field)) as id,
    $sync as sync, f.link, f.field, f.spotio, f.salesforce, $now as seen_at, $run as run
from found f cross join (select coalesce(max(number), 0) as number from sync.standing) last
where (f.link, f.field) not in (select (link, field) from sync.standing where settled_at is null and sync = $sync)
