-- The log of records: what was written, or tried, and what was decided. A linked pair is one line, though it is decided
-- about on both sides; that it is in step is no line, and that it is planned only as long as nothing came of it.
select 'w' as source, number, intended_at as moment, null::timestamptz as until, run, sync, version,
    case when state = 'done' then case kind when 'link' then 'linked' when 'unlink' then 'unlinked' else 'written' end
        when state = 'failed' then 'failed'
        when state = 'dropped' then case when code = 'moved' then 'moved' else 'not_written' end
        else 'unknown' end as outcome,
    system, kind, record_id, spotio_id, salesforce_id, link, labels, error_fields as named, null as step, code, why, text,
    null as clause, null as seen, null as change
from sync.write
union all
select 'd', number, decided_at, until, run, sync, version, outcome, system, null, id,
    case when system = 'spotio' then id end, case when system = 'salesforce' then id end, link, field, field, step, code, null,
    text, clause, seen, change
from sync.decision
where outcome <> 'in_step' and (outcome <> 'planned' or until is null) and (link is null or system = 'spotio')
