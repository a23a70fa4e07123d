-- Cases of which a record was looked at and that were not found again: one of them is linked, changed or gone.
update sync.match_case set closed_at = $now
where closed_at is null and sync = $sync
    and (list_has_any(spotio_ids, coalesce((select list(id) from given_looked where system = 'spotio'), []))
        or list_has_any(salesforce_ids, coalesce((select list(id) from given_looked where system = 'salesforce'), [])))
    and (kind, spotio_ids, salesforce_ids) not in (select (kind, spotio_ids, salesforce_ids) from given_cases)
