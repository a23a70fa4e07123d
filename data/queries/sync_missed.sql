-- Linked records whose mirror row changed after the last plan, by what history tells: a row that was only read again is
-- no change. And records with an open decision, which are counted there alone.
with member as (
    select m.system, lower(case when m.system = 'spotio' then 'record' else m.object end) as object, m.id
    from sync.link_member m join sync.link l on l.number = m.number
    where l.sync = $sync and (l.state <> 'unlinked' or l.reason = $off)
),
undone as (
    select distinct system, id from sync.decision where current and sync = $sync and list_contains($open, outcome)
)
select
    (select count(distinct (c.system, c.id)) from history.change c join member m using (system, object, id)
        where c.recorded_at > $since and c.operation in ('update', 'delete', 'undelete')
            and (c.system, c.id) not in (select (system, id) from undone)) as changed,
    (select count(*) from undone) as open
