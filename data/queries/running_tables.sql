-- What the runs under way have begun, in the order they began it.
select tables.run, tables.system, tables.table_name, tables.mode, tables.started_at, tables.outcome, tables.expected,
    tables.rows_read, tables.rows_inserted, tables.rows_changed, tables.rows_deleted
from sync.run_table as tables
join sync.run as run on run.id = tables.run
where run.outcome = 'running'
order by tables.started_at, tables.table_name
