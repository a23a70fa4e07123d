-- The SPOTIO user of an id, or else of an e-mail; the smaller id first, so that the same one is found each time.
select id, trim(concat_ws(' ', firstName, lastName)) as name, lower(trim(email)) as email, role
from spotio."user"
where _deleted_at is null and if($id is null, lower(trim(email)) = $email, id = $id)
order by id
limit 1
