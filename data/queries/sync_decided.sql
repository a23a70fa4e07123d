-- What people or the mapping decided, the last first: conflicts, standing differences, and what was said of two records.
select * from (
    select 'conflict' as kind, number, id, sync, link, spotio_id, salesforce_id, field, base_spotio, base_salesforce, spotio,
        salesforce, coalesce(take, case when settled_by = 'written' then proposed end) as take, value, value_of, decided_by,
        decided_at, settled_at, settled_by, why as note, coalesce(decided_at, settled_at) as acted_at
    from sync.conflict where state <> 'open'
    union all
    select 'standing', s.number, s.id, s.sync, s.link, m.spotio_id, m.salesforce_id, s.field, null, null, s.spotio,
        s.salesforce, s.take, s.value, s.value_of, s.decided_by, s.decided_at, s.settled_at,
        case when s.settled_at is not null then case when s.take is null then 'agreed' else 'written' end end,
        null, coalesce(s.decided_at, s.settled_at)
    from sync.standing s
    left join (
        select link, max(id) filter (system = 'spotio') as spotio_id,
            max(id) filter (system = 'salesforce') as salesforce_id
        from sync.link_member where link in (select link from sync.standing where take is not null or settled_at is not null)
        group by link
    ) m on m.link = s.link
    where s.take is not null or s.settled_at is not null
    union all
    select 'match', 0, spotio_id || '~' || salesforce_id, sync, null, spotio_id, salesforce_id, null, null, null, null, null,
        case when same then 'same' else 'different' end, null, null, person, said_at, null, null, note, said_at
    from sync.verdict
)
where ($sync is null or sync = $sync) and ($field is null or field = $field)
order by acted_at desc, kind, number desc, id limit $limit offset $offset
