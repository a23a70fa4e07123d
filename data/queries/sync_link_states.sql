-- How the links of some ids stand: one a record, a live one before those that were taken apart, the newest first.
select m.system, m.id, l.state, l.sync
from sync.link_member m join sync.link l on l.number = m.number
where m.id in (select unnest($ids))
qualify row_number() over (partition by m.system, m.id order by l.state = 'unlinked', l.number desc) = 1
