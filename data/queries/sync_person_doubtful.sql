-- Users without a partner whose address is, or was when they were paired, that of somebody who is paired.
with address as (
    select 'spotio' as system, id, lower(trim(email)) as email,
        nullif(trim(coalesce(firstName, '') || ' ' || coalesce(lastName, '')), '') as name from spotio.user where _deleted_at is null
    union all
    select 'salesforce', Id, lower(trim(Email)), Name from salesforce."user"
),
paired as (
    select p.spotio_id, p.salesforce_id, s.email as spotio_email, f.email as salesforce_email from sync.person p
    left join address s on s.system = 'spotio' and s.id = p.spotio_id
    left join address f on f.system = 'salesforce' and f.id = p.salesforce_id where p.sync = $sync
)
select a.system, a.id, a.name, max(case when a.system = 'salesforce' then p.spotio_id else p.salesforce_id end) as paired_with
from address a join paired p on a.email in (p.spotio_email, p.salesforce_email)
where a.email <> '' and a.id not in (select spotio_id from paired where a.system = 'spotio')
    and a.id not in (select salesforce_id from paired where a.system = 'salesforce')
group by all order by all
