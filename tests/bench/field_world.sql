-- The bulk of a field company's year, part by part: a part called after a mirror's table gives rows of it, any other
-- is a statement. Variables: seed, records, activities, zone, began (when SPOTIO was first read), first_created,
-- first_visit (ids). Chance is a hash of a row's number, so that the same seed gives the same rows.
-- Shares and times are those of the sandbox's company: two thirds of the doors stay closed, work is in the afternoon.

-- part: u
create temp macro u(n, salt) as (hash(hash(n, salt * 1000 + getvariable('seed'))) >> 11) / 9007199254740992.0

-- part: turf
create temp table turf as
with leaf as (select id as team_id, unnest(usersIds) as user_id from spotio.team where parentId is not null),
closer as (
    select l.team_id, list(u.id order by u.id) as closers from leaf l join spotio.user u on u.id = l.user_id
    where u.role = 'Sales' and u.status = 'active'
        and u.id not in (select unnest(userIds) from spotio.territory where parentId is not null)
    group by all
)
select row_number() over (order by t.id::bigint) - 1 as number, t.id, t.userIds[1] as setter, l.team_id, c.closers,
    [[(p ->> '$.lat')::double, (p ->> '$.lng')::double] for p in (t.polygons -> '$[0].points')::json[]] as corners,
    -- The colleague of the same team who knocks here now and then.
    coalesce(lead(t.userIds[1]) over (partition by l.team_id order by t.id::bigint),
        first_value(t.userIds[1]) over (partition by l.team_id order by t.id::bigint)) as colleague
from spotio.territory t join leaf l on l.user_id = t.userIds[1] join closer c on c.team_id = l.team_id
where t.parentId is not null

-- part: day
create temp table day as
with weighed as (
    select d, (timezone(getvariable('zone'), getvariable('began'))::date - 364 + d::integer) as day,
        case isodow(day) when 7 then 0.15 when 6 then 0.8 else 1 end as weight
    from range(365) r(d)
),
summed as (select *, sum(weight) over (order by d) / sum(weight) over () as upto, weight / sum(weight) over () as share from weighed)
select d, day, floor((upto - share) * visits)::bigint as first_visit, floor(upto * visits)::bigint as next_visit
from summed, (select floor(getvariable('activities') * 0.85) as visits)

-- part: person
create temp table person as
-- Known to the mirror as record number i; made at an even pace over two years, the second of which is the one at work.
select i, getvariable('began') - to_seconds(2 * 364 * 86400 * (1 - i / getvariable('records'))) as created,
    printf('%08x', epoch(created)::bigint) || left(md5(getvariable('seed') || ':' || i), 16) as id,
    if(u(i, 1) < 0.88, '1', '2') as type_id,
    floor(u(i, 2) * (select count(*) from turf))::bigint as turf
from range(getvariable('records')) r(i)

-- part: visit
create temp table visit as
with at_door as (
    select d.d, unnest(range(d.first_visit, d.next_visit)) as n, d.day from day d
),
timed as (
    select n, timezone(getvariable('zone'), day + to_milliseconds(((10.5 + 5 * (u(n, 3) + u(n, 4))) * 3600000)::bigint)) as happened,
        -- Only records that were there the day before.
        floor(u(n, 5) * getvariable('records') * (364 + d) / 729)::bigint as i, u(n, 6) as luck
    from at_door
)
select v.n, v.happened, v.i, p.id as record_id, p.type_id, if(u(v.n, 7) < 0.92, t.setter, t.colleague) as user_id,
    case when luck < 0.652 then '1' when luck < 0.825 then '3' when luck < 0.913 then '2' when luck < 0.968 then '4'
        when luck < 0.9985 then '5' else '6' end as result,
    t.closers[1 + floor(u(v.n, 8) * len(t.closers))::integer] as closer
from timed v join person p on p.i = v.i join turf t on t.number = p.turf
where v.happened < getvariable('began') - interval 1 hour

-- part: meeting
create temp table meeting as
-- The appointment of each visit that set one, on one of the next days.
select n, happened as set_at, i, record_id, type_id, user_id as setter, closer,
    timezone(getvariable('zone'), timezone(getvariable('zone'), happened)::date + to_hours(24 * (1 + floor(u(n, 10) * 5))::integer + 11 + floor(u(n, 11) * 8)::integer)) as due,
    due < getvariable('began') - interval 2 hour and u(n, 12) < 0.98 as done,
    case when not done then null when u(n, 13) < 0.48 then '22' when u(n, 13) < 0.72 then '21' when u(n, 13) < 0.85 then '23'
        when u(n, 13) < 0.94 then '24' else '25' end as result
from visit where result = '5'

-- part: move
create temp table move as
with asked as (
    select n * 10 + 1 as number, i, record_id, type_id, user_id, happened + interval 2 second as happened,
        case when result = '5' then '5' when result = '3' and u(n, 20) < 0.1 then '7' when result = '4' and u(n, 20) < 0.25 then '4' end as to_stage
    from visit where result in ('3', '4', '5')
    union all
    select n * 10 + 4, i, record_id, type_id, closer, due + interval 61 minute,
        case when result = '21' then '6' when result = '22' and u(n, 21) < 0.3 then '7' end
    from meeting where done
),
fitting as (
    -- An account has fewer stages.
    select * replace (if(type_id = '2', case to_stage when '5' then '2' when '4' then '2' when '6' then '3' else '4' end, to_stage) as to_stage)
    from asked where to_stage is not null
)
select *, lag(to_stage, 1, '1') over (partition by i order by happened, number) as from_stage,
    row_number() over (partition by i order by happened desc, number desc) = 1 as is_last
from fitting

-- part: hand_over
create temp table hand_over as
select n * 10 + 3 as number, i, record_id, setter, closer, set_at + interval 20 second as happened,
    row_number() over (partition by i order by set_at desc) = 1 as is_last
from meeting where u(n, 22) < 0.2

-- part: activity visits
select (getvariable('first_visit') + n * 10)::varchar as id, '1' as activityTemplateId, 'event' as type, true as done, user_id as ownerId,
    happened as date, false as allDay, result as resultId, record_id as dataObjectId,
    case when u(n, 30) < 0.08 then null when u(n, 31) < 0.05 then round(100 + 900 * u(n, 32), 1) else round(1 + 60 * u(n, 33) * u(n, 34), 1) end as distance,
    u(n, 31) >= 0.05 as verified, 10 as duration,
    if(u(n, 35) < 0.08, ['Asked about batteries.', 'Wants to talk to spouse first.', 'Renter, owner lives out of state.'][1 + floor(u(n, 36) * 3)::integer], null) as notes,
    false as isNote, happened + to_milliseconds(if(u(n, 37) < 0.02, 72000000 * u(n, 38), 1000)::bigint) as createdAt,
    createdAt as updatedAt
from visit

-- part: activity moves
select (getvariable('first_visit') + number)::varchar as id, 'transition' as type, true as done, user_id as ownerId, happened as date,
    false as allDay, record_id as dataObjectId, true as verified, from_stage as fromStageId, to_stage as toStageId,
    if(to_stage = '7', ['Price'], null) as lossReasons, false as isNote, happened as createdAt, happened as updatedAt
from move

-- part: activity meetings
select (getvariable('first_visit') + n * 10 + 2)::varchar as id, '5' as activityTemplateId, 'event' as type, done, closer as ownerId,
    due as date, false as allDay, result as resultId, record_id as dataObjectId, if(done and u(n, 40) < 0.7, round(1 + 50 * u(n, 41), 1), null) as distance,
    true as verified, 60 as duration, 'Consultation' as title, false as isNote, set_at + interval 15 second as createdAt,
    if(done, due + interval 1 hour, createdAt) as updatedAt
from meeting

-- part: activity hand_overs
select (getvariable('first_visit') + number)::varchar as id, 'ownerChanged' as type, true as done, setter as ownerId, happened as date,
    false as allDay, record_id as dataObjectId, true as verified, setter as previousOwnerId, closer as newOwnerId, false as isNote,
    happened as createdAt, happened as updatedAt
from hand_over

-- part: activity creations
-- Of the first year's records nothing is told: SPOTIO's feed reaches back a year.
select (getvariable('first_created') + p.i)::varchar as id, 'create' as type, true as done, t.setter as ownerId, p.created as date, false as allDay,
    p.id as dataObjectId, true as verified, false as isNote, p.created as createdAt, p.created as updatedAt
from person p join turf t on t.number = p.turf where p.i >= getvariable('records') // 2

-- part: activity calls
-- As many as are missing; their ids lie between those of their day's visits.
with call as (
    select n, d.d, d.day, floor(u(n, 50) * getvariable('records') * (364 + d.d) / 729)::bigint as i,
        d.first_visit + row_number() over (partition by d.d order by n) as number
    from (select range as n, least(floor(u(range, 51) * 365)::bigint, 363) as on_day
        from range(getvariable('activities') - (select count(*) from spotio.activity))) c
    join day d on d.d = c.on_day
)
select (getvariable('first_visit') + c.number * 10 + 5)::varchar as id, '2' as activityTemplateId, 'event' as type, true as done, t.setter as ownerId,
    timezone(getvariable('zone'), day + to_seconds((9 + 3 * u(n, 52)) * 3600)) as date, false as allDay,
    case when u(n, 53) < 0.47 then '11' when u(n, 53) < 0.72 then '12' when u(n, 53) < 0.95 then '13' else '14' end as resultId,
    p.id as dataObjectId, true as verified, 5 as duration, floor(300 * u(n, 54))::bigint as durationSeconds, false as isNote,
    'outbound' as direction, date + interval 2 second as createdAt, createdAt as updatedAt
from call c join person p on p.i = c.i join turf t on t.number = p.turf

-- part: appointment
select (getvariable('first_visit') + n)::varchar as id, record_id as dataObjectId, closer as ownerId, due as date, 60 as duration,
    'Consultation' as title, (getvariable('first_visit') + n * 10 + 2)::varchar as activityId, false as allDay, done, '5' as activityTemplateId,
    setter as createdById, if(done, closer, setter) as updatedById, if(done, due + interval 1 hour, set_at + interval 15 second) as updatedAt
from meeting

-- part: record
with knocked as (
    select i, count(*) as visits, max(happened) as last_at, max_by(user_id, happened) as last_by, max_by(result, happened) as last_result from visit group by i
),
stood as (
    select p.*, t.id as territory_id, t.setter, t.corners, v.visits, v.last_at, v.last_by, v.last_result,
        m.to_stage, m.happened as moved_at, m.user_id as moved_by, h.closer, h.happened as handed_at,
        u(p.i, 60) as x, u(p.i, 61) as y, p.type_id = '1' and m.to_stage = '6' or p.type_id = '2' and m.to_stage = '3' as sold,
        ['Ada', 'Ben', 'Cora', 'Dan', 'Elsa', 'Finn', 'Gia', 'Hugo', 'Ines', 'Jon'][1 + floor(u(p.i, 62) * 10)::integer] as first_name,
        ['Abbott', 'Barnes', 'Castro', 'Dalton', 'Ellis', 'Frost', 'Grant', 'Hayes', 'Irwin', 'Jensen', 'Keller', 'Lowe'][1 + floor(u(p.i, 63) * 12)::integer] as last_name
    from person p join turf t on t.number = p.turf
    left join knocked v on v.i = p.i
    left join (from move where is_last) m on m.i = p.i
    left join (from hand_over where is_last) h on h.i = p.i
)
select id, type_id as typeId, first_name || ' ' || last_name as name, if(sold, round(18000 + 27000 * u(i, 64)), null) as value,
    coalesce(to_stage, if(visits > 0 and type_id = '1', '2', '1')) as stageId, coalesce(closer, setter) as ownerId,
    greatest(created, last_at, moved_at, handed_at) as updatedAt, created as createdAt, coalesce(moved_by, setter) as stageUpdatedById,
    coalesce(moved_at, created) as stageUpdatedAt, setter as createdById, coalesce(last_by, setter) as updatedById, territory_id as territoryId,
    if(i < getvariable('records') // 2, 'Import', ['Ios', 'Ios', 'Android', 'Web'][1 + floor(u(i, 65) * 4)::integer]) as source,
    if(visits > 0, 'verified', 'unknown') as lastLocationStatus, last_at as lastActivityTime, last_by as lastActivityOwnerId,
    coalesce(visits, 0) as visitsCount, last_at as lastVisitDate, coalesce(handed_at, created) as dateOfAssignment,
    last_result as lastVisitResultId, 0 as callCount, (200000000 + i)::varchar as pinId,
    -- Within the four corners.
    round(corners[1][1] * (1 - x) * (1 - y) + corners[2][1] * x * (1 - y) + corners[3][1] * x * y + corners[4][1] * (1 - x) * y, 6) as lat,
    round(corners[1][2] * (1 - x) * (1 - y) + corners[2][2] * x * (1 - y) + corners[3][2] * x * y + corners[4][2] * (1 - x) * y, 6) as lng,
    (100 + floor(9000 * u(i, 66)))::bigint || ' ' || last_name || ' St, Denver, CO ' || (80200 + i % 60) || ', USA' as address, (80200 + i % 60)::varchar as zip,
    first_name as f_100002, last_name as f_100003, printf('(303) 555-%04d', i % 10000) as f_100005
from stood
