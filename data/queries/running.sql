-- The runs under way; systems are read apart, so there may be several.
select id, number, systems, asked_by, started_at from sync.run
where outcome = 'running'
order by number
