-- The latest change of each column of the chosen SPOTIO records, and for each record who changed it last, without a column.
-- told, sent, given_names and spotio_chosen are temporary tables. What SPOTIO noted nowhere but on the record: its last move of
-- stage and its last assignment; one that is as old as the record is no edit.
with rec as (
    select id, source, try_cast(createdAt as timestamptz) as createdAt, createdById, try_cast(updatedAt as timestamptz) as updatedAt,
        updatedById, stageId, ownerId, stageUpdatedById, try_cast(stageUpdatedAt as timestamptz) as stageUpdatedAt,
        try_cast(dateOfAssignment as timestamptz) as assigned_at
    from spotio.record where id in (select id from spotio_chosen)
),
mass as (
    select updatedById, assigned_at from (
        select updatedById, assigned_at, max(records) over (partition by updatedById order by assigned_at
            range between current row and interval 60 second following) as records
        from (
            select updatedById, try_cast(dateOfAssignment as timestamptz) as assigned_at, count(*) over (partition by updatedById
                order by try_cast(dateOfAssignment as timestamptz) range between interval 60 second preceding and current row) as records
            from spotio.record
            where try_cast(dateOfAssignment as timestamptz) between (select min(assigned_at) - interval 60 second from rec)
                    and (select max(assigned_at) + interval 60 second from rec)
                and try_cast(dateOfAssignment as timestamptz) > try_cast(createdAt as timestamptz) + interval 5 second
                and updatedById in (select updatedById from rec)
        )
    ) where records >= 10 group by all
),
noted as (
    select t.id, n."column", t.changed_at, t.user_id, t.value, t.bulk from told t join given_names n on n.name = t.name
    union all
    select id, 'stage', stageUpdatedAt, stageUpdatedById, stageId, false from rec
    where stageUpdatedAt > createdAt + interval 5 second and id not in (select id from told where name = 'stage')
    union all
    select r.id, 'owner', r.assigned_at, r.updatedById, r.ownerId, m.updatedById is not null
    from rec r left join mass m on m.updatedById = r.updatedById and m.assigned_at = r.assigned_at
    where r.assigned_at > r.createdAt + interval 5 second and r.id not in (select id from told where name = 'owner')
),
judged as (
    select t.*, s.id is not null
        and (replace(t.value, ', ', ';') is not distinct from nullif(s.after, '') or try_cast(t.value as double) = try_cast(s.after as double)
            or try_cast(t.value as timestamptz) = try_cast(s.after as timestamptz))
        and t.changed_at >= s.intended_at - interval 5 minute
        and (not s.superseded or t.changed_at <= s.answered_at + interval 5 minute) as ours
    from noted t left join sent s on s.id = t.id and s."column" = t."column"
),
column_edit as (
    select t.id, t."column", t.changed_at, t.user_id,
        case when t.ours then 'fieldline' when {own} then 'automation' when t.bulk then 'bulk' when {integration} then 'integration'
            when r.source ilike 'import' and t.changed_at <= r.createdAt + interval 5 second then 'import' else 'human' end as origin
    from judged t left join rec r on r.id = t.id
),
record_edit as (
    select t.id, t.updatedAt as changed_at, t.updatedById as user_id, t.source, t.createdAt,
        max(s.answered_at) as answered_at, min(s.intended_at) as intended_at
    from rec t left join sent s on s.id = t.id group by all
)
select 'spotio' as system, e.id, e."column", e.changed_at, coalesce(p.name, e.user_id) as changed_by, e.origin
from column_edit e left join ({people}) p on p.id = e.user_id
union all
select 'spotio', t.id, null, t.changed_at, coalesce(p.name, t.user_id),
    case when t.changed_at between t.intended_at - interval 5 minute and t.answered_at + interval 5 minute or {own} then 'fieldline'
        when {integration} then 'integration'
        when t.source ilike 'import' and t.changed_at <= t.createdAt + interval 5 second then 'import' else 'human' end
from record_edit t left join ({people}) p on p.id = t.user_id
