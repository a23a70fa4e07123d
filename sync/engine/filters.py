"""Conditions on records: what passes, and in words what did not.

Each clause becomes one boolean column; the decision and its explanation are made of the same columns.
A blank value meets no condition but `is_blank` and the negative ones (L-07: not equals keeps blanks).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import reduce

import polars as pl

from sync.engine.definition import Clause, Filter, Kind
from sync.engine.values import blank, canonical

_WORDS = {
    "equals": "is", "not_equals": "is not", "contains": "contains", "not_contains": "does not contain",
    "starts_with": "begins with", "greater": "is more than", "greater_or_equal": "is at least", "less": "is less than",
    "less_or_equal": "is at most", "is_blank": "is blank", "is_not_blank": "is not blank",
    "within_last_days": "is within the last days:", "not_within_last_days": "is not within the last days:",
}  # fmt: skip
_ORDERED = (Kind.NUMBER, Kind.DATE, Kind.DATETIME)


def passes(wanted: Filter, now: datetime, at: str = "") -> pl.Expr:
    """Whether a row passes, as a boolean expression over a frame with the columns that the filter names, after `at`."""
    if not wanted.parts:
        return pl.lit(True)
    parts = [
        passes(part, now, at) if isinstance(part, Filter) else holds(part, now, at) for part in wanted.parts
    ]
    return reduce(lambda a, b: a | b if wanted.any_of else a & b, parts)


def holds(clause: Clause, now: datetime, at: str = "") -> pl.Expr:
    """Whether a row meets one condition; never null. Relative dates count from `now` (L-06)."""
    value = pl.col(at + clause.column.name)
    is_blank = blank(value)
    if clause.test == "is_blank":
        return is_blank
    if clause.test == "is_not_blank":
        return ~is_blank
    met = _met(clause, _comparable(value, clause.column.kind), now).fill_null(False)
    if clause.test in ("not_equals", "not_contains", "not_within_last_days"):
        return is_blank | ~met
    return ~is_blank & met


def _met(clause: Clause, value: pl.Expr, now: datetime) -> pl.Expr:
    """Whether the positive form of the condition is met by any of its values."""
    kind = clause.column.kind
    if clause.test in ("within_last_days", "not_within_last_days"):
        since = now - timedelta(days=int(clause.values[0]))
        return (value.str.slice(0, 10) >= since.date().isoformat()) & (value.str.slice(0, 10) <= now.date().isoformat())  # fmt: skip
    if clause.test in ("greater", "greater_or_equal", "less", "less_or_equal"):
        return _ordered(clause, value, kind)
    return pl.any_horizontal([_compared(clause, value, wanted) for wanted in clause.values])


def _compared(clause: Clause, value: pl.Expr, wanted: str) -> pl.Expr:
    other = _comparable(pl.lit(wanted, pl.String), clause.column.kind)
    if clause.test in ("contains", "not_contains"):
        if clause.column.kind is Kind.CHOICES:
            return value.str.split(";").list.contains(other)
        return value.str.contains(other, literal=True)
    if clause.test == "starts_with":
        return value.str.starts_with(other)
    return value == other


def _ordered(clause: Clause, value: pl.Expr, kind: Kind) -> pl.Expr:
    wanted = clause.values[0]
    left: pl.Expr = value
    right: pl.Expr = _comparable(pl.lit(wanted, pl.String), kind)
    if kind is Kind.NUMBER:
        left, right = value.cast(pl.Float64, strict=False), right.cast(pl.Float64, strict=False)
    elif kind is Kind.DATETIME and len(wanted) == 10:
        left = value.str.slice(0, 10)  # a whole day was meant
    match clause.test:
        case "greater":
            return left > right
        case "greater_or_equal":
            return left >= right
        case "less":
            return left < right
        case _:
            return left <= right


def _comparable(value: pl.Expr, kind: Kind) -> pl.Expr:
    """Text is compared as Salesforce compares it: without regard to case."""
    form = canonical(value, kind)
    return form if kind in _ORDERED or kind in (Kind.STAGE, Kind.USER) else form.str.to_lowercase()


def wording(clause: Clause) -> str:
    """The condition as one reads it: Industry is Chemicals or Retail."""
    shown = clause.shown or clause.values
    negative = clause.test.startswith("not_")
    values = (" or " if not negative else " and not ").join(shown)
    return f"{clause.column.label} {_WORDS[clause.test]} {values}".strip()


def wants(clause: Clause) -> str:
    """What the condition asks for, to follow "the filter wants …"."""
    shown = " or ".join(clause.shown or clause.values)
    plain = {"equals": shown, "not_equals": f"anything but {shown}", "is_blank": "it blank", "is_not_blank": "a value"}  # fmt: skip
    if clause.test in ("greater", "greater_or_equal", "less", "less_or_equal"):
        return f"{_WORDS[clause.test].removeprefix('is ')} {shown}"
    return plain.get(clause.test, f"one that {_WORDS[clause.test]} {shown}")


def first_failing(wanted: Filter, now: datetime) -> pl.Expr:
    """The number of the clause (in `Filter.clauses()`) that keeps a row out, the first of several; null where it passes.

    Of conditions of which one would do it is the first: each of them failed.
    """
    return _failing(wanted, 0, now).cast(pl.Int32)


def _failing(wanted: Filter, first: int, now: datetime) -> pl.Expr:
    numbers: list[pl.Expr] = []
    at = first
    for part in wanted.parts:
        if isinstance(part, Filter):
            numbers.append(_failing(part, at, now))
            at += len(part.clauses())
        else:
            numbers.append(pl.when(~holds(part, now)).then(pl.lit(at)).otherwise(None))
            at += 1
    if not numbers:
        return pl.lit(None, pl.Int32)
    return pl.when(passes(wanted, now)).then(None).otherwise(pl.coalesce(numbers))
