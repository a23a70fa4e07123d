-- The latest change of each column of the chosen Salesforce records, and for each record who changed it last, without a column.
-- told, sent, given_names, given_moved and salesforce_chosen are temporary. A reference leaves two entries, of which the one with
-- ids counts. Under our own user, another value than we sent is automation's. Where a field is not tracked and nobody wrote after
-- us, the record's own value tells the same.
with rec as (
    select r.Id as id, {by} as user_id, {at} as changed_at from {table} r where r.Id in (select id from salesforce_chosen)
),
noted as (
    select t.id, n."column", t.changed_at, t.user_id, t.value, n.name <> n."column" and not t.by_id as part
    from told t join given_names n on n.name = t.name
    qualify row_number() over (partition by t.id, n."column" order by t.changed_at desc, t.by_id desc, t.entry desc) = 1
),
judged as (
    select t.*, s.id is not null
        and (t.value is not distinct from nullif(s.after, '') or try_cast(t.value as double) = try_cast(s.after as double)
            or try_cast(t.value as timestamptz) = try_cast(s.after as timestamptz) or lower(t.value) = lower(s.after) and s.after in ('true', 'false')
            or t.part and contains(t.value, s.after))
        and t.changed_at >= s.intended_at - interval 5 minute
        and (not s.superseded or t.changed_at <= s.answered_at + interval 5 minute) as same
    from noted t left join sent s on s.id = t.id and s."column" = t."column"
),
column_edit as (
    select t.id, t."column", t.changed_at, t.user_id,
        case when t.same and ({own} or not {any_own}) then 'fieldline' when {own} then 'automation'
            when {integration} then 'integration' else 'human' end as origin
    from judged t
),
untracked as (
    select t.id, n."column", t.changed_at, t.user_id, 'automation' as origin
    from rec t join given_moved n on n.id = t.id
    where {own} and (t.id, n."column") not in (select (id, "column") from column_edit)
),
record_edit as (
    select t.id, t.user_id, t.changed_at, max(s.answered_at) as answered_at, min(s.intended_at) as intended_at
    from rec t left join sent s on s.id = t.id group by all
)
select 'salesforce' as system, e.id, e."column", e.changed_at, coalesce(p.name, e.user_id) as changed_by, e.origin
from (select * from column_edit union all select * from untracked) e left join ({people}) p on p.id = e.user_id
union all
select 'salesforce', t.id, null, t.changed_at, coalesce(p.name, t.user_id),
    case when {own} or not {any_own} and t.changed_at between t.intended_at - interval 5 minute and t.answered_at + interval 5 minute
        then 'fieldline' when {integration} then 'integration' else 'human' end
from record_edit t left join ({people}) p on p.id = t.user_id
