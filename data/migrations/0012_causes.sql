-- What people said of a cause for which records are not written: who sees to it until when, and which of its records are let be.
-- A cause is named by a digest (data/queries/sync_blocked.sql), so no value of anybody stands here.

create table sync.cause_owner (
    cause varchar,
    assigned varchar,            -- null: nobody any more
    due date,
    person varchar,              -- who said so
    said_at timestamptz
);

-- Records that are blocked before a write; a refused write is ignored in the journal itself.
create table sync.set_aside (
    cause varchar,
    system varchar,
    id varchar,
    note varchar,
    person varchar,
    since timestamptz,
    until timestamptz
);
