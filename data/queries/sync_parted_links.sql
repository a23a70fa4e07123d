-- Of chosen records the link that was taken apart last, as long as neither of its records is linked elsewhere by now; never
-- that of a sync turned off since.
insert into chosen_link
with parted as (
    select l.number, l.link, m.system, m.id from sync.link l join sync.link_member m on m.number = l.number
    where l.sync = $sync and l.state = 'unlinked' and coalesce(l.reason, '') <> $off
),
asked as (
    select number, link from parted
    where system = 'spotio' and id in (select id from spotio_chosen) or system = 'salesforce' and id in (select id from salesforce_chosen)
    qualify row_number() over (partition by system, id order by number desc) = 1
),
ends as (select number, system, id from parted where number in (select number from asked)),
moved_on as (
    select e.number from ends e join sync.link_member m on m.system = e.system and m.id = e.id
    where m.number in (select number from sync.link where sync = $sync and state <> 'unlinked')
)
select distinct number, link from asked
where number not in (select number from moved_on) and number not in (select number from chosen_link)
