-- Sales as Salesforce has them: an Opportunity that is won, on its CloseDate. A SPOTIO record is named only where it
-- carries an external id that is the Opportunity's, its Account's or that of the Lead it came from; it is credited to
-- the SPOTIO user with the owner's e-mail, else to nobody. Ids are compared by their first 15 characters, which are
-- the same in both of Salesforce's spellings. A close date has no hour: the sale comes after all that happened on it.
with opportunity as (
    select o.Id as id, o.AccountId as account_id, o.Amount as amount, o.CloseDate as sold_day, lower(u.Email) as email,
        timezone($zone, (o.CloseDate + 1)::timestamp) - interval 1 microsecond as sold_at
    from salesforce.opportunity o left join salesforce."user" u on u.Id = o.OwnerId
    where o.IsWon and o._deleted_at is null and o.CloseDate is not null
),
external as (
    select id as record_id, typeId as type_id, territoryId as territory_id, left(externalDataObjectId, 15) as external_id
    from spotio.record where externalDataObjectId is not null and _deleted_at is null
),
known_as as (
    select id, left(id, 15) as external_id, 1 as nearness from opportunity
    union all
    select id, left(account_id, 15), 2 from opportunity where account_id is not null
    union all
    select o.id, left(l.Id, 15), 3 from opportunity o
    join salesforce.lead l on left(l.ConvertedOpportunityId, 15) = left(o.id, 15)
),
matched as (
    select k.id, e.* from known_as k join external e on e.external_id = k.external_id
    qualify row_number() over (partition by k.id order by k.nearness, e.record_id) = 1
),
seller as (
    select lower(email) as email, min(id) as user_id from spotio."user"
    where email is not null and _deleted_at is null group by 1
),
sold as (
    select o.*, m.record_id, m.type_id, m.territory_id, s.user_id,
        m.record_id is not null and row_number() over (partition by m.record_id order by o.sold_at, o.id) = 1 as first_of_record
    from opportunity o
    left join matched m on m.id = o.id
    left join seller s on s.email = o.email
)
select 'opportunity:' || s.id as sale_id, s.record_id, s.type_id, s.territory_id, s.user_id, t.team_id, s.sold_at, s.sold_day,
    null::tinyint as sold_hour, s.amount as value, null::timestamptz as cancelled_at, null::date as cancelled_day,
    lead.local_day as lead_day, lead.user_id as lead_user_id, lead.team_id as lead_team_id,
    lead.territory_id as lead_territory_id,
    case when s.sold_day < $start::date then 'before_start' end as left_out
from sold s
asof left join leaf_team t on t.user_id = s.user_id and s.sold_at >= t.since
left join (select s.id, b.* exclude (id) from sold s join born b on b.record_id = s.record_id where s.first_of_record) lead
    on lead.id = s.id
