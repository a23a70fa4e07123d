-- Records that no plan may look at now: the end of their last write is unknown, or the mirror read them before it.
-- `salesforce_table` is put in as the mirrored object of the sync. Only writes of the last days are compared with the
-- mirror: every pull after a write brings the row anew, since both systems stamp it. Compared with the intent, between which and
-- the answer nobody pulls: the answer of a write that was looked up is younger than the pull that showed it.
select spotio_id, salesforce_id from sync.write
where sync = $sync and state in ('intended', 'unknown')
union
select w.spotio_id, w.salesforce_id
from sync.write w join spotio.record r on r.id = w.spotio_id
where w.sync = $sync and w.state = 'done' and w.system = 'spotio' and w.kind <> 'delete' and r._pulled_at < w.intended_at
    and w.answered_at > now() - interval 3 day
union
select w.spotio_id, w.salesforce_id
from sync.write w join salesforce_table r on r."Id" = w.salesforce_id
where w.sync = $sync and w.state = 'done' and w.system = 'salesforce' and w.kind <> 'delete' and r._pulled_at < w.intended_at
    and w.answered_at > now() - interval 3 day
