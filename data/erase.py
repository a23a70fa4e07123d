"""Erase a person from the mirror, its history, the sync and the run log, and leave a stub that says that it was done.

What stays and why numbers still add up is said in data/personal.py. What this cannot do: the sources keep the person
until they are erased there, which is the customer's act, and so do copies made before; the stub (`history.erased`)
keeps later merges from bringing the values back. Rows that are the same person by a link of the sources' own are
named, never erased along: a household's account can hold a second person.

The rows are changed in one transaction, then the store's file is written anew, because DuckDB leaves what was
deleted or overwritten in it. When that fails, the values are gone from every table but may still stand in the file;
erasing again finishes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data import erase_config, erase_sync, literals
from data.errors import StoreError
from data.mirror import digested
from data.personal import about, stays
from data.persons import Person, same_person
from data.schema import OWN_COLUMNS, MirrorTable, existing_columns, mirror_tables, quoted
from data.store import Store

_PROBLEM_TEXT = "The person was erased here."


@dataclass(frozen=True)
class Erasure:
    """What an erasure removes, or has removed: rows that lose values by table, and what it leaves to its caller.

    `also` are the rows that a source itself names as the same person, and those that were linked with theirs, `configured` the rows of the configuration in
    which their e-mail stands, `copies` the files beside the store that were copied from it before and still hold them.
    """

    person: Person
    rows: Mapping[str, int]
    also: tuple[Person, ...]
    configured: Mapping[str, int]
    copies: tuple[Path, ...]
    erased_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            **self.person.as_json(),
            "rows": dict(self.rows),
            "also": [str(each) for each in self.also],
            "configured": dict(self.configured),
            "copies": [str(copy) for copy in self.copies],
            "erased_at": self.erased_at.isoformat().replace("+00:00", "Z") if self.erased_at else None,
        }


def plan(store: Store, person: Person) -> Erasure:
    """What erasing the person would remove; changes nothing."""
    rows: Counter[str] = Counter()
    for table in _tables_about(store, person):
        with store.cursor() as cursor:
            rows[f"{table.system}.{table.name}"] += _count(cursor, _filled_sql(cursor, table, person), person)
            rows["history.change"] += _count(cursor, _told_sql(table, person), person)
            rows["sync.problem"] += _count(cursor, _problem_sql(table, person), person)
    with store.cursor() as cursor:
        rows.update(erase_sync.counts(cursor, person))
        partners = erase_sync.linked(cursor, person)
    rows["config.saved_query"] += erase_config.saved_queries(store, person)
    stubs = store.rows(
        "select erased_at, also::varchar as also from history.erased"
        " where system = $system and object = $object and id = $id",
        person.as_json(),
    )
    also = same_person(store, person) | partners
    for stub in stubs:
        also |= {Person(**each) for each in json.loads(stub["also"])}
    return Erasure(
        person,
        {where: count for where, count in rows.items() if count},
        tuple(sorted(also)),
        erase_config.listed(store, person),
        _copies(store.path),
        stubs[0]["erased_at"] if stubs else None,
    )


def erase(store: Store, person: Person, *, asked_by: str, why: str, now: datetime) -> Erasure:
    """Remove the person's values, leave a stub, and write the store's file anew; returns what was removed.

    Safe to repeat. Raises StoreError when the file could not be written anew; then the rows are erased all the same.
    """
    with store.write() as cursor:
        planned = plan(store, person)
        if planned.erased_at is None:
            cursor.execute(
                "insert into history.erased values ($system, $object, $id, $now, $asked_by, $why, $rows, $also, null)",
                {
                    **person.as_json(),
                    "now": now,
                    "asked_by": asked_by,
                    "why": why,
                    "rows": json.dumps(dict(planned.rows)),
                    "also": json.dumps([each.as_json() for each in planned.also]),
                },
            )
        cursor.execute(
            "insert into config.audit values ($now, $asked_by, 'erase', null, null, $text, null)",
            {"now": now, "asked_by": asked_by, "text": _told(planned, why)},
        )
        erase_config.anonymise(cursor, store, person)
        erase_sync.remove(cursor, person)
        for table in _tables_about(store, person):
            _remove(cursor, table, person)
    _write_file_anew(store, now)
    return replace(planned, erased_at=planned.erased_at or now)


def erase_again(store: Store, former: Path, now: datetime) -> list[Person]:
    """Erase in a restored store whoever was erased in the one that it took the place of; returns who that was.

    Raises StoreError when the former store cannot be read: then erasures since the backup have to be repeated by hand.
    """
    try:
        with duckdb.connect(str(former), read_only=True) as connection:
            stubs = connection.sql(
                "select * from history.erased"
                if connection.sql("select 1 from duckdb_tables() where table_name = 'erased'").fetchall()
                else "select null as system where false"
            ).to_arrow_table()
    except duckdb.Error as error:
        raise StoreError(
            f"The former store {former} cannot be read, so nobody knows here who was erased since the backup was made."
            " Erase them again."
        ) from error
    with store.write() as cursor:
        cursor.register("former_stubs", stubs)
        missing = (
            "select f.* from former_stubs f where not exists (select 1 from history.erased e"
            " where e.system = f.system and e.object = f.object and e.id = f.id)"
        )
        people = [
            Person(row["system"], row["object"], row["id"])
            for row in (cursor.sql(missing).to_arrow_table().to_pylist() if stubs.num_rows else [])
        ]
        if not people:
            return []
        cursor.execute(
            f"insert into history.erased by name select * replace (null as rewritten_at) from ({missing})"
        )
        for person in people:
            erase_config.anonymise(cursor, store, person)
            erase_sync.remove(cursor, person)
            for table in _tables_about(store, person):
                _remove(cursor, table, person)
    _write_file_anew(store, now)
    return people


def _write_file_anew(store: Store, now: datetime) -> None:
    store.rewrite()
    with store.write() as cursor:
        cursor.execute(
            "update history.erased set rewritten_at = $now where rewritten_at is null", {"now": now}
        )


def without_copies(erasure: Erasure) -> Erasure:
    """Delete the copies beside the store that still hold the person."""
    for copy in erasure.copies:
        copy.unlink(missing_ok=True)
    return replace(erasure, copies=())


def _told(erased: Erasure, why: str) -> str:
    rows = sum(erased.rows.values())
    reason = f": {why}" if why else ""
    return f"Erased {erased.person.object} {erased.person} from {rows:,} {'row' if rows == 1 else 'rows'}{reason}"


def _tables_about(store: Store, person: Person) -> list[MirrorTable]:
    """The mirror's tables that hold rows about such a person: their own, and those of activities and the like."""
    tables = mirror_tables(store, person.system)
    return [table for table in tables if any(person.object in objects for objects in about(table).values())]


def _about_sql(table: MirrorTable, person: Person) -> str:
    """The condition on a row of the table that it is about the person; takes $id."""
    columns = [column for column, objects in about(table).items() if person.object in objects]
    return "(" + " or ".join(f"{quoted(column)} = $id" for column in columns) + ")"


def _filled_sql(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, person: Person) -> str:
    """Counts the rows about the person that hold a value which does not stay."""
    kept = stays(table) | OWN_COLUMNS.keys()
    lost = [quoted(name) for name in existing_columns(cursor, table) if name not in kept]
    filled = " or ".join(f"{name} is not null" for name in lost) or "false"
    return f"select count(*) from {table.qualified} where {_about_sql(table, person)} and ({filled})"


def _changes_sql(table: MirrorTable, person: Person) -> str:
    """The condition on a row of history.change that it tells a value of the person which does not stay."""
    kept = "[" + ", ".join(literals.text(name) for name in sorted(stays(table))) + "]"
    told = " or ".join(
        f"not list_has_all({kept}, coalesce(json_keys({side}), []))" for side in ("before", "after")
    )
    return f"{_of_table(table, person, 'object', 'id')} and ({told})"


def _told_sql(table: MirrorTable, person: Person) -> str:
    return f"select count(*) from history.change where {_changes_sql(table, person)}"


def _problem_sql(table: MirrorTable, person: Person) -> str:
    return (
        f"select count(*) from sync.problem where {_of_table(table, person, 'table_name', 'record_id')}"
        f" and text <> {literals.text(_PROBLEM_TEXT)}"
    )


def _of_table(table: MirrorTable, person: Person, object_column: str, id_column: str) -> str:
    """The condition on a row of a log that it is of a row of the table which is about the person."""
    return (
        f"system = {literals.text(table.system)} and {object_column} = {literals.text(table.name)} and {id_column} in"
        f" (select {quoted(table.key)} from {table.qualified} where {_about_sql(table, person)})"
    )


def _count(cursor: duckdb.DuckDBPyConnection, sql: str, person: Person) -> int:
    return int(cursor.sql(sql, params={"id": person.id}).fetchall()[0][0])


def _remove(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, person: Person) -> None:
    """Take the person's values out of a table of the mirror and out of what the logs tell of it; the stub stands."""
    params = {"id": person.id}
    kept = sorted(stays(table))

    def only_kept(side: str) -> str:
        parts = ", ".join(
            f"case when json_exists({side}, {literals.text(path)})"
            f" then {literals.text(json.dumps(name) + ':')} || json_extract({side}, {literals.text(path)})::varchar end"
            for name in kept
            for path in [f'$."{name}"']
        )
        return f"case when {side} is not null then '{{' || concat_ws(',', {parts}) || '}}' end"

    cursor.execute(
        f"update history.change set before = {only_kept('before')}, after = {only_kept('after')}"
        f" where {_changes_sql(table, person)}",
        params,
    )
    cursor.execute(
        f"update sync.problem set text = {literals.text(_PROBLEM_TEXT)}, advice = ''"
        f" where {_of_table(table, person, 'table_name', 'record_id')}",
        params,
    )
    rows = f"select * exclude (_digest) from {table.qualified} where {_about_sql(table, person)}"
    left = digested(cursor, rows, table, existing_columns(cursor, table))
    cursor.execute(f"create temp table left_of_person as {left}", params)
    cursor.execute(f"delete from {table.qualified} where {_about_sql(table, person)}", params)
    cursor.execute(f"insert into {table.qualified} by name from left_of_person")
    cursor.execute("drop table left_of_person")


def _copies(path: Path) -> tuple[Path, ...]:
    """The copies of the store that an upgrade or a restore left beside it."""
    return tuple(
        sorted(each for each in path.parent.iterdir() if each.name.startswith(f"{path.name}.before-"))
    )
