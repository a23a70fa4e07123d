-- Every record that is not written, with its cause: blocked by the checks before a write, or refused by a system.
-- Both ids of a link bear one decision, so a link is told once. A refusal counts until something newer was tried or decided of its
-- record, for by then it may be mended. A cause is (sync, system, code, field, value), without a field the system's words
-- with no ids in them; one digest names it, so that a link to it can be kept.
with named as (
    select unnest(from_json($fields, '[{"sync":"VARCHAR","side":"VARCHAR","column":"VARCHAR","label":"VARCHAR","key":"VARCHAR"}]'), recursive := true)
),
running as (select sync from sync.state where inbound <> 'off' or outbound <> 'off'),
decided as (
    select sync, towards as system, link, code, field, seen, text, change, max(decided_at) as since, coalesce(link, d.system || ':' || id) as who,
        max(id) filter (d.system = 'spotio') as spotio_id, max(id) filter (d.system = 'salesforce') as salesforce_id
    from sync.decision d
    where current and outcome = 'blocked' and step <> 'apply' and text is distinct from $erased and sync in (from running)
    group by all
),
checked as (
    select a.sync, a.system, 'checks' as stage, a.code, coalesce(n.key, a.field) as field,
        case when a.code in ('value_unmapped', 'owner_unmatched', 'not_a_choice') then a.seen end as value,
        null::varchar as reason, false as unmapped, a.who, a.link, a.spotio_id, a.salesforce_id, a.seen, a.text, a.change, a.since,
        null::varchar as write, 1 as times, null::varchar as assigned
    from decided a
    left join named n on n.sync = a.sync and n.label = a.field and n.side = if(a.link is null, a.system, 'spotio')
),
failed as (
    select number, id as write, sync, system, link, spotio_id, salesforce_id, code, text, fields, answered_at, assigned, ignored,
        if(system = 'salesforce', spotio_id, salesforce_id) as source_id, error_fields,
        case when code = 'INACTIVE_OWNER_OR_USER' then 'OwnerId' when error_fields not like '%,%' then error_fields end as "column",
        count(*) over (partition by action) as times
    from sync.write
    where state = 'failed' and released_at is null and text is distinct from $erased and sync in (from running)
),
last_tried as (
    select * from failed
    qualify row_number() over (partition by sync, system, source_id order by number desc) = 1
),
tried_since as (
    select f.number from last_tried f
    join sync.write w on w.sync = f.sync and w.system = f.system and w.number > f.number
        and if(w.system = 'salesforce', w.spotio_id, w.salesforce_id) = f.source_id
),
decided_since as (
    select f.number from last_tried f
    join (
        select sync, system, id, outcome, step, decided_at from sync.decision
        where current and id in (select source_id from last_tried)  -- few of very many
    ) d on d.sync = f.sync and d.id = f.source_id
        and d.system = if(f.system = 'salesforce', 'spotio', 'salesforce') and d.decided_at > f.answered_at
        and not (d.outcome in ('conflict', 'waiting', 'undecided') or (d.outcome = 'blocked' and d.step = 'apply'))
),
refused as (
    select f.sync, f.system, 'refused' as stage, f.code, coalesce(n.key, f.error_fields) as field,
        case when f.code in ('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', 'INACTIVE_OWNER_OR_USER') then (
            select max(if(f.system = 'salesforce', g.spotio, g.salesforce)) from (
                select unnest(from_json(f.fields, '[{"column":"VARCHAR","spotio":"VARCHAR","salesforce":"VARCHAR"}]'), recursive := true)
            ) g where g."column" = f."column"
        ) end as value,
        case when f.error_fields is null or f.code = 'FIELD_CUSTOM_VALIDATION_EXCEPTION'
            then regexp_replace(f.text, '\b[0a][0-9][0-9A-Za-z]{13}([0-9A-Za-z]{3})?\b', '…', 'g') end as reason,
        n.key is null as unmapped,
        coalesce(f.link, if(f.system = 'salesforce', 'spotio:', 'salesforce:') || f.source_id) as who, f.link, f.spotio_id,
        f.salesforce_id, null::varchar as seen, f.text, null::varchar as change, f.answered_at as since, f.write, f.times, f.assigned, f.ignored
    from last_tried f
    left join named n on n.sync = f.sync and n.side = f.system and n."column" = f."column"
    where f.number not in (from tried_since) and f.number not in (from decided_since)
),
told as (
    select *, null::varchar as ignored from checked
    union all by name select * from refused
),
digested as (
    select *, 'e-' || left(md5(concat_ws(chr(31), sync, coalesce(system, ''), stage, coalesce(code, ''), coalesce(field, ''),
        coalesce(value, ''), coalesce(reason, ''))), 12) as cause
    from told
)
select d.* exclude (ignored), coalesce(d.ignored, s.note) as note
from digested d
left join sync.set_aside s on d.stage = 'checks' and s.until is null and s.cause = d.cause
    and s.system = if(d.spotio_id is null, 'salesforce', 'spotio') and s.id = coalesce(d.spotio_id, d.salesforce_id)
