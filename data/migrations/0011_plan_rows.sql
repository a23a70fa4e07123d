-- What a saved plan would do, a row an action, so that any part of a large one can be shown; and what it leaves blocked.
-- Plans that were saved whole before are made again in seconds.

delete from sync.plan;

create table sync.plan_row (
    plan varchar,
    place bigint,                -- in the order in which they are carried out; blocked ones last
    sync varchar,
    kind varchar,                -- create | update | delete | link | unlink | blocked
    class varchar,               -- what guards count; of what is blocked null
    held boolean,
    digest varchar,              -- the action's, as in the journal
    system varchar,              -- that would be written to; of what is blocked, where it is
    object varchar,
    id varchar,
    link varchar,
    spotio_id varchar,
    salesforce_id varchar,
    name varchar,                -- the record's, when the plan was made
    why varchar,
    code varchar,                -- of what is blocked, and so are field, seen and change
    field varchar,
    seen varchar,
    change varchar,
    fields json                  -- [{key, label, from, to, reason, by, at}]
);
