"""A condition on one column: its clause, its parameters and its sentence at once, so that what a page says and what
it does cannot differ.

Which conditions a column takes, and their words, go by what it holds. Days asked of a column of moments are days of
the reader's time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data import columns as kinds
from data.errors import QueryRefusedError
from data.schema import quoted
from data.store import Store

_BLANK = {"is_blank": "is empty", "is_not_blank": "is not empty"}
_TIME = {"equals": "is on", "greater": "is after", "less": "is before", "between": "is between", **_BLANK}
CHOICE = "choice"
# Kind of column -> the conditions that it takes, likely ones first, in words.
WORDS: Mapping[str, Mapping[str, str]] = {
    CHOICE: {"in": "is one of", "not_equals": "is none of", **_BLANK},
    kinds.TEXT: {
        "contains": "contains", "equals": "is", "in": "is one of", "not_equals": "is not", **_BLANK,
    },
    kinds.NUMBER: {
        "equals": "is", "greater": "is more than", "less": "is less than", "between": "is between",
        "in": "is one of", "not_equals": "is not", **_BLANK,
    },
    kinds.DAY: _TIME,
    kinds.MOMENT: _TIME,
    kinds.YES_NO: {"equals": "is", **_BLANK},
    kinds.LIST: {"in": "has one of", "not_equals": "has none of", "contains": "contains", **_BLANK},
}  # fmt: skip
HOWS = frozenset(how for words in WORDS.values() for how in words)
_ANYWHERE = {how: word for words in reversed([*WORDS.values()]) for how, word in words.items()}
_KINDS = {
    kinds.NUMBER: "number",
    kinds.DAY: "day (2026-10-12)",
    kinds.MOMENT: "day or moment (2026-10-12, 2026-10-12 18:00)",
    kinds.YES_NO: "yes or no",
}


@dataclass(frozen=True)
class Filter:
    """One condition: a column, how (`HOWS`), and the values as text."""

    column: str
    how: str
    values: tuple[str, ...] = ()

    def sentence(
        self, label: str | None = None, stored: str = "VARCHAR", names: Mapping[str, str] | None = None
    ) -> str:
        """The condition in words: Stage is one of “New”, “Sold”. `names` are those of values that are ids."""
        words = WORDS[CHOICE] if names is not None else WORDS[kinds.kind(stored)]
        how = words.get(self.how) or _ANYWHERE[self.how]
        joined = " and ".join if self.how == "between" else ", ".join
        said = joined(f"“{(names or {}).get(value, value)}”" for value in self.values)
        return f"{label or self.column} {how} {said}".rstrip()


def clause(
    store: Store,
    one: Filter,
    stored: str,
    name: str,
    params: dict[str, Any],
    *,
    within: str | None = None,
    zone: str = "UTC",
    label: str = "",
) -> str:
    """The condition as SQL; its values become parameters that begin with `name`.

    `within` is the column whose value the filter's ids may be told with ("2:7", stage 7 of type 2). Raises
    QueryRefusedError, in words, for a value that does not fit the column, which is called `label` then.
    """
    told = label or one.column
    column, kind = quoted(one.column), kinds.kind(stored)
    if one.how not in HOWS:
        raise QueryRefusedError(f"There is no filter called “{one.how}”.")
    if one.how in _BLANK:
        blank = f"({column} is null or {column}::varchar in ('', '[]'))"
        return blank if one.how == "is_blank" else f"not {blank}"
    if not one.values or (one.how == "between" and len(one.values) != 2):
        raise QueryRefusedError(
            f"The filter on {told} needs {'two values' if one.how == 'between' else 'a value'}."
        )
    if one.how == "contains":
        params[name] = one.values[0]
        return f"contains(lower({column}::varchar), lower(${name}))"
    if kind == kinds.MOMENT and one.how in _TIME:
        return _moments(one, name, params, zone, told)
    cast = "varchar" if kind in (kinds.LIST, kinds.TEXT) else stored
    _fits(store, one, cast, told)
    values = []
    for number, value in enumerate(one.values):
        params[f"{name}_{number}"] = value
        values.append(f"${name}_{number}::{cast}")
    if one.how in ("equals", "in", "not_equals"):
        found = _among(one, column, kind, values, within)
        # "Is not" keeps what is empty: it is none of them.
        return f"not coalesce({found}, false)" if one.how == "not_equals" else found
    if kind == kinds.LIST:
        raise QueryRefusedError(f"{told} holds several values, so nothing is more or less than it.")
    if one.how == "between":
        return f"{column} between {values[0]} and {values[1]}"
    return f"{column} {'>' if one.how == 'greater' else '<'} {values[0]}"


def _among(one: Filter, column: str, kind: str, values: list[str], within: str | None) -> str:
    listed = ", ".join(values)
    if kind == kinds.LIST:
        return f"list_has_any({column}::varchar[], [{listed}])"
    if within and any(":" in value for value in one.values):
        return f"({column} in ({listed}) or concat({quoted(within)}, ':', {column}) in ({listed}))"
    return f"{column + '::varchar' if kind == kinds.TEXT else column} in ({listed})"


def _moments(one: Filter, name: str, params: dict[str, Any], zone: str, told: str) -> str:
    """Comparisons of a moment. A day stands for all its moments, from its first to before the next day's first."""
    spans = [_span(told, value, zone) for value in one.values]
    column = quoted(one.column)
    params[f"{name}_from"], params[f"{name}_to"] = spans[0][0], spans[-1][1]
    first, end = f"${name}_from::timestamptz", f"${name}_to::timestamptz"
    if one.how == "less":
        del params[f"{name}_to"]
        return f"{column} < {first}"
    if one.how == "greater":
        del params[f"{name}_from"]
        return f"{column} >= {end}"
    return f"({column} >= {first} and {column} < {end})"


def _span(column: str, value: str, zone: str) -> tuple[str, str]:
    """From when until before when a value lasts: a day in the zone, or a moment to the microsecond."""
    try:
        if ":" not in value:
            day = date.fromisoformat(value)
            midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
            return _instant(midnight), _instant(midnight + timedelta(days=1))
        moment = datetime.fromisoformat(value)
    except (ValueError, OverflowError) as error:
        raise QueryRefusedError(f"“{value}” is no {_KINDS[kinds.MOMENT]} for {column}.") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return _instant(moment), _instant(moment + timedelta(microseconds=1))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _fits(store: Store, one: Filter, cast: str, told: str) -> None:
    """Refuse a value that the column's type does not take, before the store does in its own words."""
    if cast == "varchar":
        return
    for value in one.values:
        if store.rows(f"select try_cast($value::varchar as {cast}) is null as misfit", {"value": value})[0][
            "misfit"
        ]:
            raise QueryRefusedError(f"“{value}” is no {_KINDS.get(kinds.kind(cast), 'value')} for {told}.")
