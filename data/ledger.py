"""The run log: runs, what each table of a run brought, problems, API use and the notes that webhooks leave."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from data.store import Store


@dataclass
class TableCounts:
    """What one table of one run brought so far, in records and calls."""

    system: str
    table: str
    mode: str
    read: int = 0
    inserted: int = 0
    changed: int = 0
    deleted: int = 0
    calls: int = 0
    expected: int | None = None
    source_count: int | None = None
    mirror_count: int | None = None
    window_from: datetime | None = None
    window_to: datetime | None = None
    text: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's members of a table in a pull's report."""
        names = (
            "system", "table", "mode", "read", "inserted", "changed", "deleted", "calls",
            "source_count", "mirror_count",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Problem:
    """Something that a person should know; the same one met again counts up instead of repeating."""

    system: str
    code: str
    text: str
    advice: str = ""
    table: str | None = None
    record: str | None = None


@dataclass(frozen=True)
class Note:
    """What a webhook told: that something happened to a record; the run asks the system itself."""

    id: str
    system: str
    kind: str
    object: str
    record_id: str
    happened_at: datetime | None = None


def start_run(
    store: Store,
    now: datetime,
    *,
    asked_by: str,
    systems: Sequence[str],
    reconcile: bool = False,
    kind: str = "pull",
) -> str:
    """Write down that a run begins and return its id, r-<number>."""
    with store.write() as cursor:
        number = int(cursor.sql("select coalesce(max(number), 0) + 1 from sync.run").fetchall()[0][0])
        cursor.execute(
            "insert into sync.run values ($number, $id, $kind, $asked_by, $systems, $reconcile, $now, null, 'running', null)",
            {
                "number": number,
                "id": f"r-{number}",
                "kind": kind,
                "asked_by": asked_by,
                "systems": ",".join(systems),
                "reconcile": reconcile,
                "now": now,
            },
        )
    return f"r-{number}"


def note_sync(store: Store, run: str, sync: str, version: int | None, now: datetime) -> None:
    """Write down that a run begins with a sync, by which version of the configuration."""
    with store.write() as cursor:
        cursor.execute(
            "insert into sync.run_sync (run, sync, version, began_at) values ($run, $sync, $version, $now)",
            {"run": run, "sync": sync, "version": version, "now": now},
        )


def finish_run(store: Store, run: str, now: datetime, outcome: str, text: str | None = None) -> None:
    """Write down how a run ended; tables of it still open end the same way."""
    with store.write() as cursor:
        _close(cursor, "run = $run", {"run": run}, now, outcome)
        cursor.execute(
            "update sync.run set finished_at = $now, outcome = $outcome, text = $text where id = $run",
            {"now": now, "outcome": outcome, "text": text, "run": run},
        )


def close_interrupted(store: Store, now: datetime) -> int:
    """Mark runs that a crash left open; only the process that holds the store calls this. Returns how many."""
    with store.write() as cursor:
        left = cursor.sql("select count(*) from sync.run where outcome = 'running'").fetchall()[0][0]
        if left:
            _close(cursor, "true", {}, now, "interrupted")
            cursor.execute(
                "update sync.run set finished_at = $now, outcome = 'interrupted', text = $text where outcome = 'running'",
                {"now": now, "text": "The process ended in the middle; the next run went on from there."},
            )
    return int(left)


def _close(
    cursor: duckdb.DuckDBPyConnection, where: str, params: Mapping[str, Any], now: datetime, outcome: str
) -> None:
    cursor.execute(
        "update sync.run_table set finished_at = $now, outcome = $outcome"  # noqa: S608 (two conditions of ours)
        f" where outcome = 'running' and {where}",
        {"now": now, "outcome": outcome, **params},
    )


def start_table(store: Store, run: str, counts: TableCounts, now: datetime) -> None:
    """Write down that a run begins with a table."""
    with store.write() as cursor:
        cursor.execute(
            "insert into sync.run_table (run, system, table_name, mode, started_at, outcome)"
            " values ($run, $system, $table, $mode, $now, 'running')",
            {"run": run, "system": counts.system, "table": counts.table, "mode": counts.mode, "now": now},
        )
    update_table(store, run, counts)


def update_table(
    store: Store, run: str, counts: TableCounts, outcome: str = "running", now: datetime | None = None
) -> None:
    """Write down how far a table has come, or how it ended."""
    with store.write() as cursor:
        cursor.execute(
            "update sync.run_table set mode = $mode, outcome = $outcome, finished_at = $now, expected = $expected,"
            " rows_read = $read, rows_inserted = $inserted, rows_changed = $changed, rows_deleted = $deleted,"
            " calls = $calls, source_count = $source_count, mirror_count = $mirror_count,"
            " window_from = $window_from, window_to = $window_to, text = $text"
            " where run = $run and system = $system and table_name = $table",
            {**vars(counts), "run": run, "outcome": outcome, "now": now},
        )


def note_problem(store: Store, run: str | None, problem: Problem, now: datetime) -> None:
    """Open a problem, or count an open one up; `run` is None for what no run met."""
    key = {
        "system": problem.system,
        "table": problem.table,
        "record": problem.record,
        "code": problem.code,
    }
    same = (
        "resolved_at is null and system = $system and code = $code"
        " and table_name is not distinct from $table and record_id is not distinct from $record"
    )
    said = {"text": problem.text, "advice": problem.advice, "run": run, "now": now}
    with store.write() as cursor:
        if cursor.sql(f"select 1 from sync.problem where {same}", params=key).fetchall():  # noqa: S608 (ours)
            cursor.execute(
                "update sync.problem set times = times + 1, last_seen_at = $now, text = $text,"  # noqa: S608 (ours)
                f" advice = $advice, run = $run where {same}",
                {**key, **said},
            )
            return
        number = cursor.sql("select count(*) + 1 from sync.problem").fetchall()[0][0]
        cursor.execute(
            "insert into sync.problem values"
            " ($id, $system, $table, $record, $code, $text, $advice, $run, $now, $now, 1, null)",
            {**key, **said, "id": f"p-{number}"},
        )


def resolve_problems(store: Store, run: str, system: str, table: str | None, now: datetime) -> None:
    """Close the problems of a table (of the system itself when None) that this run did not meet.

    Records that are not visible stay a problem as long as there are any: a run that goes well does not end that.
    """
    hidden = 0
    if table is not None:
        sql = f'select count(*) as n from "{system}"."{table}" where _not_visible_at is not null'  # noqa: S608 (ours)
        hidden = store.rows(sql)[0]["n"]
    with store.write() as cursor:
        cursor.execute(
            "update sync.problem set resolved_at = $now where resolved_at is null and system = $system"
            " and table_name is not distinct from $table and record_id is null and run <> $run"
            " and (code <> 'not_visible' or $hidden = 0)",
            {"system": system, "table": table, "now": now, "run": run, "hidden": hidden},
        )


def settle_records(
    store: Store, system: str, code: str, table: str, records: Iterable[str], now: datetime
) -> None:
    """Close the open problems of one cause that single records of a table had, where it is gone."""
    key = {"system": system, "code": code, "table": table}
    which = "resolved_at is null and system = $system and code = $code and table_name = $table"
    open_ones = store.rows(f"select record_id from sync.problem where {which}", key)  # noqa: S608 (ours)
    gone = {row["record_id"] for row in open_ones} & set(records)
    if gone:
        with store.write() as cursor:
            cursor.execute(
                f"update sync.problem set resolved_at = $now where {which}"  # noqa: S608 (ours)
                " and record_id in (select unnest($ids))",
                {**key, "now": now, "ids": sorted(gone)},
            )


def settle_problem(store: Store, system: str, code: str, now: datetime) -> None:
    """Close the open problems of one cause, which went well since."""
    open_ones = "resolved_at is null and system = $system and code = $code"
    key = {"system": system, "code": code}
    if store.rows(f"select 1 from sync.problem where {open_ones}", key):  # noqa: S608 (ours)
        with store.write() as cursor:
            cursor.execute(
                f"update sync.problem set resolved_at = $now where {open_ones}",  # noqa: S608 (ours)
                {**key, "now": now},
            )


def note_api_use(
    store: Store,
    run: str,
    system: str,
    now: datetime,
    *,
    calls: int,
    seconds: float,
    used: int | None,
    allowance: int | None,
    period: str,
) -> None:
    """Write down what a run used of a system's calls."""
    with store.write() as cursor:
        cursor.execute(
            "insert into sync.api_use values ($system, $run, $now, $calls, $seconds, $used, $allowance, $period)",
            {
                "system": system,
                "run": run,
                "now": now,
                "calls": calls,
                "seconds": seconds,
                "used": used,
                "allowance": allowance,
                "period": period,
            },
        )


def last_api_use(store: Store, system: str) -> tuple[int, int] | None:
    """(used, allowance) as a system told them last; None where it never did."""
    rows = store.rows(
        "select used, allowance from sync.api_use where system = $system and used is not null and allowance is not null"
        " order by measured_at desc, used desc limit 1",
        {"system": system},
    )
    return (int(rows[0]["used"]), int(rows[0]["allowance"])) if rows else None


def add_notes(store: Store, notes: Iterable[Note], now: datetime) -> int:
    """Keep what a webhook told; a note that is there already is not kept twice. Returns how many were new."""
    kept = 0
    with store.write() as cursor:
        for note in notes:
            if cursor.sql(
                "select 1 from sync.webhook_note where id = $id", params={"id": note.id}
            ).fetchall():
                continue
            cursor.execute(
                "insert into sync.webhook_note values"
                " ($id, $system, $kind, $object, $record_id, $happened_at, $now, null, null)",
                {**vars(note), "now": now},
            )
            kept += 1
    return kept


def open_notes(store: Store, system: str, limit: int = 500) -> list[Note]:
    """The notes that no run has followed yet, oldest first."""
    rows = store.rows(
        "select id, system, kind, object, record_id, happened_at from sync.webhook_note"
        " where handled_at is null and system = $system order by received_at, id limit $limit",
        {"system": system, "limit": limit},
    )
    return [Note(**row) for row in rows]


def open_note_count(store: Store, system: str) -> int:
    """How many notes no run has followed yet."""
    sql = "select count(*) as n from sync.webhook_note where handled_at is null and system = $system"
    return int(store.rows(sql, {"system": system})[0]["n"])


def notes_handled(store: Store, run: str, ids: Iterable[str], now: datetime) -> None:
    """Write down that a run has followed these notes."""
    with store.write() as cursor:
        for note_id in ids:
            cursor.execute(
                "update sync.webhook_note set handled_at = $now, run = $run where id = $id",
                {"now": now, "run": run, "id": note_id},
            )


def note_id(*parts: str) -> str:
    """The same id for the same delivery, so that a doubled webhook leaves one note."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(parts)))
