-- People by name; somebody without one is known by the e-mail, somebody erased here by that.
with erased as (
    select distinct id as erased_id from history.erased where system = 'spotio' and object = 'user'
)
select id, coalesce(nullif(trim(concat_ws(' ', firstName, lastName)), ''), email, 'erased person ' || erased_id, id) as name,
    null::varchar as parent, _deleted_at is not null as deleted
from ({relation}) u left join erased on erased_id = u.id
order by lower(name), id
