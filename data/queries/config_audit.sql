-- Newest first; `what` is a path (access.people...), so a part of the configuration is a prefix of it.
select happened_at, person, what, before, after, text, version
from config.audit
where starts_with(what, $what)
order by happened_at desc, what
limit $limit
