-- The run under way, if any; the newest, should a dead one never have been closed.
select id, number, systems, asked_by, started_at from sync.run
where outcome = 'running'
order by number desc
limit 1
