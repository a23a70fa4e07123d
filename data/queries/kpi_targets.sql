-- The targets that hold on a day: of each kind, the newest row of the latest start that has come, unless taken back.
-- With $as_of only what was set by then: a dashboard of that moment knows no target that came later.
select kpi, team_id, user_id, period, start, value, set_by, set_at from (
    select * from kpi.target where $as_of::timestamptz is null or set_at <= $as_of::timestamptz
    qualify row_number() over (
        partition by kpi, team_id, user_id, period, start order by set_at desc, value desc nulls last) = 1
)
where start <= $day::date
qualify row_number() over (partition by kpi, team_id, user_id, period order by start desc) = 1 and value is not null
order by kpi, team_id nulls first, user_id nulls first, period
