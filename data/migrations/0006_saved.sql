-- Saved queries: a row a version, the newest of an id counts. What was shared once can still be told later.
create table config.saved_query (
    id varchar,
    version integer,
    owner varchar,               -- e-mail in lower case; without a sign-in empty
    name varchar,
    sql varchar,
    shared boolean,              -- others may read and run it, each within what they may see
    deleted boolean,
    saved_by varchar,            -- the owner, or an admin who deleted it
    saved_at timestamptz
);
