"""Values of the mirror as text, in the forms that the engine is given.

Numbers as the shortest decimal text, booleans true and false, days 2026-11-30, instants 2026-11-30T10:00:00Z, several
choices joined by ";", an absent value null.
"""

from __future__ import annotations

_NUMBERS = frozenset({"double", "float", "real"})
_WHOLE = 1e18  # below it, every whole double is written in full by way of an integer


def as_text(value: str, kind: str) -> str:
    """The expression of a column's value as text; `kind` is its DuckDB type in lower case, `value` the expression."""
    if kind == "varchar":
        return value
    if kind in _NUMBERS:
        # DuckDB writes 5.0 and 1e-05, which no system sends.
        return (
            f"case when {value} = trunc({value}) and abs({value}) < {_WHOLE} then {value}::bigint::varchar"
            f" when contains({value}::varchar, 'e')"
            f" then coalesce(rtrim(rtrim(try_cast({value} as decimal(38, 15))::varchar, '0'), '.'), {value}::varchar)"
            f" else {value}::varchar end"
        )
    if kind == "timestamp with time zone":
        return (
            f"strftime(timezone('UTC', {value}), '%Y-%m-%dT%H:%M:%S')"
            f" || case when epoch_us({value}) % 1000000 = 0 then 'Z'"
            f" else '.' || rtrim(strftime(timezone('UTC', {value}), '%f'), '0') || 'Z' end"
        )
    if kind == "varchar[]":
        return f"nullif(array_to_string({value}, ';'), '')"
    return f"{value}::varchar"
