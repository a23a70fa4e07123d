-- Of chosen records without a live link, the link that was taken apart last; never that of a sync turned off since.
insert into chosen_link
with parted as (
    select l.number, l.link, m.system, m.id from sync.link l join sync.link_member m on m.number = l.number
    where l.sync = $sync and l.state = 'unlinked' and coalesce(l.reason, '') <> $off
),
live as (
    select m.system, m.id from sync.link_member m where m.number in (select number from chosen_link)
)
select distinct number, link from parted
where number not in (select number from parted p join live v on v.system = p.system and v.id = p.id)
    and (system = 'spotio' and id in (select id from spotio_chosen) or system = 'salesforce' and id in (select id from salesforce_chosen))
    and number not in (select number from chosen_link)
qualify row_number() over (partition by system, id order by number desc) = 1
