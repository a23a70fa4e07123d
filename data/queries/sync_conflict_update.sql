-- Found again: with other values it is another question, and what was decided of the former one holds no longer.
update sync.conflict as c set spotio = g.spotio, salesforce = g.salesforce, base_spotio = g.base_spotio,
    base_salesforce = g.base_salesforce, unit = g.unit, policy = g.policy, why = g.why, proposed = g.proposed,
    spotio_changed_at = g.spotio_changed_at, spotio_changed_by = g.spotio_changed_by,
    salesforce_changed_at = g.salesforce_changed_at, salesforce_changed_by = g.salesforce_changed_by, run = $run, version = $version,
    state = case when moved then 'open' else c.state end, take = case when not moved then c.take end,
    value = case when not moved then c.value end, value_of = case when not moved then c.value_of end,
    decided_by = case when not moved then c.decided_by end, decided_at = case when not moved then c.decided_at end
from (
    select s.number as known, g.*, s.spotio is distinct from g.spotio or s.salesforce is distinct from g.salesforce as moved,
        moved or s.unit is distinct from g.unit or s.policy is distinct from g.policy or s.why is distinct from g.why
            or s.proposed is distinct from g.proposed or s.base_spotio is distinct from g.base_spotio
            or s.base_salesforce is distinct from g.base_salesforce as differs
    from sync.conflict s join given_conflicts g on g.link = s.link and g.field = s.field
    where s.settled_at is null and s.sync = $sync
) g
where c.number = g.known and g.differs
