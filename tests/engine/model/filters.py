"""Whether a record meets a condition; a record at a time (L-07)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync.engine.definition import Clause, Filter, Kind
from tests.engine.model.values import blank, canonical
from tests.engine.worlds import Record, Text

_POSITIVE = {"not_equals": "equals", "not_contains": "contains", "not_within_last_days": "within_last_days"}


def passes(wanted: Filter, record: Record, now: datetime) -> bool:
    if not wanted.parts:
        return True
    met = [
        passes(part, record, now) if isinstance(part, Filter) else holds(part, record, now)
        for part in wanted.parts
    ]
    return any(met) if wanted.any_of else all(met)


def holds(clause: Clause, record: Record, now: datetime) -> bool:
    value = record[clause.column.name]
    if clause.test == "is_blank":
        return blank(value)
    if clause.test == "is_not_blank":
        return not blank(value)
    if clause.test in _POSITIVE:  # a blank is not what is not wanted
        return blank(value) or not _met(_POSITIVE[clause.test], clause, value, now)
    return not blank(value) and _met(clause.test, clause, value, now)


def _met(test: str, clause: Clause, value: Text, now: datetime) -> bool:
    kind = clause.column.kind
    seen = _comparable(value, kind)
    if test == "within_last_days":
        first = (now - timedelta(days=int(clause.values[0]))).date().isoformat()
        return first <= seen[:10] <= now.date().isoformat()
    if test in ("greater", "greater_or_equal", "less", "less_or_equal"):
        return _in_order(test, seen, clause.values[0], kind)
    return any(_matches(test, seen, _comparable(wanted, kind), kind) for wanted in clause.values)


def _matches(test: str, seen: str, wanted: str, kind: Kind) -> bool:
    if test == "contains":
        return wanted in seen.split(";") if kind is Kind.CHOICES else wanted in seen
    return seen.startswith(wanted) if test == "starts_with" else seen == wanted


def _in_order(test: str, seen: str, wanted: str, kind: Kind) -> bool:
    left: float | str = seen
    right: float | str = _comparable(wanted, kind)
    if kind is Kind.NUMBER:
        try:
            left, right = float(seen), float(wanted)
        except ValueError:
            return False
    elif kind is Kind.DATETIME and len(wanted) == 10:
        left = seen[:10]
    if test.endswith("_or_equal") and left == right:
        return True
    if isinstance(left, float) and isinstance(right, float):
        return left > right if test.startswith("greater") else left < right
    return str(left) > str(right) if test.startswith("greater") else str(left) < str(right)


def _comparable(value: Text, kind: Kind) -> str:
    text = canonical(value, kind) or ""
    exact = (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.STAGE, Kind.USER)
    return text if kind in exact else text.lower()
