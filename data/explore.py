"""What the Explore page reads: any table that the reader may see, a page at a time, searched, filtered and sorted.

Pages go by key, never by offset: what is shown after a row is what comes after it, whatever was added meanwhile, and
the millionth page costs as much as the first. Every read goes through `access.relation`. Of long values a page gets
the beginning; an export gets them whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl

from data import columns as kinds
from data import conditions, paging
from data.access import Readable, Scope, readable, relation
from data.conditions import Filter as Filter
from data.errors import QueryRefusedError
from data.naming import parent_column
from data.paging import Ordered
from data.schema import quoted
from data.store import Store, query

ROWS_MAX = 500
COUNTED_MAX = 10_000
EXPORTED_MAX = 200_000
# The mirror's own columns say what happened to the row, not what it holds: offered, but not shown at first.
OWN = ("_pulled_at", "_deleted_at", "_not_visible_at", "_digest")
# Where a table is long, people look at the newest first; these stamps say when something happened.
_NEWEST = ("happened_at", "date", "SystemModstamp", "updatedAt", "LastModifiedDate", "createdAt")
_IDS = frozenset({"id", "externaldataobjectid", "dataobjectid", "record_id", "whoid", "whatid", "accountid"})
_SEARCHED = frozenset(
    {
        "name", "title", "email", "phone", "phonenumber", "mobilephone", "company", "firstname", "lastname", "subject",
        "address", "street", "city", "zip",
    }
)  # fmt: skip

TEXT_SHOWN = 500  # characters of a value in a page's table
_SORTED = frozenset({kinds.NUMBER, kinds.DAY, kinds.MOMENT, kinds.YES_NO, kinds.TEXT})


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
class Asked:
    """What of a table is asked for. `columns` None: all but the mirror's own; `sort` None: newest first, else by key.

    `after` and `before` are the (sort value, key) of the row that the page follows or precedes, as text. `zone` is the
    one whose days filters mean.
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
    zone: str = "UTC"


@dataclass(frozen=True)
class Page:
    """Rows in the order asked for, with the table's key whatever columns were asked for.

    `edges` are the places of the first and the last row, for `before` and `after`; `earlier` and `later` say whether
    there are rows on these sides.
    """

    rows: pl.DataFrame
    edges: tuple[tuple[str | None, str], tuple[str | None, str]] | None = field(default=None)
    earlier: bool = False
    later: bool = False


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
    """The rows of one page. Raises QueryRefusedError for a column or value that the table does not take.

    A page before a row that has too few rows left is the first page, and one after a row that is gone with all that
    followed is the first page too: so there is always something to read on from.
    """
    found = _page(store, scope, table, asked)
    short = asked.before is not None and not found.earlier and len(found.rows) < asked.limit
    if short or (asked.after is not None and found.rows.is_empty()):
        return _page(store, scope, table, replace(asked, before=None, after=None))
    return found


def _page(store: Store, scope: Scope, table: Table, asked: Asked) -> Page:
    sort = _sort(table, asked)
    columns = [*dict.fromkeys([table.key, *(asked.columns or _shown(table))])]
    for column in columns:
        _known(table, column)
    params: dict[str, Any] = {}
    clauses = _clauses(store, table, asked, params)
    ordered = Ordered(
        relation(store, scope, table.schema, table.name, asked.as_of),
        sort,
        table.columns[sort],
        table.key,
        asked.descending,
        clauses,
        params,
    )
    # Before a row means the nearest ones that precede it: read backwards, then turned round.
    backwards = asked.before is not None
    place = asked.before or asked.after
    limit = min(asked.limit, ROWS_MAX)
    places = paging.places(store, ordered, place, backwards, limit + 1)
    more = len(places) > limit
    places = places[:limit]
    if backwards:
        places.reverse()
    shown = ", ".join(f"{_short(table, column)} as {quoted(column)}" for column in columns)
    return Page(
        paging.fetch(store, ordered, places, [*columns, sort], shown),
        (places[0], places[-1]) if places else None,
        earlier=more if backwards else place is not None,
        later=True if backwards else more,
    )


def _short(table: Table, column: str) -> str:
    kind = table.columns[column]
    if kind == "VARCHAR":
        return f"left({quoted(column)}, {TEXT_SHOWN})"
    if kind == "JSON" or kind.startswith(("STRUCT", "MAP")):
        return f"left({quoted(column)}::varchar, {TEXT_SHOWN})"
    return quoted(column)


def count(store: Store, scope: Scope, table: Table, asked: Asked, at_most: int = COUNTED_MAX) -> int:
    """How many rows pass the filters; at_most + 1 when there are more than that."""
    params: dict[str, Any] = {}
    clauses = _clauses(store, table, asked, params)
    rows = store.rows(
        "select count(*) as n from (select 1"
        f" from ({relation(store, scope, table.schema, table.name, asked.as_of)})"
        f" where {' and '.join(clauses) or 'true'} limit {at_most + 1})",
        params,
    )
    return int(rows[0]["n"])


def everything(store: Store, scope: Scope, table: Table, asked: Asked) -> pl.DataFrame:
    """All rows that pass, in the order asked for: for exports. QueryRefusedError when more than EXPORTED_MAX pass."""
    params: dict[str, Any] = {}
    clauses = _clauses(store, table, asked, params)
    columns = asked.columns or _shown(table)
    for column in columns:
        _known(table, column)
    if count(store, scope, table, asked, EXPORTED_MAX) > EXPORTED_MAX:
        raise QueryRefusedError(
            f"More than {EXPORTED_MAX:,} rows pass, which is more than one file of the console holds."
        )
    direction = "desc" if asked.descending else "asc"
    return store.frame(
        f"select {', '.join(map(quoted, columns))}"
        f" from ({relation(store, scope, table.schema, table.name, asked.as_of)})"
        f" where {' and '.join(clauses) or 'true'}"
        f" order by {quoted(_sort(table, asked))} {direction} nulls last, {quoted(table.key)} {direction}",
        params,
    )


def sortable(table: Table) -> list[str]:
    """The columns that a table can be sorted by: those of single values."""
    return [
        name for name, stored in table.columns.items() if kinds.kind(stored) in _SORTED and stored != "JSON"
    ]


def column_labels(store: Store) -> dict[tuple[str, str, str], str]:
    """What the sources call the fields of all tables: (system, table, column) -> label."""
    rows = store.rows(query("explore_labels"))
    return {(row["system"], row["table_name"], row["column_name"]): row["label"] for row in rows}


def labels(store: Store, table: Table) -> dict[str, str]:
    """What each column is called in its own system, or here where its system has only the name of its API."""
    rows = store.rows(query("explore_columns"), {"schema": table.schema, "name": table.name})
    known = {row["column_name"].lower(): row["label"] for row in rows}
    return {name: kinds.word(name, known.get(name.lower())) for name in table.columns}


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
    chosen = _known(table, asked.sort or table.newest or table.key)
    if chosen not in sortable(table):
        raise QueryRefusedError(f"{table.full_name} cannot be sorted by {chosen}.")
    return chosen


def _known(table: Table, column: str) -> str:
    if column not in table.columns:
        raise QueryRefusedError(f"{table.full_name} has no column {column} that can be shown here.")
    return column


def _clauses(store: Store, table: Table, asked: Asked, params: dict[str, Any]) -> list[str]:
    clauses = [
        conditions.clause(
            store,
            one,
            table.columns[_known(table, one.column)],
            f"p{number}",
            params,
            within=parent_column(table.columns, one.column),
            zone=asked.zone,
        )
        for number, one in enumerate(asked.filters)
    ]
    if not asked.deleted and "_deleted_at" in table.columns:
        clauses.append("_deleted_at is null")
    if table.full_name == "history.event" and asked.as_of is None:
        clauses.append("known_until is null")
    if asked.search.strip():
        clauses.append(_searched(table, asked.search.strip(), params))
    return clauses


def _searched(table: Table, text: str, params: dict[str, Any]) -> str:
    """Ids are what was typed, or not found; words may hold it anywhere, in any case."""
    params["search"] = text
    found = []
    for name, stored in table.columns.items():
        if stored == "VARCHAR" and name.lower() in _IDS:
            found.append(f"{quoted(name)} = $search")
        elif stored == "VARCHAR" and (name.lower() in _SEARCHED or name.startswith("f_")):
            found.append(f"contains(lower({quoted(name)}), lower($search))")
    return f"({' or '.join(found) or 'false'})"
