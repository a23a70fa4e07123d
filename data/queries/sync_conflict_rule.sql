-- The open conflicts that a rule means; what it does not say meets everything.
select id from sync.conflict
where state = 'open' and sync = $sync and ($field is null or field = $field) and ($policy is null or policy = $policy)
    and ($changed_by is null
        or (coalesce($side, 'spotio') = 'spotio' and spotio_changed_by = $changed_by)
        or (coalesce($side, 'salesforce') = 'salesforce' and salesforce_changed_by = $changed_by))
order by number
