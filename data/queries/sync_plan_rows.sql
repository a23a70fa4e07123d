-- Rows of a saved plan, narrowed by a kind and a text. A field is found by its label within the JSON, which is small a row.
select
    place, sync, kind, class, held, system, object, id, link, spotio_id, salesforce_id, name, why, code, field, seen,
    change, fields::varchar as fields
from sync.plan_row
where plan = $plan and sync = $sync
    and ($kind::varchar is null or kind = $kind)
    and (
        $text = ''
        or contains(lower(coalesce(name, '')), lower($text))
        or $text in (id, spotio_id, salesforce_id, link)
        or contains(lower(coalesce(field, '')), lower($text))
        or len(list_filter(from_json(fields, '[{"label":"VARCHAR"}]'), lambda f: contains(lower(f.label), lower($text)))) > 0
    )
