-- The records of links; which, follows: links are read by their numbers, in whose order they are stored.
select number, link, system, id from sync.link_member
