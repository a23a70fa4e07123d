"""A query's whole result, set down at the moment it ran, so that its pages stay what they were while records change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from sync.sandbox.salesforce.plan import Plan
from sync.sandbox.salesforce.tables import Tables

_numbers = count(1)


class Snapshot:
    """Rows in a temporary table; its columns are c0, c1, ... in the plan's order."""

    def __init__(self, tables: Tables, plan: Plan) -> None:
        self._tables, self.plan = tables, plan
        self.name = f"snapshot_{next(_numbers)}"
        connection = tables.connection
        width = len(connection.execute(f"SELECT * FROM ({plan.sql}) LIMIT 0", plan.values).description)  # noqa: S608
        columns = ", ".join(f"c{number}" for number in range(width))
        connection.execute(f"CREATE TEMP TABLE {self.name} ({columns})")
        cursor = connection.execute(f"INSERT INTO temp.{self.name} {plan.sql}", plan.values)
        self.total: int = cursor.rowcount

    def rows(self, start: int, number: int, columns: str = "*") -> list[Sequence[Any]]:
        """`number` rows from the `start`-th on, counted from 0; `columns` is SQL over c0, c1, ..."""
        sql = f"SELECT {columns} FROM temp.{self.name} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"  # noqa: S608
        return self._tables.connection.execute(sql, (start, start + number)).fetchall()

    def drop(self) -> None:
        self._tables.connection.execute(f"DROP TABLE IF EXISTS temp.{self.name}")
