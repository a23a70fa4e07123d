-- What a source calls the columns of one of its objects; the newest description of a field counts.
select column_name, arg_max(label, first_seen_at) as label
from sync.field where system = $schema and lower(object) = $name and gone_at is null
group by column_name
