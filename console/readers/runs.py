"""The runs, their tables, and what they could not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from console import signs, words
from console.context import context
from console.identity import only_for
from console.readers.here import now
from console.signs import Sign
from data import run_log
from data.run_log import RunCounts, RunFilter

PAGE = 50
EXPORT_MAX = 100_000


@dataclass(frozen=True)
class Run:
    """A run and what it brought; `seconds` is None while it is under way."""

    id: str
    number: int
    kind: str  # pull | sync | link
    sign: Sign
    asked_by: str
    asked_for: str
    systems: str
    reconcile: bool
    started_at: datetime
    finished_at: datetime | None
    text: str | None
    rows_read: int
    inserted: int
    changed: int
    deleted: int
    calls: int
    tables: int
    tables_failed: int
    written: int
    writes_failed: int

    @property
    def of_records(self) -> bool:
        """Whether it is told by records, of a sync, and not by the tables that it read."""
        return self.kind != "pull"

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @property
    def counts(self) -> str:
        """The counts in one line, the same on every page."""
        if self.of_records:
            return f"written {self.written:,} · failed {self.writes_failed:,}"
        return (
            f"read {self.rows_read:,} · inserted {self.inserted:,} · changed {self.changed:,} "
            f"· deleted {self.deleted:,}"
        )


def _run(row: dict[str, Any]) -> Run:
    return Run(
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        sign=signs.outcome(row["outcome"]),
        asked_by=words.asked_by(row["asked_by"]),
        asked_for=words.asked_for(row["asked_by"]),
        systems=words.systems(row["systems"]),
        reconcile=bool(row["reconcile"]),
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        text=row["text"],
        rows_read=row["rows_read"],
        inserted=row["rows_inserted"],
        changed=row["rows_changed"],
        deleted=row["rows_deleted"],
        calls=row["calls"],
        tables=row["tables"],
        tables_failed=row["tables_failed"],
        written=row["written"],
        writes_failed=row["writes_failed"],
    )


@only_for("admin", "analyst")
def run(run_id: str) -> Run | None:
    """One run, or None when there is none of that id."""
    row = run_log.run(context().store, run_id)
    return _run(row) if row else None


@only_for("admin", "analyst")
def runs(
    chosen: RunFilter, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> list[Run]:
    """A page of runs, newest first."""
    frame = run_log.runs(context().store, chosen, before=before, after=after, limit=limit)
    return [_run(row) for row in frame.to_dicts()]


@only_for("admin", "analyst")
def last_runs(count: int) -> list[Run]:
    """The newest runs by schedule or by a person; those of single webhooks would crowd them out."""
    return runs(RunFilter(asked_by=("schedule", "console", "command")), limit=count)


@only_for("admin", "analyst")
def run_counts(chosen: RunFilter, *, first: int | None = None) -> RunCounts:
    """How many runs there are, pass the filters, and are newer than the first shown."""
    return run_log.run_counts(context().store, chosen, first=first)


def run_filter(
    outcomes: Sequence[str] | None, system: str | None, period: timedelta | None, asked_by: str | None = None
) -> RunFilter:
    """The filters of the Log as the store takes them."""
    return RunFilter(
        outcomes, system, now() - period if period else None, None if asked_by is None else [asked_by]
    )


@only_for("admin", "analyst")
def run_tables(run_id: str) -> pl.DataFrame:
    """The tables of a run."""
    return run_log.run_tables(context().store, run_id)


@only_for("admin", "analyst")
def run_problems(run_id: str) -> pl.DataFrame:
    """The problems a run was the last to meet."""
    return run_log.run_problems(context().store, run_id)


@only_for("admin", "analyst")
def all_runs(chosen: RunFilter) -> pl.DataFrame:
    """The chosen runs with their counts, to take away."""
    return run_log.runs(context().store, chosen, limit=EXPORT_MAX)
