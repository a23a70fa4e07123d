-- The events of the records in `batch`, as the mirror has them now; compared with what stands in history.event
-- afterwards. Temporary tables beside it: batch (record_id), leaf_team (user_id, since, team_id), zone_of_team,
-- zone_of_user, integration_user; $zone is the company's, $began the moment the mirror was first read.
--
-- A value "as of the event" is the present one with every later change put back (history.change holds what stood
-- there before). Stages come from SPOTIO's own transitions, which reach back before the mirror. History rows are
-- filtered by operation first: the first load's inserts are whole row groups of one value and are skipped unread.
with act as (
    select * from spotio.activity
    where coalesce(dataObjectId, '') in (select record_id from batch) and _deleted_at is null
),
move as (
    -- Two at one instant: the one that SPOTIO wrote last stands.
    select dataObjectId as record_id, date as moved_at, createdAt as saved_at, ownerId as user_id, fromStageId, toStageId
    from act where type = 'transition'
    qualify row_number() over (partition by dataObjectId, date order by createdAt desc, length(id) desc, id desc) = 1
),
turn as (
    select id as record_id, before,
        -- A change that did not move the record's stamp (a territory redrawn) happened when it was seen.
        case when json_exists(before, '$.updatedAt') then least(changed_at, recorded_at) else recorded_at end as turned_at
    from history.change
    where operation in ('update', 'delete', 'undelete', 'visible') and system = 'spotio' and object = 'record'
        and id in (select record_id from batch)
        and (json_exists(before, '$.territoryId') or json_exists(before, '$.value'))
),
territory_turn as (
    select record_id, turned_at, before ->> '$.territoryId' as territory_id from turn where json_exists(before, '$.territoryId')
    qualify row_number() over (partition by record_id, turned_at order by territory_id) = 1
),
value_turn as (
    select record_id, turned_at, (before ->> '$.value')::double as value from turn where json_exists(before, '$.value')
    qualify row_number() over (partition by record_id, turned_at order by value) = 1
),
first_owner as (
    select dataObjectId as record_id, min_by(previousOwnerId, (date, length(id), id)) as user_id
    from act where type = 'ownerChanged' and previousOwnerId is not null group by all
),
planned as (
    -- A series is scheduled once, however many of its occurrences are saved as appointments of their own.
    select *, recurringDefinition ->> '$.id' as series_id from spotio.appointment
    where coalesce(dataObjectId, '') in (select record_id from batch) and _deleted_at is null
    qualify row_number() over (partition by coalesce('series ' || (recurringDefinition ->> '$.id'), id) order by date, id) = 1
),
first_stamp as (
    select id, min((before ->> '$.updatedAt')::timestamptz) as stamp from history.change
    where operation in ('update', 'delete', 'undelete', 'visible') and system = 'spotio' and object = 'appointment'
        and id in (select id from planned) and json_exists(before, '$.updatedAt')
    group by id
),
raw as (
    select 'activity:' || a.id as id, 'logged' as kind, a.dataObjectId as record_id, a.id as activity_id,
        null::varchar as appointment_id, a.ownerId as user_id, 'activity_owner' as who, a.ownerId as by_user_id,
        a.date as happened_at, a.createdAt as received_at, null::varchar as source,
        a.activityTemplateId as template_id, a.resultId as result_id,
        case when a.distance is null then 'not_verifiable' when a.verified then 'verified' else 'not_verified' end as verification,
        a.distance, null::varchar as from_stage_id, null::varchar as to_stage_id, null::timestamptz as due_at,
        -- Saved in one go with a stage change, the activity takes the stage after it.
        (select max(m.moved_at) from move m where m.record_id = a.dataObjectId and m.user_id = a.ownerId
            and m.saved_at between a.createdAt - interval 5 second and a.createdAt + interval 5 second) as moved_with
    from act a where a.type = 'event' and a.done and a.date is not null
    union all
    select 'transition:' || id, 'stage_moved', dataObjectId, id, null, ownerId, 'made_the_change', ownerId, date, createdAt,
        null, null, null, null, null, fromStageId, toStageId, null, date
    from act where type = 'transition' and date is not null
    union all
    select 'record:' || r.id || ':created', 'created', r.id,
        (select min(a.id) from act a where a.dataObjectId = r.id and a.type = 'create'),
        null, coalesce(o.user_id, r.ownerId), 'record_owner', r.createdById, r.createdAt, r.createdAt, r.source,
        null, null, null, null, null, null, null, null
    from spotio.record r left join first_owner o on o.record_id = r.id
    where r.id in (select record_id from batch) and r._deleted_at is null and r.createdAt is not null
    union all
    -- SPOTIO tells no creation of an appointment: that of its activity where it is known, else its first known stamp.
    select 'scheduled:' || coalesce('series:' || p.series_id, p.id), 'scheduled', p.dataObjectId, p.activityId, p.id, p.ownerId,
        'appointment_owner', p.createdById, coalesce(a.createdAt, f.stamp, p.updatedAt), coalesce(a.createdAt, f.stamp, p.updatedAt),
        null, p.activityTemplateId, null, null, null, null, null, p.date, null
    from planned p left join act a on a.id = p.activityId left join first_stamp f on f.id = p.id
    where coalesce(a.createdAt, f.stamp, p.updatedAt) is not null
),
placed as (
    select w.*, t.team_id, coalesce(zu.zone, zt.zone, $zone) as zone, r.typeId as type_id,
        greatest(w.happened_at, w.moved_with) as staged_at,
        case when tt.record_id is null then r.territoryId else tt.territory_id end as territory_id,
        case when vt.record_id is null then r.value else vt.value end as value,
        r.stageId as present_stage_id
    from raw w
    left join spotio.record r on r.id = w.record_id
    asof left join leaf_team t on t.user_id = w.user_id and w.happened_at >= t.since
    asof left join territory_turn tt on tt.record_id = w.record_id and w.happened_at < tt.turned_at
    asof left join value_turn vt on vt.record_id = w.record_id and w.happened_at < vt.turned_at
    left join zone_of_user zu on zu.user_id = w.user_id
    left join zone_of_team zt on zt.team_id = t.team_id
),
staged as (
    select p.*, coalesce(last_move.toStageId, next_move.fromStageId, p.present_stage_id) as stage_id
    from placed p
    asof left join move last_move on last_move.record_id = p.record_id and p.staged_at >= last_move.moved_at
    asof left join move next_move on next_move.record_id = p.record_id and p.staged_at < next_move.moved_at
)
select id, kind, record_id, activity_id, appointment_id, user_id, who, by_user_id, happened_at,
    timezone(zone, happened_at)::date as local_day, hour(timezone(zone, happened_at))::tinyint as local_hour, zone, received_at,
    case when source ilike 'import' then 'import' when source ilike 'api' then 'integration'
        when by_user_id in (select user_id from integration_user) then 'integration' else 'human' end as origin,
    template_id, result_id, verification, distance, from_stage_id, to_stage_id, due_at,
    timezone(zone, due_at)::date as due_day, value, type_id, stage_id, territory_id, team_id,
    coalesce(received_at < $began, false) as first_load
from staged
