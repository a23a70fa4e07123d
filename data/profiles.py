"""What the columns of a table hold: how much is filled, how many values, from where to where, and which most often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from data.access import Reach, Scope
from data.ceiling import watched
from data.errors import QueryRefusedError
from data.schema import OWN_COLUMNS, quoted
from data.store import Store

SAMPLE_ROWS = 100_000
SECONDS_MAX = 15.0
TOP = 5
# So many columns are profiled by one scan; all of a wide table at once would need as many digests in memory.
_AT_ONCE = 24
_SHOWN_MAX = 80  # characters of a value


@dataclass(frozen=True)
class ColumnProfile:
    """One column. Shares are of the rows looked at; `distinct` is an estimate; `top` is (value, rows), most often first.

    Values are cut to a line. Where the column holds lists or JSON there is neither range nor top.
    """

    name: str
    type: str
    filled: float
    distinct: int | None
    least: str | None
    greatest: str | None
    top: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Profile:
    """A table's columns; `looked_at` of `rows` rows were read, all of them where the table is not large."""

    rows: int
    looked_at: int
    columns: tuple[ColumnProfile, ...]


def profile(store: Store, scope: Scope, table: str, columns: Sequence[str] | None = None) -> Profile:
    """The profile of `schema.name`, or of some of its columns; of a large table from a sample.

    Columns that are hidden from the scope, also in part, are left out. Raises QueryRefusedError for a table that may
    not be read, and when it takes longer than SECONDS_MAX.
    """
    schema, _, name = table.lower().partition(".")
    reach = Reach(store, scope)
    found = reach.admit((schema, name))
    source = reach.restriction(schema, name) or f"select * from {reach.qualified(schema, name)}"
    hidden = reach.hidden((schema, name))
    chosen = [
        column
        for column in (columns or [c for c in found.columns if c not in OWN_COLUMNS])
        if column in found.columns and column.lower() not in hidden
    ]
    if not chosen:
        raise QueryRefusedError(f"{table} has no such column that may be profiled.")
    with store.cursor() as cursor, watched(cursor, SECONDS_MAX, memory_mb=512) as watch:
        try:
            total = cursor.execute(f"select count(*) from ({source})").fetchall()[0][0]
            sample = ""
            if total > SAMPLE_ROWS:
                # Of whole blocks, and always the same ones: a reader who looks twice sees the same.
                sample = f" using sample {100 * SAMPLE_ROWS / total:.6f} percent (system, 1)"
            names = ", ".join(map(quoted, chosen))
            # A copy of this cursor's own: each column is read several times.
            cursor.execute(f"create temp table looked_at as select {names} from ({source}){sample}")
            profiles: list[ColumnProfile] = []
            looked_at = 0
            for first in range(0, len(chosen), _AT_ONCE):
                part = {column: found.columns[column] for column in chosen[first : first + _AT_ONCE]}
                looked_at, read = _profiled(cursor, part)
                profiles += read
        except duckdb.Error as error:
            if watch.late or watch.heavy:
                raise QueryRefusedError(
                    f"{table} could not be profiled within {SECONDS_MAX:.0f} seconds."
                ) from error
            raise
    return Profile(total, looked_at, tuple(profiles))


def _profiled(cursor: duckdb.DuckDBPyConnection, columns: dict[str, str]) -> tuple[int, list[ColumnProfile]]:
    """How many rows were read, and the profiles of some columns."""
    parts = ["count(*)"]
    for name, kind in columns.items():
        column, text = quoted(name), f"left({quoted(name)}::varchar, {_SHOWN_MAX})"
        plain = _is_plain(kind)
        parts += [
            f"count({column})",
            f"approx_count_distinct({text})",
            f"left(min({column})::varchar, {_SHOWN_MAX})" if plain else "null",
            f"left(max({column})::varchar, {_SHOWN_MAX})" if plain else "null",
        ]
    row = cursor.execute(f"select {', '.join(parts)} from temp.looked_at").fetchall()[0]
    rows = int(row[0])
    profiles = []
    for number, (name, kind) in enumerate(columns.items()):
        filled, distinct, least, greatest = row[1 + 4 * number : 5 + 4 * number]
        distinct = min(int(distinct), int(filled))
        # Where nearly every value is another one, the most frequent ones say nothing.
        telling = _is_plain(kind) and (2 * distinct <= filled or filled <= TOP)
        top = _most_frequent(cursor, name) if telling else ()
        profiles.append(
            ColumnProfile(name, kind, filled / rows if rows else 0.0, distinct, least, greatest, top)
        )
    return rows, profiles


def _most_frequent(cursor: duckdb.DuckDBPyConnection, name: str) -> tuple[tuple[str, int], ...]:
    column = quoted(name)
    rows = cursor.execute(
        f"select left({column}::varchar, {_SHOWN_MAX}), n from (select {column}, count(*) as n from temp.looked_at"
        f" where {column} is not null group by 1 order by n desc, 1 limit {TOP}) order by n desc, 1"
    ).fetchall()
    return tuple((value, count) for value, count in rows)


def _is_plain(kind: str) -> bool:
    return not (kind.endswith("[]") or kind in ("JSON", "BLOB") or kind.startswith(("STRUCT", "MAP")))
