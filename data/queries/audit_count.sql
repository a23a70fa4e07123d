-- How many lines of the audit there are of some kinds, of one person, with a text.
select count(*) as lines
from config.audit
where (len($kinds::varchar[]) = 0 or list_contains($kinds::varchar[], split_part(what, '.', 1)))
    and ($person::varchar is null or person = $person)
    and (
        $text = '' or contains(lower(concat_ws(' ', person, what, text, before::varchar, after::varchar)), lower($text))
    )
    and ($before::timestamptz is null or happened_at < $before)
