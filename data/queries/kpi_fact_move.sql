-- Stage moves as a fact.
select *, moved_at as happened_at, left_out is null as counts from move
