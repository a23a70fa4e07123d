-- The records of a cause, the last first, page by page from a key; `blocked` stands for data/queries/sync_blocked.sql.
select cause, who, sync, link, spotio_id, salesforce_id, seen, text, since, write, times, assigned, note
from (blocked)
where cause = $cause and (note is not null) = $ignored
    and not list_contains($hidden::varchar[], coalesce(field, '')) and not ($wordless and (unmapped or reason is not null))
    and ($after_since is null or since < $after_since or (since = $after_since and who > $after_who))
order by since desc, who limit $limit
