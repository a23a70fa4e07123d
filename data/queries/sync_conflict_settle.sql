-- What a plan looked at and no longer found: both sides show the same again, or only one of them changed.
update sync.conflict set state = 'settled', settled_at = $now, settled_run = $run, settled_by = 'agreed'
where settled_at is null and sync = $sync and link in (select link from given_looked)
    and (link, field) not in (select (link, field) from given_conflicts)
    and (state = 'open' or link in (select link from given_looked where outcome = 'in_step'))
