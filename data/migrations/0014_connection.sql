-- How each system is reached where the environment does not say; what is secret of it is encrypted (data/sealing.py).
create table config.connection (
    id varchar,                  -- another one with each connecting, so that nothing is kept for one that is gone
    system varchar,              -- spotio | salesforce | salesscreen
    kind varchar,                -- oauth | client_credentials | key
    facts json,                  -- what may be shown: addresses, who signed in, the last characters of a key
    sealed varchar,
    set_by varchar,
    set_at timestamptz
);
