-- What one write was to change and not what was agreed beside it, in the plan's order: the field by its key and its label, the written column, both values.
select told.* from (
    select unnest(from_json(fields, '[{"field":"VARCHAR","column":"VARCHAR","label":"VARCHAR","before":"VARCHAR","after":"VARCHAR","reason":"VARCHAR"}]')) as told
    from sync.write where number = $number
)
where told."column" is not null
