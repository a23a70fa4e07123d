-- The sums behind tiles: activities, doors and created records together, since they add up over the same columns.
select day, user_id, team_id, territory_id, type_id,
    sum(activities)::integer as activities, sum(visits)::integer as visits, sum(verified)::integer as verified,
    sum(not_verified)::integer as not_verified, sum(not_verifiable)::integer as not_verifiable,
    sum(calls)::integer as calls, sum(texts)::integer as texts, sum(emails)::integer as emails,
    sum(other_origin)::integer as other_origin, sum(before_start)::integer as before_start,
    sum(doors)::integer as doors, sum(verified_doors)::integer as verified_doors,
    sum(contact_doors)::integer as contact_doors, sum(unclassified_doors)::integer as unclassified_doors,
    sum(created)::integer as created, sum(created_other_origin)::integer as created_other_origin,
    sum(created_before_start)::integer as created_before_start
from (
    select day, user_id, team_id, territory_id, type_id, activities, visits, verified, not_verified, not_verifiable,
        calls, texts, emails, other_origin, before_start, 0 as doors, 0 as verified_doors, 0 as contact_doors,
        0 as unclassified_doors, 0 as created, 0 as created_other_origin, 0 as created_before_start
    from act
    union all
    select day, user_id, team_id, territory_id, type_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, (verified > 0)::integer, contact::integer, unclassified::integer, 0, 0, 0
    from door
    union all
    select day, user_id, team_id, territory_id, type_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        created, created_other_origin, created_before_start
    from created
)
group by all
order by day
