-- A page of the audit, newest first; it goes on to the end of its last moment.
with wanted as (
    select happened_at, person, what, before::varchar as before, after::varchar as after, text, version
    from config.audit
    where (len($kinds::varchar[]) = 0 or list_contains($kinds::varchar[], split_part(what, '.', 1)))
        and ($person::varchar is null or person = $person)
        and (
            $text = '' or contains(lower(concat_ws(' ', person, what, text, before::varchar, after::varchar)), lower($text))
        )
        and ($before::timestamptz is null or happened_at < $before)
)
select * from wanted
where happened_at >= (select min(happened_at) from (select happened_at from wanted order by happened_at desc limit $limit))
order by happened_at desc, what, text
