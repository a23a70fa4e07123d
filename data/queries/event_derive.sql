-- The events of the records in `batch`, as the mirror has them now; compared with what stands in history.event
-- afterwards. Temporary tables beside it: batch (record_id), leaf_team (user_id, since, team_id, zone), zone_of_user,
-- integration_user; $zone is the company's, $began the moment the mirror was first read.
--
-- A record's events follow from its own row, activities, appointments and history alone, so they are the same in
-- whatever batch. Casts are for columns that the mirror had to widen to text: what does not fit counts as unknown.
-- A value "as of the event" is the present one with every later change put back (history.change holds what stood
-- there before). Stages come from SPOTIO's own transitions, which reach back before the mirror. History rows are
-- filtered by operation first: the first load's inserts are whole row groups of one value and are skipped unread.
with act as (
    select id, lower(type) as type, dataObjectId, ownerId, activityTemplateId, resultId, previousOwnerId,
        fromStageId, toStageId, _deleted_at is not null as deleted,
        try_cast(done as boolean) as done, try_cast(verified as boolean) as verified, try_cast(distance as double) as distance,
        try_cast(date as timestamptz) as date, try_cast(createdAt as timestamptz) as createdAt
    from spotio.activity where coalesce(dataObjectId, '') in (select record_id from batch)
),
rec as (
    select id, typeId, stageId, ownerId, createdById, territoryId, source, _deleted_at is not null as deleted,
        try_cast(value as double) as value, try_cast(createdAt as timestamptz) as createdAt
    from spotio.record where id in (select record_id from batch)
),
move as (
    -- Two at one instant: the one that SPOTIO wrote last stands.
    select dataObjectId as record_id, date as moved_at, createdAt as saved_at, ownerId as user_id, fromStageId, toStageId
    from act where type = 'transition' and not deleted
    qualify row_number() over (partition by dataObjectId, date order by createdAt desc, length(id) desc, id desc) = 1
),
turn as (
    select id as record_id, before, recorded_at,
        -- A change that did not move the record's stamp (a territory redrawn) happened when it was seen.
        case when json_exists(before, '$.updatedAt') then least(changed_at, recorded_at) else recorded_at end as turned_at
    from history.change
    where operation in ('update', 'delete', 'undelete', 'visible') and system = 'spotio' and object = 'record'
        and id in (select record_id from batch)
        and (json_exists(before, '$.territoryId') or json_exists(before, '$.value')
            or json_exists(before, '$.ownerId') or json_exists(before, '$.stageId'))
),
territory_turn as (
    select record_id, turned_at, before ->> '$.territoryId' as territory_id from turn where json_exists(before, '$.territoryId')
    qualify row_number() over (partition by record_id, turned_at order by recorded_at, territory_id) = 1
),
value_turn as (
    select record_id, turned_at, try_cast(before ->> '$.value' as double) as value from turn where json_exists(before, '$.value')
    qualify row_number() over (partition by record_id, turned_at order by recorded_at, value) = 1
),
stage_turn as (
    select record_id, turned_at, before ->> '$.stageId' as stage_id from turn where json_exists(before, '$.stageId')
    qualify row_number() over (partition by record_id, turned_at order by recorded_at, stage_id) = 1
),
first_owner as (
    -- Who owned it before its first change of hands, as SPOTIO noted it or, of a mass change, as the mirror saw it.
    -- That a new record got its owner is no such change.
    select record_id, arg_min_null(user_id, row(turned_at, source, length(id), id)) as user_id
    from (
        select a.dataObjectId as record_id, a.previousOwnerId as user_id, a.date as turned_at, 1 as source, a.id
        from act a left join rec r on r.id = a.dataObjectId
        where a.type = 'ownerchanged' and not a.deleted
            and (a.previousOwnerId is not null or a.date > r.createdAt + interval 5 second)
        union all
        select record_id, before ->> '$.ownerId', turned_at, 2, '' from turn where json_exists(before, '$.ownerId')
    )
    where turned_at is not null group by record_id
),
saved as (
    select *, recurringDefinition ->> '$.id' as series_id, _deleted_at is not null as deleted
    from spotio.appointment where coalesce(dataObjectId, '') in (select record_id from batch)
),
first_stamp as (
    select id, min(try_cast(before ->> '$.updatedAt' as timestamptz)) as stamp from history.change
    where operation in ('update', 'delete', 'undelete', 'visible') and system = 'spotio' and object = 'appointment'
        and id in (select id from saved) and json_exists(before, '$.updatedAt')
    group by id
),
first_of_series as (
    -- The one that was saved first: dates can be moved. Occurrences of a series may stand on more than one record.
    select recurringDefinition ->> '$.id' as series_id, min_by(id, row(length(id), id)) as id
    from spotio.appointment where recurringDefinition is not null and _deleted_at is null group by all
),
planned as (
    -- SPOTIO tells no creation of an appointment: that of its activity where it is known, else its first known stamp.
    -- A series is scheduled once, with the first one of it, however many of its occurrences are saved and taken away.
    select p.*, min(coalesce(a.createdAt, f.stamp, try_cast(p.updatedAt as timestamptz)))
        over (partition by p.dataObjectId, coalesce('series ' || p.series_id, p.id)) as scheduled_at
    from saved p
    left join act a on a.id = p.activityId and a.dataObjectId is not distinct from p.dataObjectId
    left join first_stamp f on f.id = p.id
),
raw as (
    select 'activity:' || a.id as id, 'logged' as kind, a.dataObjectId as record_id, a.id as activity_id,
        null::varchar as appointment_id, a.ownerId as user_id, 'activity_owner' as who, a.ownerId as by_user_id,
        a.date as happened_at, a.createdAt as received_at, null::varchar as source,
        a.activityTemplateId as template_id, a.resultId as result_id,
        case when a.distance is null then 'not_verifiable' when a.verified then 'verified' else 'not_verified' end as verification,
        a.distance, null::varchar as from_stage_id, null::varchar as to_stage_id, null::timestamptz as due_at, null::date as due_on,
        -- Saved in one go with a stage change, the activity takes the stage after it.
        (select max(m.moved_at) from move m where m.record_id = a.dataObjectId and m.user_id = a.ownerId
            and m.saved_at between a.createdAt - interval 5 second and a.createdAt + interval 5 second) as moved_with
    from act a where a.type = 'event' and a.done and a.date is not null and not a.deleted
    union all
    select 'transition:' || id, 'stage_moved', dataObjectId, id, null, ownerId, 'made_the_change', ownerId, date, createdAt,
        null, null, null, null, null, fromStageId, toStageId, null, null, date
    from act where type = 'transition' and date is not null and not deleted
    union all
    select 'record:' || r.id || ':created', 'created', r.id,
        (select min(a.id) from act a where a.dataObjectId = r.id and a.type = 'create' and not a.deleted),
        null, case when o.record_id is null then r.ownerId else o.user_id end, 'record_owner', r.createdById, r.createdAt, r.createdAt, r.source,
        null, null, null, null, null, null, null, null, null
    from rec r left join first_owner o on o.record_id = r.id
    where not r.deleted and r.createdAt is not null
    union all
    select 'scheduled:' || coalesce('series:' || series_id, id), 'scheduled', dataObjectId, activityId, id, ownerId,
        'appointment_owner', createdById, scheduled_at, scheduled_at,
        null, activityTemplateId, null, null, null, null, null, try_cast(date as timestamptz),
        -- One that lasts all day has a day of its own, the same in every zone.
        case when try_cast(allDay as boolean) then try_cast(left(allDayDate, 10) as date) end, null
    from planned where not deleted and scheduled_at is not null and (series_id is null or id in (select id from first_of_series))
),
placed as (
    select w.*, t.team_id, coalesce(zu.zone, t.zone, $zone) as zone, r.typeId as type_id,
        greatest(w.happened_at, w.moved_with) as staged_at,
        case when tt.record_id is null then r.territoryId else tt.territory_id end as territory_id,
        case when vt.record_id is null then r.value else vt.value end as value,
        case when st.record_id is null then r.stageId else st.stage_id end as told_stage_id
    from raw w
    left join rec r on r.id = w.record_id
    asof left join leaf_team t on t.user_id = w.user_id and w.happened_at >= t.since
    asof left join territory_turn tt on tt.record_id = w.record_id and w.happened_at < tt.turned_at
    asof left join value_turn vt on vt.record_id = w.record_id and w.happened_at < vt.turned_at
    asof left join stage_turn st on st.record_id = w.record_id and w.happened_at < st.turned_at
    left join zone_of_user zu on zu.user_id = w.user_id
),
staged as (
    -- Of two moves at one instant each one's own stage; where SPOTIO noted no move, what the record's history tells.
    select p.*, coalesce(p.to_stage_id, last_move.toStageId, next_move.fromStageId, p.told_stage_id) as stage_id
    from placed p
    asof left join move last_move on last_move.record_id = p.record_id and p.staged_at >= last_move.moved_at
    asof left join move next_move on next_move.record_id = p.record_id and p.staged_at < next_move.moved_at
)
select id, kind, record_id, activity_id, appointment_id, user_id, who, by_user_id, happened_at,
    timezone(zone, happened_at)::date as local_day, hour(timezone(zone, happened_at))::tinyint as local_hour, zone, received_at,
    case when source ilike 'import' then 'import' when source ilike 'api' then 'integration'
        when by_user_id in (select user_id from integration_user) then 'integration' else 'human' end as origin,
    template_id, result_id, verification, distance, from_stage_id, to_stage_id, due_at,
    coalesce(due_on, timezone(zone, due_at)::date) as due_day, value, type_id, stage_id, territory_id, team_id,
    coalesce(received_at < $began, false) as first_load
from staged
