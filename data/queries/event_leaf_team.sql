-- Since when each user's deepest team is which: one row a change, from the beginning of time.
-- Teams carry no stamps, so a membership turned when the mirror saw it. The hierarchy is the present one: it only
-- says which of a user's teams is the deepest, since SPOTIO lists the members of a team in the teams above it too.
with recursive deep (id, depth) as (
    select id, 0 from spotio.team
    where parentId is null or parentId not in (select id from spotio.team)
    union all
    select t.id, d.depth + 1 from spotio.team t join deep d on t.parentId = d.id where d.depth < 50
),
turn as (
    select id, recorded_at as turned_at, from_json(before -> '$.usersIds', '["varchar"]') as users
    from history.change
    where system = 'spotio' and object = 'team' and operation <> 'insert' and json_exists(before, '$.usersIds')
),
version as (
    select id, users, coalesce(lag(turned_at) over (partition by id order by turned_at), '-infinity'::timestamptz) as since,
        turned_at as until
    from turn
    union all
    select t.id, t.usersIds,
        coalesce((select max(turned_at) from turn where turn.id = t.id), '-infinity'::timestamptz),
        coalesce(t._deleted_at, 'infinity'::timestamptz)
    from spotio.team t
),
member as (
    select unnest(v.users) as user_id, v.id as team_id, d.depth, v.since, v.until
    from version v join deep d on d.id = v.id
),
turning as (select user_id, since from member union select user_id, until from member where until < 'infinity'::timestamptz)
select p.user_id, p.since, max_by(m.team_id, (m.depth, m.team_id)) as team_id
from turning p
left join member m on m.user_id = p.user_id and m.since <= p.since and p.since < m.until
group by p.user_id, p.since
