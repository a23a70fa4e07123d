"""Whether each direction of a sync runs, since when, and what stood when it was turned on.

Pause keeps the baseline, so that resuming catches up. Off drops it (T-04): the links stay as what was, nothing travels
any more, and what was not written by then never is. How many changes that concerns is counted before it happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import duckdb
import polars as pl

from data.store import Store, query
from data.syncs.decisions import OPEN
from data.syncs.frames import count, give
from data.syncs.links import take_apart

Direction = Literal["inbound", "outbound"]
BOTH: tuple[Direction, Direction] = ("inbound", "outbound")
TURNED_OFF = "turned_off"


@dataclass(frozen=True)
class SyncState:
    """A direction is off, on or paused; what was pulled until `planned_to` was planned, with that version."""

    sync: str
    inbound: str = "off"
    outbound: str = "off"
    inbound_on_at: datetime | None = None
    outbound_on_at: datetime | None = None
    planned_to: datetime | None = None
    planned_version: int | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None

    @property
    def on(self) -> bool:
        """Whether anything of it runs."""
        return "on" in (self.inbound, self.outbound)

    @property
    def off(self) -> bool:
        return self.inbound == self.outbound == "off"


@dataclass(frozen=True)
class Missed:
    """What is lost if a sync is off: linked records with a change that was not planned, and decisions still open."""

    changed: int
    open: int

    @property
    def total(self) -> int:
        return self.changed + self.open


def read(store: Store, sync: str) -> SyncState:
    """The state of a sync; off when it was never turned on."""
    rows = store.rows("select * from sync.state where sync = $sync", {"sync": sync})
    return SyncState(**rows[0]) if rows else SyncState(sync)


def read_all(store: Store) -> list[SyncState]:
    """The states of all syncs that were ever turned on, by name."""
    return [SyncState(**row) for row in store.rows("select * from sync.state order by sync")]


def turn_on(
    store: Store, sync: str, directions: Sequence[Direction], snapshot: Iterable[pl.DataFrame], *, person: str, now: datetime,
) -> int:  # fmt: skip
    """Turn directions on and keep what stands now: all records of both systems, whether or not they pass (T-01).

    `snapshot`: frames of `system`, `id`, `passed` (the inbound filters) and, as further columns, the values held.
    Everything or nothing is kept. The next plan looks at every record. Returns how many records stand.
    """
    with store.write() as cursor:
        before = _locked(cursor, sync)
        cursor.execute(
            "delete from sync.snapshot where sync = $sync and list_contains($directions, direction)",
            {"sync": sync, "directions": list(directions)},
        )
        kept = 0
        for frame in snapshot:
            kept += _keep_snapshot(cursor, sync, directions, frame)
        if before.off:
            cursor.execute(
                "update sync.decision set current = false, until = $now where current and sync = $sync",
                {"sync": sync, "now": now},
            )
        changes: dict[str, Any] = {"planned_to": None, "planned_version": None}
        for direction in directions:
            changes |= {direction: "on", f"{direction}_on_at": now}
        _write(cursor, before, changes, person, now)
    return kept


def _keep_snapshot(
    cursor: duckdb.DuckDBPyConnection, sync: str, directions: Sequence[Direction], frame: pl.DataFrame
) -> int:
    held = [name for name in frame.columns if name not in ("system", "id", "passed")]
    packed = frame.select(
        "system",
        "id",
        "passed",
        held=pl.struct(held).struct.json_encode() if held else pl.lit(None, pl.String),
    )
    give(cursor, "given_snapshot", packed)
    for direction in directions:
        cursor.execute(
            "insert into sync.snapshot (sync, direction, system, id, passed, held)"
            " select $sync, $direction, system, id, passed, held from given_snapshot",
            {"sync": sync, "direction": direction},
        )
    cursor.unregister("given_snapshot")
    return frame.height


def pause(store: Store, sync: str, *, person: str, now: datetime) -> SyncState:
    """Stop what runs and keep the baseline."""
    return _switch(store, sync, "on", "paused", person, now)


def resume(store: Store, sync: str, *, person: str, now: datetime) -> SyncState:
    """Go on with what was paused; the next plan catches up."""
    return _switch(store, sync, "paused", "on", person, now)


def missed(store: Store, sync: str) -> Missed:
    """What turning the sync off now would lose; and what was lost, and has changed since, where it is off."""
    state = read(store, sync)
    [row] = store.rows(
        query("sync_missed"), {"sync": sync, "since": state.planned_to, "open": list(OPEN), "off": TURNED_OFF}
    )
    return Missed(int(row["changed"]), int(row["open"]))


def turn_off(
    store: Store, sync: str, directions: Sequence[Direction] = BOTH, *, person: str, now: datetime
) -> int:
    """Turn directions off and drop their snapshots; when none is left, links are taken apart and their agreements dropped.

    Returns how many links were taken apart.
    """
    with store.write() as cursor:
        before = _locked(cursor, sync)
        cursor.execute(
            "delete from sync.snapshot where sync = $sync and list_contains($directions, direction)",
            {"sync": sync, "directions": list(directions)},
        )
        changes: dict[str, Any] = {}
        for direction in directions:
            changes |= {direction: "off", f"{direction}_on_at": None}
        after = _write(cursor, before, changes, person, now)
        parted = 0
        if after.off:
            cursor.execute(
                "create temp table parting as select number, link from sync.link"
                " where sync = $sync and state <> 'unlinked'",
                {"sync": sync},
            )
            parted = take_apart(cursor, reason=TURNED_OFF, settled_by="off", now=now)
    return parted


def snapshot_count(store: Store, sync: str, direction: Direction) -> int:
    """How many records stand in the snapshot of a direction."""
    sql = "select count(*) as n from sync.snapshot where sync = $sync and direction = $direction"
    return int(store.rows(sql, {"sync": sync, "direction": direction})[0]["n"])


def _switch(store: Store, sync: str, from_: str, to: str, person: str, now: datetime) -> SyncState:
    with store.write() as cursor:
        before = _locked(cursor, sync)
        changes: dict[str, Any] = {name: to for name in BOTH if getattr(before, name) == from_}
        return _write(cursor, before, changes, person, now) if changes else before


def _locked(cursor: duckdb.DuckDBPyConnection, sync: str) -> SyncState:
    """The state as the writer sees it."""
    rows = (
        cursor.execute("select * from sync.state where sync = $sync", {"sync": sync})
        .to_arrow_table()
        .to_pylist()
    )
    return SyncState(**rows[0]) if rows else SyncState(sync)


def _write(
    cursor: duckdb.DuckDBPyConnection, before: SyncState, changes: dict[str, Any], person: str, now: datetime
) -> SyncState:
    after = SyncState(**{**vars(before), **changes, "changed_by": person, "changed_at": now})
    cursor.execute("delete from sync.state where sync = $sync", {"sync": after.sync})
    cursor.execute(
        "insert into sync.state (sync, inbound, outbound, inbound_on_at, outbound_on_at, planned_to, planned_version,"
        " changed_by, changed_at) values ($sync, $inbound, $outbound, $inbound_on_at, $outbound_on_at, $planned_to,"
        " $planned_version, $changed_by, $changed_at)",
        vars(after),
    )
    return after


def drop_count(store: Store, sync: str) -> int:
    """How many links turning the sync off would take apart."""
    with store.cursor() as cursor:
        return count(
            cursor,
            "select count(*) from sync.link where sync = $sync and state <> 'unlinked'",
            {"sync": sync},
        )
