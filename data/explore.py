"""What the Explore page reads: any table that the reader may see, a page at a time, searched, filtered and sorted.

Pages go by key, never by offset: what is shown after a row is what comes after it, whatever was added meanwhile, and
the millionth page costs as much as the first. Every read goes through `access.relation`. A filter is a clause, its
parameters and a sentence at once, so that what a page says and what it does cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.access import Readable, Scope, readable, relation
from data.errors import QueryRefusedError
from data.schema import quoted
from data.store import Store, query

ROWS_MAX = 500
COUNTED_MAX = 10_000
# The mirror's own columns say what happened to the row, not what it holds: offered, but not shown at first.
OWN = ("_pulled_at", "_deleted_at", "_not_visible_at", "_digest")
# Where a table is long, people look at the newest first; these stamps say when something happened.
_NEWEST = ("happened_at", "date", "SystemModstamp", "updatedAt", "LastModifiedDate", "createdAt")
_SEARCHED = (
    "id", "name", "title", "email", "phone", "mobilephone", "company", "firstname", "lastname", "subject", "address",
    "street", "city", "zip", "externaldataobjectid", "dataobjectid", "record_id",
)  # fmt: skip

WORDS = {
    "equals": "is",
    "not_equals": "is not",
    "in": "is one of",
    "contains": "contains",
    "greater": "is more than",
    "less": "is less than",
    "between": "is between",
    "is_blank": "is empty",
    "is_not_blank": "is not empty",
}


@dataclass(frozen=True)
class Table:
    """A table to explore. `key` tells its rows apart; `newest` is the column it is sorted by at first, if any."""

    schema: str
    name: str
    label: str
    columns: dict[str, str]
    key: str
    newest: str | None
    is_view: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Filter:
    """One condition: a column, how (`WORDS`), and the values as text."""

    column: str
    how: str
    values: tuple[str, ...] = ()

    def sentence(self, label: str | None = None) -> str:
        """The condition in words: Stage is one of “New”, “Sold”."""
        said = " and ".join if self.how == "between" else ", ".join
        values = said(f"“{value}”" for value in self.values)
        return f"{label or self.column} {WORDS[self.how]} {values}".rstrip()


@dataclass(frozen=True)
class Asked:
    """What of a table is asked for. `columns` None: all but the mirror's own; `sort` None: newest first, else by key.

    `after` and `before` are the (sort value, key) of the row that the page follows or precedes, as text.
    """

    filters: tuple[Filter, ...] = ()
    search: str = ""
    columns: tuple[str, ...] | None = None
    sort: str | None = None
    descending: bool = True
    after: tuple[str | None, str] | None = None
    before: tuple[str | None, str] | None = None
    limit: int = 50
    deleted: bool = False  # with the records that the source has deleted
    as_of: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Rows in the order asked for; `edges` are the places of the first and the last, for `before` and `after`."""

    rows: pl.DataFrame
    more: bool
    edges: tuple[tuple[str | None, str], tuple[str | None, str]] | None = field(default=None)


def tables(store: Store, scope: Scope) -> list[Table]:
    """The tables that this person can page through, mirror first; a rep has none."""
    if scope.role == "rep":
        return []
    objects = {row["name"]: row["object"] for row in store.rows(query("explore_objects"))}
    found = [_table(one, objects) for one in readable(store, scope)]
    order = {"spotio": 0, "salesforce": 1, "salesscreen": 2, "history": 3}
    return sorted(
        (table for table in found if table is not None and table.schema in order),
        key=lambda table: (order[table.schema], table.label.lower(), table.name),
    )


def table(store: Store, scope: Scope, name: str) -> Table:
    """One table by its full name; a QueryRefusedError when this person cannot read it."""
    for found in tables(store, scope):
        if found.full_name.lower() == name.lower():
            return found
    raise QueryRefusedError(f"There is no table {name} that can be shown here.")


def page(store: Store, scope: Scope, table: Table, asked: Asked) -> Page:
    """The rows of one page. Raises QueryRefusedError for a column or value that the table does not take."""
    sort = _sort(table, asked)
    columns = [*dict.fromkeys([table.key, *(asked.columns or _shown(table))])]
    for column in columns:
        _known(table, column)
    params: dict[str, Any] = {}
    clauses = _clauses(table, asked, params)
    # Before a row means the nearest ones that precede it: read backwards, then turned round.
    backwards = asked.before is not None
    descending = asked.descending != backwards
    place = asked.before or asked.after
    if place is not None:
        clauses.append(_beyond(table, sort, descending, place, params))
    limit = min(asked.limit, ROWS_MAX)
    direction = "desc" if descending else "asc"
    nulls = "first" if descending else "last"
    shown = ", ".join(f"{quoted(column)} as {quoted(column)}" for column in columns)
    rows = store.frame(
        f"select {shown}, {quoted(sort)}::varchar as _sort, {quoted(table.key)}::varchar as _key"
        f" from ({relation(store, scope, table.schema, table.name, asked.as_of)})"
        f" where {' and '.join(clauses) or 'true'}"
        f" order by {quoted(sort)} {direction} nulls {nulls}, {quoted(table.key)} {direction} limit {limit + 1}",
        params,
    )
    more = len(rows) > limit
    rows = rows.head(limit)
    if backwards:
        rows = rows.reverse()
    edges = None
    if len(rows):
        places = rows.select("_sort", "_key").rows()
        edges = (places[0], places[-1])
    return Page(rows.drop("_sort", "_key"), more, edges)


def count(store: Store, scope: Scope, table: Table, asked: Asked) -> int:
    """How many rows pass the filters; COUNTED_MAX + 1 when there are more than that."""
    params: dict[str, Any] = {}
    clauses = _clauses(table, asked, params)
    rows = store.rows(
        "select count(*) as n from (select 1"
        f" from ({relation(store, scope, table.schema, table.name, asked.as_of)})"
        f" where {' and '.join(clauses) or 'true'} limit {COUNTED_MAX + 1})",
        params,
    )
    return int(rows[0]["n"])


def everything(store: Store, scope: Scope, table: Table, asked: Asked) -> pl.DataFrame:
    """All rows that pass, in the order asked for: for exports."""
    params: dict[str, Any] = {}
    clauses = _clauses(table, asked, params)
    columns = asked.columns or _shown(table)
    for column in columns:
        _known(table, column)
    direction = "desc" if asked.descending else "asc"
    return store.frame(
        f"select {', '.join(map(quoted, columns))}"
        f" from ({relation(store, scope, table.schema, table.name, asked.as_of)})"
        f" where {' and '.join(clauses) or 'true'}"
        f" order by {quoted(_sort(table, asked))} {direction}, {quoted(table.key)} {direction}",
        params,
    )


def column_labels(store: Store) -> dict[tuple[str, str, str], str]:
    """What the sources call the fields of all tables: (system, table, column) -> label."""
    rows = store.rows(query("explore_labels"))
    return {(row["system"], row["table_name"], row["column_name"]): row["label"] for row in rows}


def labels(store: Store, table: Table) -> dict[str, str]:
    """What each column is called in its own system; the column's name where that is all there is."""
    if table.is_view:
        return {name: name for name in table.columns}
    found = {
        row["column_name"].lower(): row["label"]
        for row in store.rows(query("explore_columns"), {"schema": table.schema, "name": table.name})
        if row["label"]
    }
    return {name: found.get(name.lower(), name) for name in table.columns}


def _table(found: Readable, objects: dict[str, str]) -> Table | None:
    names = {name.lower(): name for name in found.columns}
    if found.schema == "history" and found.name != "event":
        return None
    key = names.get("id")
    if key is None:
        return None
    newest = next((names[name.lower()] for name in _NEWEST if name.lower() in names), None)
    label = objects.get(found.name) if found.schema == "salesforce" else None
    if found.is_view and found.name.startswith("record_"):
        label = f"{found.name.removeprefix('record_').replace('_', ' ').capitalize()} records"
    label = label or f"{found.name.replace('_', ' ').capitalize()}s".replace("ys", "ies")
    return Table(found.schema, found.name, label, dict(found.columns), key, newest, found.is_view)


def _shown(table: Table) -> tuple[str, ...]:
    hidden = {*OWN, "known_from", "known_until"}
    return tuple(name for name in table.columns if name not in hidden)


def _sort(table: Table, asked: Asked) -> str:
    return _known(table, asked.sort or table.newest or table.key)


def _known(table: Table, column: str) -> str:
    if column not in table.columns:
        raise QueryRefusedError(f"{table.full_name} has no column {column} that can be shown here.")
    return column


def _clauses(table: Table, asked: Asked, params: dict[str, Any]) -> list[str]:
    clauses = [_clause(table, one, f"p{number}", params) for number, one in enumerate(asked.filters)]
    if not asked.deleted and "_deleted_at" in table.columns:
        clauses.append("_deleted_at is null")
    if table.full_name == "history.event" and asked.as_of is None:
        clauses.append("known_until is null")
    if asked.search.strip():
        searched = [name for name in table.columns if name.lower() in _SEARCHED or name.startswith("f_")]
        texts = [name for name in searched if table.columns[name] == "VARCHAR"]
        params["search"] = f"%{_escaped(asked.search.strip())}%"
        found = " or ".join(rf"{quoted(name)} ilike $search escape '\'" for name in texts)
        clauses.append(f"({found or 'false'})")
    return clauses


def _clause(table: Table, one: Filter, name: str, params: dict[str, Any]) -> str:
    """The condition over one column; values are cast to its type, and one that does not fit is refused in words."""
    column = quoted(_known(table, one.column))
    kind = table.columns[one.column]
    if one.how not in WORDS:
        raise QueryRefusedError(f"There is no filter called “{one.how}”.")
    if one.how in ("is_blank", "is_not_blank"):
        blank = f"({column} is null or {column}::varchar in ('', '[]'))"
        return blank if one.how == "is_blank" else f"not {blank}"
    if not one.values or (one.how == "between" and len(one.values) != 2):
        raise QueryRefusedError(
            f"The filter on {one.column} needs {'two values' if one.how == 'between' else 'a value'}."
        )
    if one.how == "contains":
        params[name] = f"%{_escaped(one.values[0])}%"
        return rf"{column}::varchar ilike ${name} escape '\'"
    several = kind.endswith("[]")
    cast = "varchar" if several or kind in ("JSON", "VARCHAR") else kind
    _fits(one, cast)
    values = []
    for number, value in enumerate(one.values):
        params[f"{name}_{number}"] = value
        values.append(f"${name}_{number}::{cast}")
    if one.how in ("equals", "in", "not_equals"):
        listed = ", ".join(values)
        held = f"{column}::varchar" if cast == "varchar" and not several else column
        within = f"list_has_any({column}::varchar[], [{listed}])" if several else f"{held} in ({listed})"
        # "Is not" keeps what is empty: it is none of them.
        return f"not coalesce({within}, false)" if one.how == "not_equals" else within
    if several:
        raise QueryRefusedError(f"{one.column} holds several values, so nothing is more or less than it.")
    if one.how == "between":
        return f"{column} between {values[0]} and {values[1]}"
    return f"{column} {'>' if one.how == 'greater' else '<'} {values[0]}"


def _fits(one: Filter, cast: str) -> None:
    """Refuse a value that the column's type does not take, before the store does in its own words."""
    with duckdb.connect() as scratch:
        for value in one.values:
            try:
                scratch.execute(f"select $value::{cast}", {"value": value})
            except duckdb.Error as error:
                raise QueryRefusedError(
                    f"“{value}” is no {_KINDS.get(cast.split('(')[0], 'value')} for {one.column}."
                ) from error


_KINDS = {
    "BIGINT": "whole number", "INTEGER": "whole number", "TINYINT": "whole number", "DOUBLE": "number",
    "DECIMAL": "number", "DATE": "date (2026-10-12)", "TIMESTAMP WITH TIME ZONE": "moment (2026-10-12 18:00)",
    "BOOLEAN": "yes or no",
}  # fmt: skip


def _beyond(
    table: Table, sort: str, descending: bool, place: tuple[str | None, str], params: dict[str, Any]
) -> str:
    """What comes after a place in this order, in which empty values are the greatest."""
    column, key = quoted(sort), quoted(table.key)
    value, params["place_key"] = place
    beyond = "<" if descending else ">"
    if value is None:
        same = f"({column} is null and {key} {beyond} $place_key)"
        return f"({same} or {column} is not null)" if descending else same
    params["place"] = value
    typed = f"$place::{table.columns[sort]}"
    after = f"{column} {beyond} {typed} or ({column} = {typed} and {key} {beyond} $place_key)"
    return f"({after})" if descending else f"({after} or {column} is null)"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
