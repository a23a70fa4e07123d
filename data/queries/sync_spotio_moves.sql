-- What SPOTIO's activities tell of the chosen records: moves of stage, changes of owner, differences of fields; the latest of
-- each. A change of owner is of a bulk when the same person changed those of 10 records or more within 60 seconds (T-03).
create or replace temp table told as
with act as (
    select dataObjectId as id, lower(type) as type, ownerId as user_id, try_cast(date as timestamptz) as changed_at, createdAt,
        id as activity, toStageId, newOwnerId, fieldDiff ->> '$.reference' as reference, fieldDiff ->> '$.newValue' as new_value
    from spotio.activity
    where lower(type) in ('transition', 'ownerchanged', 'update') and _deleted_at is null
        and dataObjectId in (select id from spotio_chosen) and date is not null
),
latest as (
    select id, case type when 'transition' then 'stage' when 'ownerchanged' then 'owner' else reference end as name, changed_at, user_id,
        case type when 'transition' then toStageId when 'ownerchanged' then newOwnerId else new_value end as value, type
    from act
    qualify row_number() over (partition by id, name order by changed_at desc, createdAt desc, length(activity) desc, activity desc) = 1
),
around as (
    select ownerId as user_id, dataObjectId, try_cast(date as timestamptz) as changed_at from spotio.activity
    where lower(type) = 'ownerchanged' and _deleted_at is null and ownerId in (select user_id from latest where type = 'ownerchanged')
        and date between (select min(changed_at) - interval 60 second from latest where type = 'ownerchanged')
            and (select max(changed_at) + interval 60 second from latest where type = 'ownerchanged')
),
counted as (
    select user_id, changed_at, count(distinct dataObjectId) over (partition by user_id order by changed_at
        range between interval 60 second preceding and current row) as records
    from around
),
bulk as (
    select distinct user_id, changed_at from (
        select user_id, changed_at, max(records) over (partition by user_id order by changed_at
            range between current row and interval 60 second following) as records
        from counted
    ) where records >= 10
)
select l.id, l.name, l.changed_at, l.user_id, l.value, b.user_id is not null as bulk
from latest l left join bulk b on l.type = 'ownerchanged' and b.user_id = l.user_id and b.changed_at = l.changed_at
where l.name is not null
