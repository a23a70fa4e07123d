-- Salesforce's users; the profile that makes an administrator is not mirrored, so nobody is known to be one.
select Id as id, coalesce(Name, '') as name, lower(coalesce(Email, '')) as email, lower(coalesce(Username, '')) as username,
    _deleted_at is null and coalesce(IsActive, true) as active, false as admin
from salesforce."user"
order by Id
