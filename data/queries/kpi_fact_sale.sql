-- Sales by their date, and their cancellations by theirs: a dated adjustment of the net.
select sale_id as event_id, record_id, type_id, territory_id, user_id, team_id, sold_day as day, sold_hour as hour,
    sold_at as happened_at, (left_out is null)::integer as sold, 0 as cancelled,
    case when left_out is null then value end as gross, case when left_out is null then value end as net, left_out
from sale
union all
select sale_id || ':cancelled', record_id, type_id, territory_id, user_id, team_id, cancelled_day, null, cancelled_at, 0, 1, null, -value, null
from sale where cancelled_day is not null and left_out is null
