-- All teams, few enough to walk their tree in Python; `member`: $user is in it or in one below it, as SPOTIO lists it.
select id, coalesce(name, id) as name, parentId as parent_id,
    coalesce(list_contains(usersIds, $user), false) as member
from spotio.team
where _deleted_at is null
order by name, id
