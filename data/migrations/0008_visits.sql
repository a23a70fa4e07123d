-- Visits one by one in place of doors: a door narrowed to some of its visits is then no search among all events.
drop table kpi.door;

create table kpi.visit (
    day date,
    user_id varchar,
    record_id varchar,
    happened_at timestamptz,
    hour tinyint,
    team_id varchar,
    territory_id varchar,
    type_id varchar,
    template_id varchar,
    result_id varchar,
    verification varchar,
    contact boolean,             -- its result is classed contact
    unclassified boolean,        -- its result is in no class, or it has none
    alone boolean                -- the only visit of the rep at this record on this day: a door by itself
);

-- A rep at a record on a local day with at least one visit that counts; where, and for whom: as of the first of them.
create view kpi.door as
select day, user_id, record_id, happened_at as first_at, hour, team_id, territory_id, type_id, 1 as visits,
    (verification is not distinct from 'verified')::integer as verified,
    (verification is not distinct from 'not_verified')::integer as not_verified,
    (verification is not distinct from 'not_verifiable')::integer as not_verifiable,
    contact, unclassified
from kpi.visit
where alone
union all
select day, user_id, record_id, min(happened_at), arg_min(hour, happened_at), arg_min(team_id, happened_at),
    arg_min(territory_id, happened_at), arg_min(type_id, happened_at), count(*)::integer,
    count_if(verification = 'verified')::integer, count_if(verification = 'not_verified')::integer,
    count_if(verification = 'not_verifiable')::integer,
    bool_or(contact), not bool_or(contact) and bool_or(unclassified)
from kpi.visit
where not alone
group by day, user_id, record_id;

-- All numbers are derived anew.
delete from kpi.state;
