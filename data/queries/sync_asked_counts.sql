-- How much of each kind there is, by sync and field; records that may be the same have no field.
select 'open' as kind, sync, field, count(*) as n from sync.conflict where state = 'open' group by all
union all
select 'standing', sync, field, count(*) from sync.standing
where settled_at is null and (link, field) not in (select (link, field) from sync.conflict where settled_at is null)
group by all
union all
select 'matches', sync, null, count(*) from sync.match_case where closed_at is null group by all
union all
select 'decided', sync, field, count(*) from sync.conflict where state <> 'open' group by all
union all
select 'decided', sync, field, count(*) from sync.standing where take is not null or settled_at is not null group by all
union all
select 'decided', sync, null, count(*) from sync.verdict group by all
order by 1, 2, 3
