-- The two-way sync: which records belong together, what they agreed on, what was decided and what was written.

-- Whether each direction of a sync runs. Only turning on, pausing, resuming and turning off write here.
create table sync.state (
    sync varchar,
    inbound varchar,             -- off | on | paused
    outbound varchar,
    inbound_on_at timestamptz,
    outbound_on_at timestamptz,
    planned_to timestamptz,      -- what was pulled until then has been planned
    planned_version bigint,      -- with that version of the configuration
    changed_by varchar,
    changed_at timestamptz
);

-- A SPOTIO record and its Salesforce records; the records themselves are members, one a role.
create table sync.link (
    number bigint,
    link varchar,                -- l-<number>
    sync varchar,
    state varchar,               -- active | deleted | unlinked | case
    born varchar,                -- spotio | salesforce | matched
    to_spotio boolean,           -- false: it left a scope, and nothing travels there any more
    to_salesforce boolean,
    reason varchar,
    linked_at timestamptz,
    changed_at timestamptz,
    version bigint,              -- of the configuration that made it
    run varchar
);

-- The number stands here too: what is read by ranges of links is read without the rest.
create table sync.link_member (
    number bigint,
    link varchar,
    sync varchar,
    system varchar,
    role varchar,                -- record | lead
    object varchar,
    id varchar
);

-- Each side's own value when the two last agreed.
create table sync.agreed (
    number bigint,
    link varchar,
    field varchar,               -- the mapped pair's key
    spotio varchar,
    salesforce varchar,
    reason varchar,              -- why it was written last: edited | created | conflict | ...; linked, standing: as it stood
    agreed_at timestamptz,
    run varchar
);

-- All records of both systems as of the moment a direction was turned on.
create table sync.snapshot (
    sync varchar,
    direction varchar,           -- inbound | outbound
    system varchar,
    id varchar,
    passed boolean,              -- the inbound filters, then
    held json                    -- values of mapped and filtered fields, then
);

-- What was decided of a record, a row whenever that changes.
create table sync.decision (
    sync varchar,
    system varchar,
    id varchar,
    link varchar,
    outcome varchar,
    step varchar,
    code varchar,
    field varchar,
    clause varchar,
    seen varchar,
    text varchar,
    change varchar,
    decided_at timestamptz,
    run varchar,
    version bigint,
    current boolean
);

-- The journal: what was about to be written, committed before the call; how it ended, after it.
create table sync.write (
    number bigint,
    id varchar,                  -- w-<number>
    run varchar,
    sync varchar,
    version bigint,
    action varchar,              -- the plan's digest of it
    kind varchar,                -- create | update | delete | link | unlink
    class varchar,
    system varchar,
    object varchar,
    record_id varchar,           -- the written record's, once it is known
    link varchar,
    spotio_id varchar,
    salesforce_id varchar,
    born varchar,
    why varchar,
    fields json,                 -- [{field, column, label, before, after, reason, spotio, salesforce}]
    follows json,                -- what is true once it is done: {state, to_spotio, to_salesforce, reason} of the link
    call varchar,                -- what went out together
    state varchar,               -- intended | done | failed | unknown | dropped
    code varchar,
    text varchar,
    error_fields varchar,
    intended_at timestamptz,
    answered_at timestamptz,
    released_at timestamptz,     -- a failed one that may be tried again
    ignored varchar,             -- a note: it is not tried again, and no longer listed
    assigned varchar             -- who looks after a failed one
);

create table sync.conflict (
    number bigint,
    id varchar,                  -- c-<number>
    sync varchar,
    link varchar,
    unit varchar,
    field varchar,
    spotio_id varchar,
    salesforce_id varchar,
    base_spotio varchar,
    base_salesforce varchar,
    spotio varchar,
    salesforce varchar,
    spotio_changed_at timestamptz,
    spotio_changed_by varchar,
    salesforce_changed_at timestamptz,
    salesforce_changed_by varchar,
    policy varchar,
    proposed varchar,
    why varchar,
    detected_at timestamptz,
    run varchar,
    version bigint,
    state varchar,               -- open | decided | settled
    take varchar,                -- spotio | salesforce | value
    value varchar,
    value_of varchar,            -- spotio | salesforce: in whose form the value is; null: as a person typed it
    decided_by varchar,
    decided_at timestamptz,
    settled_at timestamptz,
    settled_run varchar,
    settled_by varchar           -- written | agreed (both sides show the same again) | off (the sync was turned off)
);

-- Fields that differed when two records were linked: nothing is written until somebody chooses.
create table sync.standing (
    number bigint,
    id varchar,                  -- s-<number>
    sync varchar,
    link varchar,
    field varchar,
    spotio varchar,
    salesforce varchar,
    seen_at timestamptz,
    run varchar,
    take varchar,                -- spotio | salesforce | value; null: undecided
    value varchar,
    value_of varchar,
    decided_by varchar,
    decided_at timestamptz,
    settled_at timestamptz,
    settled_run varchar
);

-- Records that may be the same, and what people said of pairs of them.
create table sync.match_case (
    number bigint,
    id varchar,                  -- m-<number>
    sync varchar,
    kind varchar,
    key varchar,
    spotio_ids varchar[],
    salesforce_ids varchar[],
    text varchar,
    opened_at timestamptz,
    run varchar,
    closed_at timestamptz
);

create table sync.verdict (
    sync varchar,
    spotio_id varchar,
    salesforce_id varchar,
    same boolean,
    person varchar,
    said_at timestamptz,
    note varchar
);

-- Records that stay out: excluded by hand, or let in by nothing but a widened filter (a back-fill brings those).
create table sync.kept_out (
    sync varchar,
    system varchar,
    id varchar,
    kind varchar,                -- excluded | barred
    note varchar,
    person varchar,
    since timestamptz,
    until timestamptz
);

-- Which user of one system is which of the other: found once, then held by id whatever becomes of their addresses.
create table sync.person (
    sync varchar,
    spotio_id varchar,
    salesforce_id varchar,
    how varchar,                 -- explicit | external_id | email
    paired_at timestamptz
);

-- Plans that were shown and may be carried out later, and what was approved of what a guard held.
create table sync.plan (
    number bigint,
    id varchar,                  -- p-<number>
    syncs varchar[],
    version bigint,
    made_at timestamptz,
    made_by varchar,
    document json                -- what the plan command shows
);

create table sync.approval (
    plan varchar,                -- null: of the next run
    sync varchar,
    class varchar,
    most bigint,                 -- actions of that class at the most
    approved_by varchar,
    approved_at timestamptz,
    until timestamptz,
    used_run varchar
);

-- What the names of a version's syncs meant when it was published, as ids, so that a renamed label is no edit.
alter table config.version add column resolved json;
