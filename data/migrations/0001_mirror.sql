-- The schemas, and what the mirror remembers of itself. Mirror tables are made from what each source
-- describes (data/mirror.py), so none stands here. No keys, sequences or enums: one SQL text serves a
-- DuckDB file and a lake alike, and the single writer keeps keys unique.
create schema if not exists spotio;
create schema if not exists salesforce;
create schema if not exists salesscreen;
create schema if not exists history;
create schema if not exists config;
create schema if not exists kpi;

-- One row a change of one record, append-only. An insert carries no values: a record's state at a moment
-- is its present row with every later change's `before` put back.
create table history.change (
    system varchar,
    object varchar,
    id varchar,
    changed_at timestamptz,      -- the source's own stamp where it has one, else when it was seen
    recorded_at timestamptz,     -- when it was seen
    run varchar,
    operation varchar,           -- insert | update | delete | undelete | backfill | not_visible | visible
    before json,                 -- only the columns that changed
    after json
);

-- What a source described at the last look, one row a field; gone_at keeps what is no longer there.
create table sync.field (
    system varchar,
    object varchar,
    name varchar,
    label varchar,
    source_type varchar,
    column_name varchar,
    column_type varchar,
    detail json,                 -- what a mapping depends on: length, flags, choices
    first_seen_at timestamptz,
    gone_at timestamptz
);

-- Every difference between two looks.
create table sync.schema_change (
    system varchar,
    object varchar,
    field varchar,
    kind varchar,                -- added | removed | returned | retyped | renamed | changed | choice_added | choice_removed
    before varchar,
    after varchar,
    text varchar,                -- the change in one sentence
    detected_at timestamptz,
    run varchar
);
