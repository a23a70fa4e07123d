"""The org's rows: one SQLite table an sObject in memory, a column for each field that is not a compound.

SQLite gives a query real semantics at the speed of C, a write a savepoint, and a reset a copy of the whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from sync.sandbox.salesforce.schema import TEXT, Field, Schema, SObject


def quoted(name: str) -> str:
    """A schema name as an SQL identifier. Names come from the schema, never from a request."""
    return f'"{name}"'


def column_definition(field: Field) -> str:
    if field.type == "boolean":
        return f"{quoted(field.name)} INTEGER NOT NULL DEFAULT 0"
    if field.type == "int":
        return f"{quoted(field.name)} INTEGER"
    if field.type in ("double", "currency", "percent"):
        return f"{quoted(field.name)} REAL"
    # Salesforce compares text without case, ids with it.
    return f"{quoted(field.name)} TEXT" + (" COLLATE NOCASE" if field.type in TEXT else "")


def _indexed(field: Field) -> bool:
    follows = field.type == "reference" and not field.name.endswith("ById") and field.name != "OwnerId"
    return follows or "x" in field.flags or field.name == "SystemModstamp"


class Tables:
    def __init__(self, schema: Schema) -> None:
        self.connection = _connect(":memory:")
        self._depth = 0
        for sobject in schema.objects.values():
            self.create(sobject)

    def create(self, sobject: SObject) -> None:
        """An empty table for an object."""
        columns = [
            column_definition(field) + (" PRIMARY KEY" if field.type == "id" else "")
            for field in sobject.stored()
        ]
        self.connection.execute(f"CREATE TABLE {quoted(sobject.name)} ({', '.join(columns)})")
        for field in filter(_indexed, sobject.stored()):
            self.add_index(sobject, field)

    def add_index(self, sobject: SObject, field: Field) -> None:
        name = quoted(f"{sobject.name}.{field.name}")
        self.connection.execute(f"CREATE INDEX {name} ON {quoted(sobject.name)} ({quoted(field.name)})")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything written inside, or nothing when an exception leaves it. May be nested."""
        self._depth += 1
        name = f"level_{self._depth}"
        self.connection.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self.connection.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self.connection.execute(f"RELEASE {name}")
            self._depth -= 1

    def get(self, sobject: SObject, id: str) -> dict[str, Any] | None:
        """The stored row of an id, by field name."""
        return next(self.select(sobject, '"Id" = ?', (id,)), None)

    def select(
        self, sobject: SObject, where: str = "1", values: tuple[Any, ...] = ()
    ) -> Iterator[dict[str, Any]]:
        """Stored rows by field name; `where` is SQL made here, never a request's text."""
        names = [field.name for field in sobject.stored()]
        columns = ", ".join(map(quoted, names))
        sql = f"SELECT {columns} FROM {quoted(sobject.name)} WHERE {where}"  # noqa: S608
        for row in self.connection.execute(sql, values).fetchall():
            yield dict(zip(names, row, strict=True))

    def insert(self, sobject: SObject, row: Mapping[str, Any]) -> None:
        self.insert_many(sobject, [row])

    def insert_many(self, sobject: SObject, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows by field name, all values in their stored form; a column that is left out gets its default."""
        for names, alike in groupby(rows, key=tuple):
            sql = f"INSERT INTO {quoted(sobject.name)} ({', '.join(map(quoted, names))}) VALUES "  # noqa: S608
            sql += f"({', '.join('?' * len(names))})"
            self.connection.executemany(sql, (tuple(row.values()) for row in alike))

    def update(self, sobject: SObject, id: str, changes: Mapping[str, Any]) -> None:
        assignments = ", ".join(f"{quoted(name)} = ?" for name in changes)
        sql = f'UPDATE {quoted(sobject.name)} SET {assignments} WHERE "Id" = ?'  # noqa: S608
        self.connection.execute(sql, (*changes.values(), id))

    def remove(self, sobject: SObject, where: str, values: tuple[Any, ...] = ()) -> None:
        self.connection.execute(f"DELETE FROM {quoted(sobject.name)} WHERE {where}", values)  # noqa: S608

    def copy(self) -> sqlite3.Connection:
        """A copy of all rows in a private database that spills to disk when it outgrows SQLite's cache."""
        kept = _connect("")
        self.connection.backup(kept)
        return kept

    def restore(self, kept: sqlite3.Connection) -> None:
        """Back to a copy. The connection is a new one, so that no snapshot outlives the rows it was made of."""
        self.connection.close()
        self.connection = _connect(":memory:")
        kept.backup(self.connection)


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection
