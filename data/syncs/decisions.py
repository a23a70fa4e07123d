"""What was decided of each record, a row whenever that changes: the log, and where the next plan looks again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.store import Store, query
from data.syncs.frames import count, give

_DECISION = (
    "system", "id", "link", "outcome", "step", "code", "field", "clause", "seen", "text", "change", "towards",
)  # fmt: skip
# Nothing of these is done with: the next plan looks at the record again, whether it changed or not.
OPEN = ("blocked", "conflict", "waiting", "undecided", "planned")


def note(
    cursor: duckdb.DuckDBPyConnection, decisions: pl.DataFrame, *, sync: str, run: str | None, version: int, now: datetime,
) -> int:  # fmt: skip
    """Write down the decisions of a plan that differ from what stood of their records; returns how many did.

    Of a record that stands twice in the frame the last one counts.
    """
    if decisions.is_empty():
        return 0
    give(cursor, "given_decisions", decisions.select(_DECISION).with_row_index("ord"))
    cursor.execute(query("sync_decision_changes"), {"sync": sync})
    changed = count(cursor, "select count(*) from changed")
    if changed:
        cursor.execute(
            "update sync.decision set current = false, until = $now where current and sync = $sync"
            " and (system, id) in (select (system, id) from changed where known)",
            {"sync": sync, "now": now},
        )
        names = ", ".join(_DECISION)
        cursor.execute(
            f"insert into sync.decision (number, sync, {names}, decided_at, run, version, current)"
            " select last.number + row_number() over (order by ord),"
            f" $sync, {names}, $now, $run, $version, true from changed,"
            " (select coalesce(max(number), 0) as number from sync.decision) last order by ord",
            {"sync": sync, "now": now, "run": run, "version": version},
        )
    cursor.execute("drop table changed")
    cursor.unregister("given_decisions")
    return changed


def of_record(store: Store, system: str, id: str, sync: str | None = None) -> list[dict[str, Any]]:
    """Everything that was decided of a record, the newest first."""
    return store.rows(
        "select * from sync.decision where system = $system and id = $id and ($sync is null or sync = $sync)"
        " order by current desc, decided_at desc",
        {"system": system, "id": id, "sync": sync},
    )


def current(
    store: Store, sync: str, *, outcome: str | None = None, code: str | None = None, most: int = 1000
) -> pl.DataFrame:
    """The records as they were decided last, the newest decision first."""
    return store.frame(
        "select * exclude (current) from sync.decision where current and sync = $sync"
        " and ($outcome is null or outcome = $outcome) and ($code is null or code = $code)"
        " order by decided_at desc, system, id limit $most",
        {"sync": sync, "outcome": outcome, "code": code, "most": most},
    )


def outcome_counts(store: Store, sync: str) -> list[dict[str, Any]]:
    """How many records stand at each outcome and code: (system, outcome, code, n)."""
    return store.rows(
        "select system, outcome, code, count(*) as n from sync.decision where current and sync = $sync"
        " group by all order by n desc, system, outcome, code",
        {"sync": sync},
    )
