"""A page of an ordered relation, found by key: what follows a row, or precedes it, however far into the table.

Two readings. The first finds which rows those are, from the sorted column and the key alone; the second fetches these
rows, with the range of the sorted column as a bound, by which DuckDB skips most of the table. One reading of all
columns would carry the whole width of every row that passes through the sorting. Empty values come last either way,
in a reading of their own, so that the other one stays a range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from data import literals
from data.errors import QueryRefusedError
from data.schema import quoted
from data.store import Store

Place = tuple[str | None, str]  # of a row: its value in the sorted column, as text, and its key


@dataclass(frozen=True)
class Ordered:
    """A relation in the order of a column, then of its key, with what its rows have to pass."""

    source: str
    sort: str
    sort_type: str
    key: str
    descending: bool
    clauses: Sequence[str]
    params: Mapping[str, Any]


def places(store: Store, ordered: Ordered, start: Place | None, backwards: bool, limit: int) -> list[Place]:
    """Up to `limit` places beyond `start` (or from the beginning), in the order, or against it when `backwards`."""
    filled_first = not backwards
    parts = [False, True] if filled_first else [True, False]  # whether of the empty values
    if ordered.sort == ordered.key:
        parts = [False]
    elif start is not None:
        parts = parts[parts.index(start[0] is None) :]
    found: list[Place] = []
    for empty in parts:
        if len(found) < limit:
            beyond = start if start is not None and empty == (start[0] is None) else None
            found += _part(store, ordered, empty, beyond, backwards, limit - len(found))
    return found


def fetch(
    store: Store, ordered: Ordered, found: Sequence[Place], needed: Sequence[str], shown: str
) -> pl.DataFrame:
    """The rows at some places, in their order: `needed` columns are read, `shown` is what is made of them."""
    values = [value for value, _ in found]
    filled = [value for value in values if value is not None]
    sort = quoted(ordered.sort)
    # What the rows have to pass is asked again: of an event there may be versions that do not.
    clauses = [*ordered.clauses, literals.one_of(quoted(ordered.key), (key for _, key in found))]
    if len(filled) == len(values) and found:
        ends = ", ".join(f"{literals.text(value)}::{ordered.sort_type}" for value in (filled[0], filled[-1]))
        clauses.append(f"{sort} between least({ends}) and greatest({ends})")
    elif not filled:
        clauses.append(f"{sort} is null")
    columns = ", ".join(map(quoted, dict.fromkeys([*needed, ordered.key])))
    rows = store.frame(
        f"select {shown}, {quoted(ordered.key)}::varchar as _key"
        f" from (select {columns} from ({ordered.source}) where {' and '.join(clauses)})",
        ordered.params,
    )
    order = pl.DataFrame({"_key": [key for _, key in found]}, schema={"_key": pl.String}).with_row_index(
        "_place"
    )
    return rows.join(order, on="_key", how="inner").sort("_place").drop("_place", "_key")


def _part(
    store: Store, ordered: Ordered, empty: bool, start: Place | None, backwards: bool, limit: int
) -> list[Place]:
    sort, key = quoted(ordered.sort), quoted(ordered.key)
    falling = ordered.descending != backwards
    direction, beyond = ("desc", "<") if falling else ("asc", ">")
    clauses, params = list(ordered.clauses), dict(ordered.params)
    if ordered.sort != ordered.key:
        clauses.append(f"{sort} is null" if empty else f"{sort} is not null")
    if start is not None:
        value, params["place_key"] = start
        if empty or ordered.sort == ordered.key:
            clauses.append(f"{key} {beyond} $place_key")
        else:
            params["place"] = value
            typed = f"$place::{ordered.sort_type}"
            # The first of these two is the range that DuckDB skips to.
            clauses.append(
                f"{sort} {beyond}= {typed} and ({sort} {beyond} {typed} or {key} {beyond} $place_key)"
            )
    order = (
        f"{key} {direction}"
        if empty or ordered.sort == ordered.key
        else f"{sort} {direction}, {key} {direction}"
    )
    try:
        rows = store.rows(_reading(ordered, clauses, order, limit), params)
    except duckdb.ConversionException as error:
        raise QueryRefusedError(
            f"There is no row to go on from: {ordered.sort} takes other values."
        ) from error
    return [(row["value"], row["key"]) for row in rows]


def _reading(ordered: Ordered, clauses: Sequence[str], order: str, limit: int) -> str:
    """Texts are made of the rows of the page alone: made below the sorting, they would be made of all rows."""
    sort, key = quoted(ordered.sort), quoted(ordered.key)
    return (
        f"select {sort}::varchar as value, {key}::varchar as key from ("
        f"select {', '.join(dict.fromkeys([sort, key]))} from ({ordered.source})"
        f" where {' and '.join(clauses) or 'true'} order by {order} limit {limit}) order by {order}"
    )
