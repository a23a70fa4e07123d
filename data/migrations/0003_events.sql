-- Event facts: what the reps did, as far as the mirror knew it at each moment.
-- A row is one version of one event: a correction closes it (known_until) and opens the next, so that "as of" a
-- moment is a filter, and what a board was told before a correction can still be said.
create table history.event (
    id varchar,                  -- activity:<id> | transition:<activity id> | record:<id>:created | scheduled:<appointment id>
    kind varchar,                -- created | stage_moved | scheduled | logged
    record_id varchar,
    activity_id varchar,         -- the activity behind it; of `scheduled` the one that its outcome is logged on
    appointment_id varchar,      -- of `scheduled`
    user_id varchar,             -- whom it counts for
    who varchar,                 -- why them: activity_owner | record_owner | made_the_change | appointment_owner
    by_user_id varchar,          -- who did it; of `scheduled` who created the appointment
    happened_at timestamptz,
    local_day date,              -- in `zone`, the rep's
    local_hour tinyint,
    zone varchar,
    received_at timestamptz,     -- when SPOTIO had it
    origin varchar,              -- human | fieldline | automation | integration | import
    template_id varchar,         -- of `logged` and `scheduled`: the activity type
    result_id varchar,
    verification varchar,        -- of `logged`: verified | not_verified | not_verifiable
    distance double,             -- metres from the pin, where measured
    from_stage_id varchar,
    to_stage_id varchar,
    due_at timestamptz,          -- of `scheduled`: when it is to take place
    due_day date,
    value double,                -- of the record, as of the event; so are the next four
    type_id varchar,
    stage_id varchar,
    territory_id varchar,
    team_id varchar,             -- the deepest team of user_id
    first_load boolean,          -- it lay in the source before the mirror began: counted in KPIs, never sent to a board
    known_from timestamptz,
    known_until timestamptz,     -- null: as it is now
    _digest varchar
);

-- Mirrored rows whose events are to be derived again; written by the merge that changed them, in its transaction.
create table sync.touched (
    system varchar,
    object varchar,
    id varchar
);
