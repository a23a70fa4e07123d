-- People by name; somebody without one is known by the e-mail.
select id, coalesce(nullif(trim(concat_ws(' ', firstName, lastName)), ''), email, id) as name,
    null::varchar as parent, _deleted_at is not null as deleted
from ({relation}) order by lower(name), id
