"""What a mirror table looks like, and what changed in the source's description of it since the last look.

Columns are never dropped: a field that is gone keeps its column and its last values. A column has the type
that the source describes as long as every value fits it, else it is text. One that came late is re-read for
every record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from data.store import Store

# Ours, beside the source's columns: when the row was last written here, when the source deleted it,
# since when the source no longer shows it without saying why, and a digest of its values.
OWN_COLUMNS = {
    "_pulled_at": "timestamptz",
    "_deleted_at": "timestamptz",
    "_not_visible_at": "timestamptz",
    "_digest": "varchar",
}


@dataclass(frozen=True)
class Field:
    """One field as the source describes it; `column_type` is its DuckDB type, None when it is not mirrored."""

    name: str
    source_type: str
    column_type: str | None
    label: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    column: str = ""  # the mirror's column, when it is not called as the field is

    @property
    def column_name(self) -> str:
        return self.column or self.name


@dataclass(frozen=True)
class MirrorTable:
    """One table of the mirror: where it lives, its key, and which columns carry stamp and deletion."""

    system: str
    name: str
    object: str
    key: str
    fields: tuple[Field, ...]
    stamp: str | None = None
    deleted_flag: str | None = None

    @property
    def qualified(self) -> str:
        return f"{self.system}.{quoted(self.name)}"

    @property
    def columns(self) -> dict[str, str]:
        """Column name -> DuckDB type, of the mirrored fields."""
        return {f.column_name: f.column_type for f in self.fields if f.column_type is not None}


@dataclass(frozen=True)
class SchemaChange:
    """One difference between two descriptions, with a sentence for people."""

    field: str
    kind: str
    before: str | None
    after: str | None
    text: str


def quoted(name: str) -> str:
    """An identifier, safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def prepare(store: Store, table: MirrorTable, run: str, now: datetime) -> list[SchemaChange]:
    """Make the table fit its description, record what changed, and ask for a re-read of columns that came late.

    The first description of an object is no change. All in one transaction; safe to repeat.
    """
    with store.write() as cursor:
        known = _known_fields(cursor, table)
        changes = _differences(table, known) if known else []
        existing = existing_columns(cursor, table)
        if not existing:
            _create(cursor, table)
            late: list[str] = []
        else:
            late = _alter(cursor, table, existing)
            returned = {c.field for c in changes if c.kind == "returned"}
            late += [f.column_name for f in table.fields if f.name in returned and f.column_type is not None]
        _record(cursor, table, known, changes, run, now)
        if late and cursor.sql(f"select 1 from {table.qualified} limit 1").fetchall():
            _ask_for_refill(cursor, table, late)
    return changes


def observe(
    store: Store, system: str, object: str, fields: tuple[Field, ...], run: str, now: datetime
) -> list[SchemaChange]:
    """Record what changed in a description that has no table of its own, such as the stages of a workflow."""
    described = MirrorTable(system, "", object, "", fields)
    with store.write() as cursor:
        known = _known_fields(cursor, described)
        changes = _differences(described, known) if known else []
        _record(cursor, described, known, changes, run, now)
    return changes


def known_fields(store: Store, system: str, object: str) -> tuple[Field, ...]:
    """The fields of an object as last described, without those that are gone; empty when it never was."""
    rows = store.rows(
        "select name, label, source_type, column_name, column_type, detail::varchar as detail from sync.field"
        " where system = $system and object = $object and gone_at is null",
        {"system": system, "object": object},
    )
    return tuple(
        Field(
            name=row["name"],
            source_type=row["source_type"],
            column_type=row["column_type"],
            label=row["label"],
            detail=json.loads(row["detail"]),
            column=row["column_name"],
        )
        for row in rows
    )


def mirror_tables(store: Store, system: str) -> list[MirrorTable]:
    """The mirror's tables of a system with their fields as last described; only what names and types tell."""
    rows = store.rows(
        "select table_name as name, bool_or(column_name = 'Id') as upper_key from information_schema.columns"
        " where table_schema = $system and table_name in"
        " (select table_name from duckdb_columns() where schema_name = $system and column_name = '_digest')"
        " and table_name in (select table_name from duckdb_tables() where schema_name = $system)"
        " group by all order by all",
        {"system": system},
    )
    objects = {
        row["object"].lower(): row["object"]
        for row in store.rows(
            "select distinct object from sync.field where system = $system", {"system": system}
        )
    }
    found = []
    for row in rows:
        object = objects.get(row["name"], row["name"])
        key = "Id" if row["upper_key"] else "id"
        found.append(MirrorTable(system, row["name"], object, key, known_fields(store, system, object)))
    return found


def _known_fields(cursor: duckdb.DuckDBPyConnection, table: MirrorTable) -> dict[str, dict[str, Any]]:
    rows = cursor.sql(
        "select name, label, source_type, column_type, detail::varchar as detail, gone_at from sync.field"
        " where system = $system and object = $object",
        params={"system": table.system, "object": table.object},
    ).to_arrow_table()
    return {row["name"]: {**row, "detail": json.loads(row["detail"] or "{}")} for row in rows.to_pylist()}


def existing_columns(cursor: duckdb.DuckDBPyConnection, table: MirrorTable) -> dict[str, str]:
    """The table's columns and types as they stand, empty when there is no such table."""
    try:  # asked before each page is merged: the catalogue's own tables take thirty times as long to say it
        rows = cursor.execute(f"describe {table.qualified}").fetchall()
    except duckdb.CatalogException:
        return {}
    return {row[0]: row[1].lower() for row in rows}


def _differences(table: MirrorTable, known: Mapping[str, Mapping[str, Any]]) -> list[SchemaChange]:
    changes: list[SchemaChange] = []
    where = f"{table.object} in {SYSTEM_NAMES.get(table.system, table.system)}"
    described = {f.name: f for f in table.fields}
    for name, now in described.items():
        before = known.get(name)
        if before is None:
            changes.append(
                SchemaChange(name, "added", None, now.source_type, f"{where} has a new field {name}.")
            )
            continue
        if before["gone_at"] is not None:
            changes.append(
                SchemaChange(
                    name, "returned", None, now.source_type, f"{where} shows the field {name} again."
                )
            )
            continue
        if before["source_type"] != now.source_type:
            text = f"{where}: {name} was {before['source_type']} and is now {now.source_type}."
            changes.append(SchemaChange(name, "retyped", before["source_type"], now.source_type, text))
        if before["label"] != now.label:
            text = f"{where}: {name} was labelled '{before['label']}' and is now '{now.label}'."
            changes.append(SchemaChange(name, "renamed", before["label"], now.label, text))
        changes += _detail_differences(where, name, before["detail"], _plain(now.detail))
    for name, before in known.items():
        if name not in described and before["gone_at"] is None:
            text = f"{where} no longer shows the field {name}; its values here stay as they were."
            changes.append(SchemaChange(name, "removed", before["source_type"], None, text))
    return changes


def _detail_differences(
    where: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[SchemaChange]:
    changes: list[SchemaChange] = []
    choices_before, choices_after = before.get("choices") or {}, after.get("choices") or {}
    for value, label in choices_after.items():
        if value not in choices_before:
            text = f"{where}: {name} can now be '{label}'."
            changes.append(SchemaChange(name, "choice_added", None, value, text))
        elif choices_before[value] != label:
            text = f"{where}: the choice '{choices_before[value]}' of {name} is now called '{label}'."
            changes.append(SchemaChange(name, "choice_renamed", choices_before[value], label, text))
    for value, label in choices_before.items():
        if value not in choices_after:
            text = f"{where}: {name} can no longer be '{label}'."
            changes.append(SchemaChange(name, "choice_removed", value, None, text))
    for key in sorted((set(before) | set(after)) - {"choices"}):
        if before.get(key) != after.get(key):
            text = f"{where}: {key} of {name} was {before.get(key)} and is now {after.get(key)}."
            changes.append(SchemaChange(name, "changed", str(before.get(key)), str(after.get(key)), text))
    return changes


def _create(cursor: duckdb.DuckDBPyConnection, table: MirrorTable) -> None:
    columns = {**table.columns, **OWN_COLUMNS}
    cursor.execute(
        f"create table {table.qualified} (" + ", ".join(f"{quoted(n)} {t}" for n, t in columns.items()) + ")"
    )


def _alter(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, existing: Mapping[str, str]) -> list[str]:
    """Add and retype columns; return those whose values must be read again."""
    late: list[str] = []
    present = {name.lower(): (name, kind) for name, kind in existing.items()}
    for name, kind in table.columns.items():
        if name.lower() not in present:
            cursor.execute(f"alter table {table.qualified} add column {quoted(name)} {kind}")
            late.append(name)
            continue
        column, now = present[name.lower()]
        if _normal(now) == _normal(kind):
            continue
        fitting = kind if fits(cursor, table.qualified, column, kind) else "varchar"
        if _normal(now) != fitting:
            retype(cursor, table.qualified, column, fitting)
            late.append(name)
    return late


def fits(cursor: duckdb.DuckDBPyConnection, relation: str, column: str, kind: str) -> bool:
    """Whether every value of the column can be held as `kind`."""
    if _normal(kind) == "varchar":
        return True
    misfits = cursor.sql(
        f"select 1 from {relation} where {quoted(column)} is not null"
        f" and try_cast({quoted(column)}::varchar as {kind}) is null limit 1"
    ).fetchall()
    return not misfits


def retype(cursor: duckdb.DuckDBPyConnection, relation: str, column: str, kind: str) -> None:
    """Give a column another type that all its values fit."""
    name = quoted(column)
    # DuckDB converts deleted rows too that it has not cleared away yet, and their values need not fit.
    cursor.execute(
        f"alter table {relation} alter column {name} set data type {kind} using try_cast({name}::varchar as {kind})"
    )


def _record(
    cursor: duckdb.DuckDBPyConnection,
    table: MirrorTable,
    known: Mapping[str, Mapping[str, Any]],
    changes: Sequence[SchemaChange],
    run: str,
    now: datetime,
) -> None:
    described = {f.name for f in table.fields}
    cursor.executemany(
        "insert into sync.schema_change values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [[table.system, table.object, c.field, c.kind, c.before, c.after, c.text, now, run] for c in changes],
    ) if changes else None
    touched = {c.field for c in changes} & described if known else described
    if not touched and not changes:
        return
    for gone in [c.field for c in changes if c.kind == "removed"]:
        cursor.execute(
            "update sync.field set gone_at = $now where system = $system and object = $object and name = $name",
            {"now": now, "system": table.system, "object": table.object, "name": gone},
        )
    first_seen = {
        row[0]: row[1]
        for row in cursor.sql(
            "select name, first_seen_at::varchar from sync.field where system = $system and object = $object",
            params={"system": table.system, "object": table.object},
        ).fetchall()
    }
    rows = [
        [table.system, table.object, f.name, f.label, f.source_type, f.column_name, f.column_type,
         json.dumps(_plain(f.detail)), first_seen.get(f.name, now), None]
        for f in table.fields
        if f.name in touched
    ]  # fmt: skip
    for row in rows:
        cursor.execute(
            "delete from sync.field where system = $system and object = $object and name = $name",
            {"system": row[0], "object": row[1], "name": row[2]},
        )
    if rows:
        cursor.executemany("insert into sync.field values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _ask_for_refill(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, late: Sequence[str]) -> None:
    # Part of the cursor, so that a crash between the new column and its values cannot lose the request.
    params = {"system": table.system, "name": table.name}
    row = cursor.sql(
        "select value::varchar from sync.cursor where system = $system and table_name = $name", params=params
    ).fetchall()
    if not row:
        return  # a first load has not stored its first rows; it will read every column anyway
    value = json.loads(row[0][0])
    value["refill"] = sorted({*value.get("refill", []), *late})
    value.pop("reading", None)  # a reading under way asked for the old columns: it starts anew
    cursor.execute(
        "update sync.cursor set value = $value where system = $system and table_name = $name",
        {**params, "value": json.dumps(value)},
    )


def _normal(kind: str) -> str:
    return {"timestamptz": "timestamp with time zone", "text": "varchar"}.get(kind.lower(), kind.lower())


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail as JSON would give it back, so that two looks compare equal."""
    plain: dict[str, Any] = json.loads(json.dumps(detail))
    return plain


SYSTEM_NAMES = {"spotio": "SPOTIO", "salesforce": "Salesforce", "salesscreen": "SalesScreen"}
