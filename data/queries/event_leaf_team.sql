-- Since when each user's deepest team is which, and the time zone there: one row a change, from the beginning of time.
-- Teams carry no stamps, so what changed about one turned when the mirror saw it: its members, the team above it, and
-- that it came or went. Those of the first load count from the beginning. The deepest of a user's teams counts, since
-- SPOTIO lists the members of a team in the teams above it too. zone_of_team (team_id, zone) holds the zones configured.
with recursive seen as (
    select id, recorded_at, operation, before -> '$.usersIds' as users, before -> '$.parentId' as parent
    from history.change
    where system = 'spotio' and object = 'team' and operation in ('insert', 'update', 'delete', 'undelete', 'visible')
),
first_load as (select min(recorded_at) as loaded_at from seen where operation = 'insert'),
turn as (
    select id, '-infinity'::timestamptz as since, recorded_at = loaded_at as lives, null::json as users, null::json as parent
    from seen, first_load where operation = 'insert'
    union all
    select id, recorded_at, not bool_or(operation = 'delete'), min(users), min(parent)
    from seen, first_load where operation <> 'insert' or recorded_at > loaded_at group by id, recorded_at
),
version as (
    -- History keeps what stood before a change, so a column's value is that of the next change that names it.
    select n.id, n.since, n.lives, coalesce(lead(n.since) over (partition by n.id order by n.since), 'infinity'::timestamptz) as until,
        from_json(coalesce(first_value(n.users ignore nulls) over later, to_json(t.usersIds)), '["varchar"]') as users,
        coalesce(first_value(n.parent ignore nulls) over later, to_json(t.parentId)) ->> '$' as parent_id
    from turn n join spotio.team t on t.id = n.id
    window later as (partition by n.id order by n.since rows between 1 following and unbounded following)
),
deep as (
    select v.id, v.users, v.lives, 0 as depth, z.zone, v.since, v.until
    from version v left join zone_of_team z on z.team_id = v.id
    where v.parent_id is null or v.parent_id not in (select id from spotio.team)
    union all
    select v.id, v.users, v.lives, d.depth + 1, coalesce(z.zone, d.zone), greatest(v.since, d.since), least(v.until, d.until)
    from version v join deep d on v.parent_id = d.id and v.since < d.until and d.since < v.until
    left join zone_of_team z on z.team_id = v.id
    where d.depth < 50
),
member as (select unnest(users) as user_id, id as team_id, depth, zone, since, until from deep where lives),
turning as (select user_id, since from member union select user_id, until from member where until < 'infinity'::timestamptz),
leaf as (
    select p.user_id, p.since, max_by({'team_id': m.team_id, 'zone': m.zone}, row(m.depth, m.team_id)) as deepest
    from turning p
    left join member m on m.user_id = p.user_id and m.since <= p.since and p.since < m.until
    group by p.user_id, p.since
)
select user_id, since, deepest.team_id, deepest.zone from leaf
