"""A mirror's table filled at once: a million rows merged as a pull does it would take the time that a bench has."""

from __future__ import annotations

from datetime import datetime

import duckdb

from data.mirror import digested
from data.schema import MirrorTable, existing_columns, quoted


def fill(cursor: duckdb.DuckDBPyConnection, table: MirrorTable, values: str, began: datetime) -> None:
    """Fill a mirror's table with a row for each of the temporary table `pair`; `values` are SQL, `$began` when it was pulled."""
    types = existing_columns(cursor, table)
    given = cursor.execute(f"select {values} from pair limit 0", {"began": began}).description or []
    names = {name for name, *_ in given}
    whole = ", ".join(
        f"{quoted(name) if name in names else 'null'}::{types[name]} as {quoted(name)}"
        for name in table.columns
    )
    rows = digested(cursor, f"select {whole} from (select {values} from pair)", table, types)
    cursor.execute(
        f"insert into {table.qualified} by name select *, $began as _pulled_at from ({rows})",
        {"began": began},
    )
