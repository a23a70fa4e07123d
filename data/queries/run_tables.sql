-- The tables of one run: what went wrong first, then in the order they were read.
select system, table_name, mode, started_at, finished_at, outcome, window_from, window_to, expected, rows_read,
    rows_inserted, rows_changed, rows_deleted, calls, source_count, mirror_count, text
from sync.run_table
where run = $run
order by outcome = 'failed' desc, started_at, system, table_name
