-- Cases that nobody knew of. The same records under another key are the same case.
insert into sync.match_case by name
select last.number + row_number() over (order by ord) as number, 'm-' || (last.number + row_number() over (order by ord)) as id,
    $sync as sync, g.kind, g.key, g.spotio_ids, g.salesforce_ids, g.text, $now as opened_at, $run as run
from (select * from given_cases qualify row_number() over (partition by kind, spotio_ids, salesforce_ids order by ord) = 1) g
cross join (select coalesce(max(number), 0) as number from sync.match_case) last
where (g.kind, g.spotio_ids, g.salesforce_ids) not in
    (select (kind, spotio_ids, salesforce_ids) from sync.match_case where closed_at is null and sync = $sync)
