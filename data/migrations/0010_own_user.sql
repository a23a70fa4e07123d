-- In whose name Fieldline writes, as the system itself said; what that user changed and we did not send is automation's.
create table sync.own_user (
    system varchar,
    id varchar,
    seen_at timestamptz
);
