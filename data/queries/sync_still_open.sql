-- Records of one system that are not done with: an open decision, or something that a person did after the last plan
-- (a refused write let go, a pair called the same or not, a record let in or kept out).
select id from sync.decision where current and sync = $sync and system = $system and list_contains($open, outcome)
union
select case when $system = 'spotio' then spotio_id else salesforce_id end from sync.write
where sync = $sync and released_at > $since and state = 'failed'
union
select case when $system = 'spotio' then spotio_id else salesforce_id end from sync.verdict where sync = $sync and said_at > $since
union
select id from sync.kept_out where sync = $sync and system = $system and (since > $since or until > $since)
