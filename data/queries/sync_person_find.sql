-- Pairs of users that are new: the explicit ones that are not held as they are said, and for whoever is held nowhere what
-- SPOTIO keeps as the other system's id, else an address that stands once on either side. Salesforce's ids are compared
-- by their first 15 characters: the last three are a checksum.
create or replace temp table found as
with said as (
    select g.spotio_id, coalesce(u.Id, g.salesforce_id) as salesforce_id from given_users g
    left join salesforce."user" u on left(u.Id, 15) = left(g.salesforce_id, 15)
),
held as (select spotio_id, salesforce_id, how from sync.person where sync = $sync),
explicit as (
    select s.spotio_id, s.salesforce_id, 'explicit' as how from said s
    where (s.spotio_id, s.salesforce_id) not in (select (spotio_id, salesforce_id) from held)
),
free_spotio as (
    select id, lower(trim(email)) as email, nullif(externalSystemUserId, '') as outside from spotio.user
    where _deleted_at is null and id not in (select spotio_id from held) and id not in (select spotio_id from said)
),
free_salesforce as (
    select Id as id, lower(trim(Email)) as email from salesforce."user"
    where Id not in (select salesforce_id from held) and Id not in (select salesforce_id from said)
),
by_id as (
    select s.id as spotio_id, f.id as salesforce_id from free_spotio s join free_salesforce f on left(f.id, 15) = left(s.outside, 15)
    where length(s.outside) in (15, 18)
    qualify count(*) over (partition by f.id) = 1
),
once_spotio as (select lower(trim(email)) as email from spotio.user where _deleted_at is null group by 1 having count(*) = 1),
once_salesforce as (select lower(trim(Email)) as email from salesforce."user" group by 1 having count(*) = 1),
by_email as (
    select s.id as spotio_id, f.id as salesforce_id from free_spotio s join free_salesforce f on f.email = s.email
    where s.email in (select email from once_spotio) and s.email in (select email from once_salesforce)
        and s.id not in (select spotio_id from by_id) and f.id not in (select salesforce_id from by_id)
)
select * from explicit
union all select spotio_id, salesforce_id, 'external_id' from by_id
union all select spotio_id, salesforce_id, 'email' from by_email
