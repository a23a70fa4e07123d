-- The decisions that say something else than what stands of their records; `known` where something stands.
-- Compared as one digest: a dozen comparisons that let nulls be equal cost more than the rest together.
create temp table changed as
with told as (
    select *, md5(concat_ws(chr(31), coalesce(link, chr(30)), outcome, coalesce(step, chr(30)), coalesce(code, chr(30)), coalesce(field, chr(30)),
        coalesce(clause, chr(30)), coalesce(seen, chr(30)), coalesce(text, chr(30)), coalesce(change, chr(30)), coalesce(towards, chr(30)))) as digest
    from given_decisions qualify row_number() over (partition by system, id order by ord desc) = 1
),
stands as (
    select system, id, md5(concat_ws(chr(31), coalesce(link, chr(30)), outcome, coalesce(step, chr(30)), coalesce(code, chr(30)), coalesce(field, chr(30)),
        coalesce(clause, chr(30)), coalesce(seen, chr(30)), coalesce(text, chr(30)), coalesce(change, chr(30)), coalesce(towards, chr(30)))) as digest
    from sync.decision where current and sync = $sync and id in (select id from told)
)
select t.* exclude (digest), s.id is not null as known
from told t left join stands s on s.system = t.system and s.id = t.id
where s.digest is null or s.digest <> t.digest
