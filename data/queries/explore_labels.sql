-- What the sources call the columns of all their objects; the newest description of a field counts.
select system, lower(object) as table_name, column_name, arg_max(label, first_seen_at) as label
from sync.field where gone_at is null and label <> '' and column_name is not null
group by all
