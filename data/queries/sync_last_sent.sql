-- What the last write of ours to each chosen Salesforce record sent.
select id, told."column" as "column", told.after as after from (
    select record_id as id, unnest(from_json(fields, '[{"column":"VARCHAR","after":"VARCHAR"}]')) as told from (
        select record_id, fields, number from sync.write
        where system = 'salesforce' and state = 'done' and kind in ('create', 'update') and record_id in (select id from salesforce_chosen)
        qualify row_number() over (partition by record_id order by number desc) = 1
    )
)
