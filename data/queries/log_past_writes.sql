-- The writes that leave the log: ended before $before, and needed by nobody. Kept are those without a known end; refused
-- ones that nobody let go, so that they are not tried again by themselves; what made a record, by which we know our own
-- work; and our last write to each column of a record, against which the next change there is held (F-06), and which is what
-- can still be undone. The newest stays, whatever it is: numbers are never given twice.
create temp table past as
with ended as (
    select number, system, record_id, kind, state, fields from sync.write
    where coalesce(answered_at, intended_at) < $before::timestamptz
        and (state = 'dropped' or (state = 'done' and kind <> 'create') or (state = 'failed' and released_at is not null))
),
changed as (
    select number, system, record_id, unnest(from_json(fields, '[{"column":"VARCHAR"}]')).column as written
    from ended where state = 'done' and kind = 'update'
),
last as (
    select system, record_id, written, max(number) as number from (
        select number, system, record_id, unnest(from_json(fields, '[{"column":"VARCHAR"}]')).column as written
        from sync.write
        where state = 'done' and kind in ('create', 'update')
            and (system, record_id) in (select (system, record_id) from changed)
    ) group by all
)
select number from ended
where number not in (
        select c.number from changed c join last l on l.number = c.number and l.written is not distinct from c.written
    )
    and number < (select max(number) from sync.write)
