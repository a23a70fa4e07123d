"""Merge what was fetched into the mirror, and write every change of a record to history.

One way for all: rows are staged with the mirror's own types, compared by digest with what stands there, and
what differs is deleted and inserted in one transaction together with its history and the cursor that says
how far the source was read. So a crash between any two statements leaves either all of it or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data.personal import without_erased
from data.schema import OWN_COLUMNS, MirrorTable, existing_columns, fits, quoted, retype
from data.store import Store, unusable

_EVENT_SOURCES = frozenset({"record", "activity", "appointment"})


@dataclass(frozen=True)
class CsvFile:
    """Rows in a CSV file with a header; its columns are named as the mirror's are."""

    path: Path
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Merged:
    """What a merge did, in records."""

    read: int = 0
    inserted: int = 0
    changed: int = 0
    deleted: int = 0

    def __add__(self, other: Merged) -> Merged:
        return Merged(
            self.read + other.read,
            self.inserted + other.inserted,
            self.changed + other.changed,
            self.deleted + other.deleted,
        )


@dataclass(frozen=True)
class Reading:
    """Under which run rows arrive, when, and where the source is to be read on from."""

    run: str
    now: datetime
    cursor: Mapping[str, Any] | None = None
    refilled: tuple[
        str, ...
    ] = ()  # columns that came late: a difference in these alone is no change of the record
    seen: bool = False  # a complete reading: remember the ids, so that what is missing in the end is known
    newest_wins: bool = False  # parallel ranges may bring an older state after a newer one


def merge(store: Store, table: MirrorTable, rows: pa.Table | CsvFile, reading: Reading) -> Merged:
    """Merge `rows` by key and return what changed.

    Columns that `rows` lacks keep their value. A value that does not fit its column widens the column to text:
    nothing is cut or invented.
    """
    try:
        return _merge(store, table, rows, reading)
    except (duckdb.ConversionException, duckdb.InvalidInputException):
        _widen(store, table, rows)
        return _merge(store, table, rows, reading)
    except duckdb.OutOfMemoryException:
        try:
            with store.alone():
                return _merge(store, table, rows, reading)
        except duckdb.OutOfMemoryException as error:
            raise unusable(store.path, error) from error


def mark_deleted(
    store: Store, table: MirrorTable, deleted: Mapping[str, datetime | None], reading: Reading
) -> int:
    """Note that the source deleted these records, at the time it said or now; return how many were new to us."""
    return _mark(store, table, deleted, reading, column="_deleted_at", operation="delete")


def mark_not_visible(store: Store, table: MirrorTable, ids: Iterable[str], reading: Reading) -> int:
    """Note that the source no longer shows these records and gives no evidence of a deletion (L-08)."""
    return _mark(store, table, dict.fromkeys(ids), reading, column="_not_visible_at", operation="not_visible")


def mark_visible(store: Store, table: MirrorTable, ids: Iterable[str], reading: Reading) -> int:
    """Note that the source shows these records again."""
    chosen = pa.table({"id": pa.array(sorted(set(ids)), pa.string())})
    key, name = quoted(table.key), table.qualified
    with store.write() as cursor:
        cursor.register("chosen_ids", chosen)
        cursor.execute(
            f"create temp table back as select {key} as id from {name}"
            f" where _not_visible_at is not null and {key} in (select id from chosen_ids)"
        )
        count = _insert_history(cursor, table, "back", "visible", reading)
        cursor.execute(f"update {name} set _not_visible_at = null where {key} in (select id from back)")
        cursor.execute("drop table back")
    return count


def begin_or_end_seeing(store: Store, table: MirrorTable, reading: Reading) -> None:
    """Forget which ids a complete reading has shown, and move the cursor, in one transaction."""
    with store.write() as cursor:
        cursor.execute(
            "delete from sync.seen where system = $system and table_name = $name",
            {"system": table.system, "name": table.name},
        )
        _move_cursor(cursor, table, reading)


def missing_ids(store: Store, table: MirrorTable) -> list[str]:
    """The live records of the mirror that the complete reading under way has not shown."""
    sql = (
        f"select m.{quoted(table.key)} as id from {table.qualified} m where m._deleted_at is null"
        f" and m.{quoted(table.key)} not in"
        " (select id from sync.seen where system = $system and table_name = $name) order by 1"
    )
    return [row["id"] for row in store.rows(sql, {"system": table.system, "name": table.name})]


def live_count(store: Store, table: MirrorTable) -> int:
    """How many records of the table the source has, as far as the mirror knows."""
    sql = f"select count(*) as n from {table.qualified} where _deleted_at is null and _not_visible_at is null"
    return int(store.rows(sql)[0]["n"])


def read_cursor(store: Store, system: str, table_name: str) -> dict[str, Any]:
    """Where to read a table on from; empty before its first rows."""
    rows = store.rows(
        "select value::varchar as value from sync.cursor where system = $system and table_name = $name",
        {"system": system, "name": table_name},
    )
    return dict(json.loads(rows[0]["value"])) if rows else {}


def move_cursor(store: Store, table: MirrorTable, reading: Reading) -> None:
    """Move the cursor when no rows came with it."""
    with store.write() as cursor:
        _move_cursor(cursor, table, reading)


def _move_cursor(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, reading: Reading) -> None:
    if reading.cursor is None:
        return
    params = {"system": table.system, "name": table.name}
    cursor.execute("delete from sync.cursor where system = $system and table_name = $name", params)
    cursor.execute(
        "insert into sync.cursor values ($system, $name, $value, $now, $run)",
        {**params, "value": json.dumps(reading.cursor), "now": reading.now, "run": reading.run},
    )


def _merge(store: Store, table: MirrorTable, rows: pa.Table | CsvFile, reading: Reading) -> Merged:
    given = list(rows.columns) if isinstance(rows, CsvFile) else rows.column_names
    unknown = [name for name in given if name not in table.columns]
    if unknown:
        raise ValueError(f"{table.qualified} has no column {', '.join(unknown)}")
    with store.write() as cursor:
        read = _stage(cursor, table, rows, given)
        if read:
            if reading.seen:
                cursor.execute(
                    f"insert into sync.seen select $system, $name, {quoted(table.key)} from staged",
                    {"system": table.system, "name": table.name},
                )
            _classify(cursor, table, given, reading)
            merged = _apply(cursor, table, reading, read)
            cursor.execute("drop view moved")
            cursor.execute("drop table known")
        else:
            merged = Merged()
        _move_cursor(cursor, table, reading)
        cursor.execute("drop table staged")
    return merged


def _stage(
    cursor: duckdb.DuckDBPyConnection, table: MirrorTable, rows: pa.Table | CsvFile, given: Sequence[str]
) -> int:
    """Bring the rows into a temporary table `staged`, typed and whole, one row a key; return how many came.

    What the mirror knows of their keys comes into `known`: looked up by key, so that the work for a page does not
    grow with the mirror.
    """
    types = existing_columns(cursor, table)
    typed = ", ".join(f"{quoted(name)}::{types[name]} as {quoted(name)}" for name in given)
    missing = [name for name in (*table.columns, *_gone_columns(table, types)) if name not in given]
    arrived = f"select {typed} from {_source(cursor, rows, types)}"
    cursor.execute(
        f"create temp table staged as {arrived if missing else digested(cursor, arrived, table, types)}"
    )
    key = quoted(table.key)
    read, distinct = cursor.sql(f"select count(*), count(distinct {key}) from staged").fetchall()[0]
    if read != distinct:
        order = (
            f"order by {_instant(quoted(table.stamp))} desc nulls last"
            if table.stamp and table.stamp in given
            else ""
        )
        _restage(cursor, f"select * from staged qualify row_number() over (partition by {key} {order}) = 1")
    looked_up = ", ".join(
        map(quoted, dict.fromkeys([table.key, *missing, *([table.stamp] if table.stamp else [])]))
    )
    cursor.execute(
        f"create temp table known as select {looked_up}, _digest, _deleted_at, _not_visible_at"
        f" from {table.qualified} where {key} in (select {key} from staged)"
    )
    if missing:
        kept = ", ".join(f"k.{quoted(name)}" for name in missing)
        whole = f"select s.*, {kept} from staged s left join known k on k.{key} = s.{key}"
        _restage(cursor, digested(cursor, whole, table, types))
    return int(read)


def _gone_columns(table: MirrorTable, existing: Iterable[str]) -> list[str]:
    """Columns of fields that the source no longer describes: a row that is written again keeps their last values."""
    known = {name.lower() for name in (*table.columns, *OWN_COLUMNS)}
    return [name for name in existing if name.lower() not in known]


def _restage(cursor: duckdb.DuckDBPyConnection, sql: str) -> None:
    cursor.execute(f"create temp table restaged as {sql}")
    cursor.execute("drop table staged")
    cursor.execute("alter table restaged rename to staged")


def digested(
    cursor: duckdb.DuckDBPyConnection, sql: str, table: MirrorTable, types: Mapping[str, str]
) -> str:
    """The rows of a query as the mirror keeps them: with a digest of their values as `_digest`, and without the
    values of people who were erased here.

    An empty column leaves no trace in it, so a new one does not touch every record; nor does the order in which a
    source describes its fields, or that it no longer describes one. A moment counts as a number:
    its text would depend on the session's time zone, and costs more than all other columns together.
    """

    def text(name: str) -> str:
        moment = types[name] == "timestamp with time zone"
        return f"epoch_us({quoted(name)})::varchar" if moment else f"{quoted(name)}::varchar"

    names = sorted([*table.columns, *_gone_columns(table, types)])
    parts = ", ".join(f"{_text(name + '=')} || {text(name)}" for name in names)
    kept = without_erased(cursor, sql, table, names)
    return f"select *, md5(concat_ws(chr(31), {parts})) as _digest from ({kept})"


def _source(
    cursor: duckdb.DuckDBPyConnection, rows: pa.Table | CsvFile, types: Mapping[str, str] | None
) -> str:
    """The rows as something to select from; a file is read with `types`, or as text without."""
    if not isinstance(rows, CsvFile):
        cursor.register("incoming", rows)
        return "incoming"
    columns = ", ".join(f"{_text(n)}: {_text(types[n] if types else 'varchar')}" for n in rows.columns)
    # Header and quoting as RFC 4180; an empty value is a null, quoted or not (Salesforce writes both the same).
    return (
        f"read_csv({_text(str(rows.path))}, header = true, auto_detect = false, delim = ',', quote = '\"',"
        f" escape = '\"', columns = {{{columns}}}, max_line_size = 16777216, buffer_size = 16777216, nullstr = '')"
    )


def _classify(
    cursor: duckdb.DuckDBPyConnection, table: MirrorTable, given: Sequence[str], reading: Reading
) -> None:
    """Let `moved` show the staged rows that differ from the mirror, with what stands there.

    A view and not a table: a first load would hold every row twice.
    """
    key = quoted(table.key)
    now = f"timestamptz {_text(reading.now.isoformat())}"
    stamped = table.stamp if table.stamp in given else None
    stamp = _instant(f"s.{quoted(stamped)}") if stamped else "null::timestamptz"
    if table.deleted_flag is None:
        gone = "null::timestamptz"  # a source without a flag shows only what it has
    elif table.deleted_flag in given:
        flag = f"try_cast(s.{quoted(table.deleted_flag)} as boolean)"
        gone = f"case when {flag} then coalesce(k._deleted_at, {stamp}, {now}) end"
    else:
        gone = "k._deleted_at"
    older = "false"
    if reading.newest_wins and stamped:
        older = f"coalesce({_instant(f'k.{quoted(stamped)}')} > {stamp}, false)"
    cursor.execute(
        "create temp view moved as select * from ("
        f"select s.*, {gone} as _deleted_at,"
        f" coalesce({stamp}, {now}) as _changed_at, k.{key} is not null as _known,"
        f" k._digest as _digest_before, k._deleted_at as _deleted_before, k._not_visible_at as _hidden_before"
        f" from staged s left join known k on k.{key} = s.{key} where not {older})"
        " where not _known or _digest <> _digest_before or _deleted_at is distinct from _deleted_before"
        " or _hidden_before is not null"
    )


def _instant(stamp: str) -> str:
    """A stamp as a moment, whatever its column became: one value that was none made text of all, and is unknown."""
    return f"try_cast({stamp} as timestamptz)"


def _apply(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, reading: Reading, read: int) -> Merged:
    key, name = quoted(table.key), table.qualified
    inserted, changed, deleted, reread = cursor.sql(
        "select count(*) filter (not _known), count(*) filter (_known and _digest <> _digest_before),"
        " count(*) filter (_deleted_at is not null and _deleted_before is null),"
        " count(*) filter (_known) from moved"
    ).fetchall()[0]
    if reread:
        _insert_updates(cursor, table, reading)
        cursor.execute(f"delete from {name} where {key} in (select {key} from moved where _known)")
    params = {"run": reading.run, "now": reading.now, "system": table.system, "object": table.name}
    if inserted:
        cursor.execute(
            f"insert into history.change select $system, $object, {key}, _changed_at, $now, $run, 'insert', null, null"
            " from moved where not _known",
            params,
        )
        cursor.execute(
            f"insert into history.change select $system, $object, {key}, _deleted_at, $now, $run, 'delete', null, null"
            " from moved where not _known and _deleted_at is not null",
            params,
        )
    lasting = [*map(quoted, [*table.columns, *_gone_columns(table, existing_columns(cursor, table))])]
    columns = [*lasting, *OWN_COLUMNS]
    values = [*lasting, "$now", "_deleted_at", "null", "_digest"]
    cursor.execute(
        f"insert into {name} ({', '.join(columns)}) select {', '.join(values)} from moved",
        {"now": reading.now},
    )
    _touch(cursor, table, f"select {key} as id from moved", reading)
    return Merged(read=read, inserted=inserted, changed=changed, deleted=deleted)


def _insert_updates(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, reading: Reading) -> None:
    """History of the rows that stood there already, with the columns that differ."""
    key = quoted(table.key)

    def differing(side: str, names: Iterable[str]) -> str:
        parts = ", ".join(
            f"case when n.{quoted(c)} is distinct from o.{quoted(c)}"
            f" then {_text(json.dumps(c) + ':')} || coalesce(to_json({side}.{quoted(c)})::varchar, 'null') end"
            for c in names
        )
        return f"'{{' || concat_ws(',', {parts}) || '}}'"

    lasting = [c for c in table.columns if c not in reading.refilled]
    same = " and ".join(f"n.{quoted(c)} is not distinct from o.{quoted(c)}" for c in lasting)
    operation = (
        "case when n._deleted_at is not null and n._deleted_before is null then 'delete'"
        " when n._deleted_at is null and n._deleted_before is not null then 'undelete'"
        " when n._digest = n._digest_before then 'visible'"
        + (f" when {same} then 'backfill'" if reading.refilled else "")
        + " else 'update' end"
    )
    cursor.execute(
        f"insert into history.change select $system, $object, n.{key},"
        f" case when n._deleted_at is not null and n._deleted_before is null then n._deleted_at else n._changed_at end,"
        f" $now, $run, {operation}, {differing('o', table.columns)}, {differing('n', table.columns)}"
        f" from moved n join {table.qualified} o on o.{key} = n.{key} where n._known",
        {"system": table.system, "object": table.name, "now": reading.now, "run": reading.run},
    )


def _mark(
    store: Store,
    table: MirrorTable,
    marks: Mapping[str, datetime | None],
    reading: Reading,
    *,
    column: str,
    operation: str,
) -> int:
    key, name = quoted(table.key), table.qualified
    given = pa.table(
        {
            "id": pa.array(list(marks), pa.string()),
            "marked_at": pa.array([m or reading.now for m in marks.values()], pa.timestamp("us", "UTC")),
        }
    )
    with store.write() as cursor:
        cursor.register("given_marks", given)
        cursor.execute(
            f"create temp table marked as select g.id, g.marked_at from given_marks g"
            f" join {name} m on m.{key} = g.id where m._deleted_at is null and m.{column} is null"
        )
        count = _insert_history(cursor, table, "marked", operation, reading)
        cursor.execute(
            f"update {name} set {column} = marked.marked_at from marked where {name}.{key} = marked.id"
        )
        _touch(cursor, table, "select id from marked", reading)
        cursor.execute("drop table marked")
        _move_cursor(cursor, table, reading)
    return count


def _touch(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, ids: str, reading: Reading) -> None:
    """Note whose events are to be derived again (data/events.py), when it is a table that events come from.

    Of teams it is the moment that counts: theirs are the events from then on.
    """
    if table.system == "spotio" and table.name == "team":
        cursor.execute(
            f"insert into sync.touched select 'spotio', 'team since', $now::varchar from ({ids}) limit 1",
            {"now": reading.now},
        )
    if table.system == "spotio" and table.name in _EVENT_SOURCES:
        cursor.execute(
            f"insert into sync.touched select $system, $object, id from ({ids})",
            {"system": table.system, "object": table.name},
        )


def _insert_history(
    cursor: duckdb.DuckDBPyConnection, table: MirrorTable, source: str, operation: str, reading: Reading
) -> int:
    when = "marked_at" if source == "marked" else "$now"
    cursor.execute(
        f"insert into history.change select $system, $object, id, {when}, $now, $run, $operation, null, null"
        f" from {source}",
        {
            "system": table.system,
            "object": table.name,
            "now": reading.now,
            "run": reading.run,
            "operation": operation,
        },
    )
    return int(cursor.sql(f"select count(*) from {source}").fetchall()[0][0])


def _widen(store: Store, table: MirrorTable, rows: pa.Table | CsvFile) -> None:
    """Make text of the columns that some value of `rows` does not fit."""
    given = list(rows.columns) if isinstance(rows, CsvFile) else rows.column_names
    with store.write() as cursor:
        types = existing_columns(cursor, table)
        names = ", ".join(f"{quoted(name)}::varchar as {quoted(name)}" for name in given)
        source = _source(cursor, rows, None)
        cursor.execute(f"create temp table as_text as select {names} from {source}")
        for name in given:
            if not fits(cursor, "as_text", name, types[name]):
                retype(cursor, table.qualified, name, "varchar")
        cursor.execute("drop table as_text")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
