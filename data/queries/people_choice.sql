-- Whom one can be at a console without a sign-in: the people of a SPOTIO role who can still work.
select id, trim(concat_ws(' ', firstName, lastName)) as name, lower(trim(email)) as email, role
from spotio."user"
where _deleted_at is null and not coalesce(suspended, false) and role = $role
order by name, id
