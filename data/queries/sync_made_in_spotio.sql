-- SPOTIO's records that bear one of these Salesforce ids. Two of one id would be a duplicate of ours: the first made is
-- told, and the other shows as an undecided match.
select externalDataObjectId as salesforce_id, min_by(id, createdAt) as id
from spotio.record
where _deleted_at is null and list_contains($ids, externalDataObjectId)
group by 1
