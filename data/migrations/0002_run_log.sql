-- What ran, what each table of a run brought, where the next one goes on, and what went wrong.
create table sync.run (
    number bigint,
    id varchar,                  -- r-<number>
    kind varchar,                -- pull
    asked_by varchar,            -- schedule | command | console | webhook
    systems varchar,             -- comma-separated, in the order they are read
    reconcile boolean,
    started_at timestamptz,
    finished_at timestamptz,
    outcome varchar,             -- running | done | partial | failed | stopped | interrupted
    text varchar                 -- for people: what happened, when it was not plainly done
);

create table sync.run_table (
    run varchar,
    system varchar,
    table_name varchar,
    mode varchar,                -- first_load | window | full | reconcile | named
    started_at timestamptz,
    finished_at timestamptz,
    outcome varchar,             -- running | done | failed | stopped | interrupted
    window_from timestamptz,
    window_to timestamptz,
    expected bigint,             -- rows the source said would come, for the progress
    rows_read bigint,
    rows_inserted bigint,
    rows_changed bigint,
    rows_deleted bigint,
    calls bigint,
    source_count bigint,         -- counted by the source itself, apart from what was read
    mirror_count bigint,         -- live rows of the mirror at that time
    text varchar
);

create table sync.cursor (
    system varchar,
    table_name varchar,
    value json,
    moved_at timestamptz,
    run varchar
);

create table sync.problem (
    id varchar,                  -- p-<number>
    system varchar,
    table_name varchar,
    record_id varchar,
    code varchar,                -- stable, for filters
    text varchar,                -- what happened
    advice varchar,              -- what to do
    run varchar,                 -- the last one that met it
    first_seen_at timestamptz,
    last_seen_at timestamptz,
    times bigint,
    resolved_at timestamptz
);

create table sync.api_use (
    system varchar,
    run varchar,
    measured_at timestamptz,
    calls bigint,                -- ours, in that run
    seconds double,              -- time those calls took together
    used bigint,                 -- of everybody, as the system counts
    allowance bigint,
    period varchar               -- day | minute | second
);

create table sync.webhook_note (
    id varchar,
    system varchar,
    kind varchar,                -- lead.updated, activity.done, ...
    object varchar,
    record_id varchar,
    happened_at timestamptz,
    received_at timestamptz,
    handled_at timestamptz,
    run varchar
);

-- The ids that a complete reading has shown so far; what it has not shown in the end is asked for by id.
create table sync.seen (
    system varchar,
    table_name varchar,
    id varchar
);
