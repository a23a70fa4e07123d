-- A page of the rows behind a number, newest first. Names and addresses are those of now.
select f.event_id as id, f.happened_at, f.day, f.user_id, f.team_id, f.territory_id, f.type_id, f.record_id, {shown}
from (
    select * from fact
    where ({rows}) and ($after_at::timestamptz is null or (happened_at, event_id) < ($after_at::timestamptz, $after_id::varchar))
    order by happened_at desc, event_id desc limit $limit
) f
left join {record} r on r.id = f.record_id
order by f.happened_at desc, f.event_id desc
