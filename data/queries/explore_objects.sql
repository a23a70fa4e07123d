-- The objects of Salesforce in its own spelling: OpportunityContactRole, which a table's name has lost.
select distinct lower(object) as name, object from sync.field where system = 'salesforce'
