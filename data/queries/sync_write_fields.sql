-- What one write was to change, in the plan's order.
select told.* from (
    select unnest(from_json(fields, '[{"field":"VARCHAR","column":"VARCHAR","label":"VARCHAR","before":"VARCHAR","after":"VARCHAR","reason":"VARCHAR","spotio":"VARCHAR","salesforce":"VARCHAR"}]')) as told
    from sync.write where id = $write
)
