-- What the chosen SPOTIO records held when the outbound direction was turned on, a row a column. First the records, then
-- their values: else the documents of all records would be taken apart.
with kept as materialized (
    select id, held from sync.snapshot
    where sync = $sync and direction = 'outbound' and system = 'spotio' and id in (select id from spotio_chosen)
),
named as (select id, unnest(json_keys(held)) as name, held from kept)
select id, name as "column", held ->> ('$."' || name || '"') as value from named where list_contains($names, name)
