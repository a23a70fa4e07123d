-- How many runs there are, how many pass the filters, and how many of those are newer than $first.
with judged as (
    select number,
        ($outcomes::varchar[] is null or list_contains($outcomes::varchar[], outcome))
        and ($system::varchar is null or list_contains(string_split(systems, ','), $system::varchar))
        and ($asked_by::varchar[] is null or list_contains($asked_by::varchar[], asked_by))
        and ($since::timestamptz is null or started_at >= $since::timestamptz) as passes
    from sync.run
)
select count(*) as all_runs,
    count(*) filter (where passes) as matching,
    count(*) filter (where passes and number > $first::bigint) as newer
from judged
