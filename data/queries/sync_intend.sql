-- The journal's rows of actions that are about to be carried out, with their fields in the plan's order as one document,
-- and what is true once they are done: the state of a link, and the differences that stand when one is made.
-- given_actions, given_fields, given_states and given_standing are frames.
create temp table intended as
with told as (
    select action, to_json(list(struct_pack(field := field, "column" := "column", label := label, before := before,
        after := after, reason := reason, spotio := spotio, salesforce := salesforce) order by ord)) as fields
    from given_fields group by action
),
waiting as (
    select after as action, any_value(state) as state, any_value(to_spotio) as to_spotio,
        any_value(to_salesforce) as to_salesforce, any_value(reason) as reason
    from given_states group by after
),
differing as (
    select link as action, list(struct_pack(field := field, spotio := spotio, salesforce := salesforce) order by ord) as standing
    from given_standing group by link
),
following as (
    select action, to_json(struct_pack(state := w.state, to_spotio := w.to_spotio, to_salesforce := w.to_salesforce,
        reason := w.reason, standing := d.standing)) as follows
    from waiting w full join differing d using (action)
),
last as (select coalesce(max(number), 0) as number from sync.write)
select a.ord, last.number + row_number() over (order by a.ord) as number,
    'w-' || (last.number + row_number() over (order by a.ord)) as id, $run as run, $sync as sync, $version::bigint as version,
    a.action, a.kind, a.class, a.system, a.object, a.id as record_id, a.link, a.spotio_id, a.salesforce_id, a.born, a.why,
    t.fields, f.follows, $call as call, 'intended' as state, $now as intended_at
from given_actions a cross join last
left join told t on t.action = a.action left join following f on f.action = a.action
