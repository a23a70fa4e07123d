-- SPOTIO's users; one who is suspended, or was invited and has not come yet, is not active.
select id, trim(concat_ws(' ', firstName, lastName)) as name, lower(coalesce(email, '')) as email, '' as username,
    _deleted_at is null and not coalesce(suspended, false) and lower(coalesce(status, 'active')) = 'active' as active,
    lower(coalesce(role, '')) = 'admin' as admin
from spotio."user"
order by id
