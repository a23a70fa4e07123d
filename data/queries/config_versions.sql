-- One line a version; what it changed is told by its audit rows, in the order in which they were written, and what was
-- done by it by the journal of writes: in which runs, to how many records.
with told as (
    select version, count(*) as changes, string_agg(text, ' ' order by what) as text
    from config.audit where version is not null
    group by version
), done as (
    select version, list(distinct run order by run) as runs, count(distinct (system, record_id)) as records
    from sync.write where state = 'done'
    group by version
)
select v.number, v.author, v.note, v.published_at, coalesce(t.changes, 0) as changes, t.text,
    coalesce(d.runs, []) as runs, coalesce(d.records, 0) as records
from config.version v
left join told t on t.version = v.number
left join done d on d.version = v.number
order by v.number desc
limit $limit
