-- The writes that an answer is about, with the ids that it told; those that have an answer already are not among them.
-- The range of their numbers is given as values, which DuckDB holds against each block of rows: so the work for a batch
-- does not grow with the journal.
create temp table answered as
with told as (
    select substr(write, 3)::bigint as number, state, code, text, error_fields, record_id from given_results
    qualify row_number() over (partition by write) = 1
)
select w.number, w.sync, w.version, w.kind, w.link, w.born, w.fields, w.follows, t.state, t.code, t.text, t.error_fields,
    coalesce(t.record_id, w.record_id) as record_id,
    case when w.kind = 'create' and w.system = 'spotio' then coalesce(t.record_id, w.spotio_id) else w.spotio_id end as spotio_id,
    case when w.kind = 'create' and w.system = 'salesforce' then coalesce(t.record_id, w.salesforce_id) else w.salesforce_id end as salesforce_id
from sync.write w join told t on t.number = w.number
where w.number between $first and $last and w.state in ('intended', 'unknown')
