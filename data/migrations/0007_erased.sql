-- The people that were erased, one row each: what is left of them here, and what a merge goes by to keep them erased.
create table history.erased (
    system varchar,
    object varchar,              -- the mirror's table: record, lead, contact, account, opportunity, user
    id varchar,
    erased_at timestamptz,
    asked_by varchar,
    why varchar,
    rows_removed json,           -- how many rows lost values, by table
    also json,                   -- [{system, object, id}] that the source itself named as the same person
    rewritten_at timestamptz     -- when the store's file was written anew without them; null: not yet
);
