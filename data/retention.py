"""How long the log is kept, and what of it stays whatever its age: what still stands, waits, or can be undone.

Lines of the log are writes and decisions of records, and the runs that they are of. What the engine goes by is no line:
links, agreements, conflicts and their losers are left alone, and so is of the journal what no plan may forget
(data/queries/log_past_writes.sql says which that is, and why).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import duckdb

from data.store import Store, query
from data.syncs.frames import count

# What is told of runs goes with them.
_OF_RUNS = ("run_table", "run_sync")
# Of each system the newest measure is what the budget goes by, and the newest note says when it last called.
_ALONE = {
    "api_use": "measured_at < $before and measured_at < (select max(n.measured_at) from sync.api_use n"
    " where n.system = sync.api_use.system and n.used is not null and n.allowance is not null)",
    "webhook_note": "handled_at < $before and received_at < (select max(n.received_at) from sync.webhook_note n"
    " where n.system = sync.webhook_note.system)",
}


def trim(store: Store, now: datetime, days: int) -> Mapping[str, int]:
    """Remove the lines that are older than so many days and that nobody needs; returns how many rows of each table went."""
    before = {"before": now - timedelta(days=days)}
    gone: dict[str, int] = {}
    with store.write() as cursor:
        cursor.execute(query("log_past_writes"), before)
        gone["write"] = _remove(cursor, "write", "number in (select number from past)")
        cursor.execute("drop table past")
    with store.write() as cursor:
        ended = "not current and until < $before and number < (select max(number) from sync.decision)"
        gone["decision"] = _remove(cursor, "decision", ended, before)
    with store.write() as cursor:
        cursor.execute(query("log_past_runs"), before)
        for table in _OF_RUNS:
            gone[table] = _remove(cursor, table, "run in (select id from past)")
        gone["run"] = _remove(cursor, "run", "id in (select id from past)")
        cursor.execute("drop table past")
        for table, which in _ALONE.items():
            gone[table] = _remove(cursor, table, which, before)
    return {f"sync.{table}": number for table, number in gone.items() if number}


def _remove(
    cursor: duckdb.DuckDBPyConnection, table: str, which: str, params: Mapping[str, datetime] | None = None
) -> int:
    number = count(cursor, f"select count(*) from sync.{table} where {which}", params)  # noqa: S608 (ours)
    if number:
        cursor.execute(f"delete from sync.{table} where {which}", dict(params or {}))  # noqa: S608 (ours)
    return number
