-- Numbers derived from history.event: what pages read instead of counting events again. All of it can be derived
-- anew at any time (data/kpi/rollups.py); only kpi.target is typed in by people.

-- With which settings the tables below were derived; a difference derives them anew.
create table kpi.state (
    digest varchar,
    settings json,
    refreshed_at timestamptz
);

-- What the settings and SPOTIO's workflow say, as tables to join: result classes, kinds of activity types, groups of
-- stages, and which events are a sale.
create table kpi.result_class (
    template_id varchar,
    result_id varchar,
    contact boolean,
    no_contact boolean,
    appointment_set boolean,
    run boolean,
    sat boolean,
    sold boolean,
    no_show boolean,
    cancelled boolean,
    rescheduled boolean
);

create table kpi.template (
    template_id varchar,
    role varchar                 -- SPOTIO's systemRole: visit | call | email | text | appointment | ...
);

create table kpi.stage_group (
    type_id varchar,
    stage_id varchar,
    group_name varchar           -- active | won | lost
);

create table kpi.won (
    kind varchar,                -- of the event that is a sale; the other columns narrow it, null: any
    type_id varchar,
    stage_id varchar,
    template_id varchar,
    result_id varchar
);

-- A rep at a record on a local day with at least one visit that counts; where, and for whom: as of the first of them.
create table kpi.door (
    day date,
    user_id varchar,
    record_id varchar,
    first_at timestamptz,
    hour tinyint,
    team_id varchar,
    territory_id varchar,
    type_id varchar,
    visits integer,
    verified integer,
    not_verified integer,
    not_verifiable integer,
    contact boolean,             -- a visit has a result classed contact
    unclassified boolean         -- none has, and one has a result in no class, or no result
);

-- Sums of activities, doors and created records: what can be added up over days, people, teams, territories and types.
create table kpi.day (
    day date,
    user_id varchar,
    team_id varchar,
    territory_id varchar,
    type_id varchar,
    activities integer,
    visits integer,
    verified integer,
    not_verified integer,
    not_verifiable integer,
    calls integer,
    texts integer,
    emails integer,
    other_origin integer,        -- logged, but by an origin that does not count
    before_start integer,        -- logged before the start of the numbers
    doors integer,
    verified_doors integer,
    contact_doors integer,
    unclassified_doors integer,
    created integer,
    created_other_origin integer,
    created_before_start integer
);

-- Live appointments (and, where results are the source of "set", the activities that set one), in cycles of a record.
create table kpi.appointment (
    event_id varchar,
    record_id varchar,
    appointment_id varchar,      -- null: an activity that set one
    activity_id varchar,
    cycle integer,               -- how often the record's sequence of appointments had ended before
    first_of_cycle boolean,      -- this one counts as "set"
    type_id varchar,
    territory_id varchar,
    template_id varchar,
    result_id varchar,           -- of the outcome
    set_at timestamptz,
    set_day date,
    set_hour tinyint,
    setter_id varchar,           -- who made the first of the cycle
    setter_team_id varchar,
    closer_id varchar,           -- who owns this one
    closer_team_id varchar,
    due_at timestamptz,
    due_day date,
    due_hour tinyint,
    run boolean,
    sat boolean,
    no_show boolean,
    cancelled boolean,
    rescheduled boolean,
    outcome varchar,             -- none | unclassified | classified
    sold boolean,                -- the sale of the cycle is this one's
    sold_value double,
    cycle_sat boolean,           -- any of the cycle sat
    cycle_sold boolean,
    left_out varchar             -- null: it counts; other_origin | before_start
);

create table kpi.sale (
    sale_id varchar,             -- the event, or opportunity:<id>
    record_id varchar,
    type_id varchar,
    territory_id varchar,
    user_id varchar,             -- null: credited to nobody
    team_id varchar,
    sold_at timestamptz,
    sold_day date,
    sold_hour tinyint,
    value double,
    cancelled_at timestamptz,    -- taken back within the rescission window
    cancelled_day date,
    lead_day date,               -- when the record was created, and for whom: on its first sale only
    lead_user_id varchar,
    lead_team_id varchar,
    lead_territory_id varchar,
    left_out varchar
);

create table kpi.move (
    event_id varchar,
    record_id varchar,
    type_id varchar,
    territory_id varchar,
    user_id varchar,
    team_id varchar,
    moved_at timestamptz,
    day date,
    hour tinyint,
    from_stage_id varchar,
    to_stage_id varchar,
    net boolean,                 -- the record's last move of the day, and it is elsewhere than that morning
    first_entry boolean,         -- never before in that stage
    stayed_seconds double,       -- in the stage that it left
    left_out varchar
);

-- Targets, append-only: the newest row of a (kpi, team, user, period, start) holds; without a value it is taken back.
create table kpi.target (
    kpi varchar,
    team_id varchar,             -- both null: everybody together
    user_id varchar,
    period varchar,              -- week | month | quarter
    start date,                  -- holds from this period on, until a later one
    value double,
    set_by varchar,
    set_at timestamptz
);
