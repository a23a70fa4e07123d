-- What a saved plan holds of each kind; `text` narrows as in sync_plan_rows.
select kind, class, object, count(*) as n, count(*) filter (held) as held, count(distinct code) as causes
from sync.plan_row
where plan = $plan and sync = $sync
    and (
        $text = ''
        or contains(lower(coalesce(name, '')), lower($text))
        or $text in (id, spotio_id, salesforce_id, link)
        or contains(lower(coalesce(field, '')), lower($text))
        or len(list_filter(from_json(fields, '[{"label":"VARCHAR"}]'), lambda f: contains(lower(f.label), lower($text)))) > 0
    )
group by kind, class, object
order by kind, class, object
