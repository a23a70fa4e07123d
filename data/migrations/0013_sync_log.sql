-- The log of records. A line is found by its number and leafed through by key; what a write changes stands beside its
-- document in words, so that the log is narrowed to a field without opening five million documents; and a decision says how
-- long it stood, so that a run's numbers can be told as they were at its end.
alter table sync.decision add column number bigint;
alter table sync.decision add column until timestamptz;   -- when something else was decided; null as long as it stands
alter table sync.write add column labels varchar;         -- of its fields, one a line

update sync.decision set number = found.number, until = found.until
from (
    select rowid as place, row_number() over (order by decided_at, rowid) as number,
        coalesce(lead(decided_at) over (partition by sync, system, id order by decided_at, rowid),
            case when not current then decided_at end) as until
    from sync.decision
) found
where sync.decision.rowid = found.place;

update sync.write set labels = array_to_string(json_extract_string(fields, '$[*].label'), chr(10));

-- Which syncs a run was of: one that changed nothing leaves no line.
create table sync.run_sync (
    run varchar,
    sync varchar,
    version bigint,
    began_at timestamptz
);
