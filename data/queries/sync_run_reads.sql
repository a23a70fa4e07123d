-- What was read for a run of syncs: by the pulls since the one before it, and by those that read again what it wrote.
-- Only tables of records that are synced count; how many rows of each came, and in which run.
with this as (select number, coalesce(finished_at, now()) as ended from sync.run where id = $run),
before as (
    select max(r.finished_at) as ended from sync.run r, this where r.kind = 'sync' and r.number < this.number
)
select t.run, t.system, t.table_name, t.rows_read, t.rows_inserted, t.rows_changed, t.rows_deleted, t.started_at
from sync.run_table t join sync.run r on r.id = t.run, this, before
where r.kind = 'pull' and r.started_at <= this.ended and (before.ended is null or r.started_at >= before.ended)
    and ((t.system = 'spotio' and t.table_name = 'record')
        or (t.system = 'salesforce' and t.table_name in ('lead', 'account', 'contact', 'opportunity')))
order by t.started_at, t.system, t.table_name
