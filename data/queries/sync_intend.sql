-- The journal's rows of actions that are about to be carried out, with their fields in the plan's order as one document
-- and what becomes of their links once they are done. given_actions, given_fields and given_states are frames.
create temp table intended as
with told as (
    select action, to_json(list(struct_pack(field := field, "column" := "column", label := label, before := before,
        after := after, reason := reason, spotio := spotio, salesforce := salesforce) order by ord)) as fields,
        string_agg(label, chr(10) order by ord) as labels
    from given_fields group by action
),
waiting as (
    select after as action, to_json(struct_pack(state := any_value(state), to_spotio := any_value(to_spotio),
        to_salesforce := any_value(to_salesforce), reason := any_value(reason))) as follows
    from given_states group by after
),
last as (select coalesce(max(number), 0) as number from sync.write)
select a.ord, last.number + row_number() over (order by a.ord) as number,
    'w-' || (last.number + row_number() over (order by a.ord)) as id, $run as run, $sync as sync, $version::bigint as version,
    a.action, a.kind, a.class, a.system, a.object, a.id as record_id, a.link, a.spotio_id, a.salesforce_id, a.born, a.why,
    t.fields, t.labels, w.follows, $call as call, 'intended' as state, $now as intended_at
from given_actions a cross join last left join told t on t.action = a.action left join waiting w on w.action = a.action
