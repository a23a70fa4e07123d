-- The states that links waited for, now that the writes are done: as the plan said, else what the kind of write means.
create temp table following as
with done as (
    select number, kind, coalesce((select l.link from linked l where l.number = a.number), link) as link,
        from_json(follows, '{"state":"VARCHAR","to_spotio":"BOOLEAN","to_salesforce":"BOOLEAN","reason":"VARCHAR"}') as told
    from answered a where state = 'done' and (follows is not null or kind in ('delete', 'unlink'))
)
select link, case when kind = 'unlink' then null else coalesce(told.state, case when kind = 'delete' then 'deleted' end) end as state,
    coalesce(told.to_spotio, case when kind in ('delete', 'unlink') then false end) as to_spotio,
    coalesce(told.to_salesforce, case when kind in ('delete', 'unlink') then false end) as to_salesforce, told.reason as reason
from done where link is not null
qualify row_number() over (partition by link order by number desc) = 1
