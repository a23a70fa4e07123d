"""How far the runs under way are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from console import words
from console.context import context
from console.identity import only_for
from console.readers.here import now
from data import run_log

SHORT_RUN = timedelta(seconds=5)


@dataclass(frozen=True)
class Reading:
    """A table that is being read: rows so far, of about how many, and the seconds it may still take."""

    system: str
    table: str
    rows: int
    expected: int | None
    seconds_left: float | None


@dataclass(frozen=True)
class Through:
    """A system that the runs under way have read, with the records they read and the changes they found."""

    system: str
    read: int
    changes: int


@dataclass(frozen=True)
class Progress:
    """The runs under way: tables being read, systems that are through, systems to come; begun with the earliest.

    `notable` is a first load, a run that a person asked for, or one that takes its time. The usual run is over before
    one could read of it, and a page that showed each would flicker.
    """

    runs: list[str]
    started_at: datetime
    notable: bool
    reading: list[Reading]
    through: list[Through]
    to_come: list[str]


@only_for("admin", "analyst")
def progress() -> Progress | None:
    """How far the runs under way are, or None when nothing runs."""
    store = context().store
    runs = run_log.running(store).to_dicts()
    if not runs:
        return None
    tables = run_log.running_tables(store).to_dicts()
    asked = {name for run in runs for name in words.split(run["systems"])}
    busy = {row["system"] for row in tables if row["outcome"] == "running"}
    begun = {row["system"] for row in tables}
    started_at = min(run["started_at"] for run in runs)
    return Progress(
        runs=[run["id"] for run in runs],
        started_at=started_at,
        notable=now() - started_at > SHORT_RUN
        or any(run["asked_by"] == "console" for run in runs)
        or any(row["mode"] == "first_load" for row in tables),
        reading=[_reading(row) for row in tables if row["outcome"] == "running"],
        through=[_through(name, tables) for name in words.SYSTEMS if name in begun - busy],
        to_come=[name for name in words.SYSTEMS if name in asked - begun],
    )


def _through(system: str, tables: list[dict[str, Any]]) -> Through:
    mine = [row for row in tables if row["system"] == system]
    return Through(system, sum(row["rows_read"] or 0 for row in mine), sum(_changes(row) for row in mine))


def _changes(row: dict[str, Any]) -> int:
    return sum(row[column] or 0 for column in ("rows_inserted", "rows_changed", "rows_deleted"))


def _reading(row: dict[str, Any]) -> Reading:
    rows, expected = row["rows_read"] or 0, row["expected"]
    if expected is not None and rows > expected:
        expected = None  # more came than was known of, and how many more nobody knows
    seconds = (now() - row["started_at"]).total_seconds()
    left = None
    # Below some seconds or rows the rate is chance.
    if expected and 0 < rows < expected and seconds >= 3:
        left = (expected - rows) / (rows / seconds)
    return Reading(row["system"], row["table_name"], rows, expected, left)


@only_for("admin", "analyst")
def watched() -> Progress | None:
    """How far the runs under way are, when that is worth a person's eye."""
    found = progress()
    return found if found and found.notable else None
