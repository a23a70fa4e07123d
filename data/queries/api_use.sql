-- The newest measure of each system, and our own calls since $since beside it.
select system,
    max(measured_at) as measured_at,
    arg_max(calls, measured_at) as run_calls,
    arg_max(seconds, measured_at) as run_seconds,
    arg_max_null(used, measured_at) as used,
    arg_max_null(allowance, measured_at) as allowance,
    arg_max_null(period, measured_at) as period,
    coalesce(sum(calls) filter (where measured_at >= $since), 0)::bigint as calls_since
from sync.api_use
group by system
