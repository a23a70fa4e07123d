-- The configuration: whole documents in versions, who changed what, and what people are still working on.
-- Versions and audit are append-only: nothing here updates or deletes a row of them.
create table config.version (
    number bigint,
    document json,               -- by section: access, kpis
    author varchar,              -- e-mail; without a sign-in "admin at this machine"
    note varchar,
    published_at timestamptz
);

create table config.audit (
    happened_at timestamptz,
    person varchar,
    what varchar,                -- section and path of what changed: access.people.dana@example.com.role
    before json,                 -- null: it was not there
    after json,                  -- null: it is gone
    text varchar,                -- the same in words
    version bigint               -- the configuration version that it came with
);

-- What a person has typed and not published: one row a person and section, so that a reload keeps it.
create table config.draft (
    person varchar,
    section varchar,
    based_on bigint,
    content json,
    saved_at timestamptz
);
