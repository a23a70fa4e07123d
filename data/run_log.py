"""What pages and commands ask of the run log: runs, their tables, problems, counts, API use.

Each function names one query of data/queries and gives its rows as a polars frame; instants are UTC. Nothing here
decides what a state means: that is words, and the console's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from data.store import Store, query

PAGE_MAX = 500
PROBLEMS_MAX = 200


@dataclass(frozen=True)
class RunFilter:
    """Which runs: with one of these outcomes, to read this system, begun since a moment, asked for by one of these.

    None is any.
    """

    outcomes: Sequence[str] | None = None
    system: str | None = None
    since: datetime | None = None
    asked_by: Sequence[str] | None = None

    def parameters(self) -> dict[str, Any]:
        """The filter as the queries take it."""
        return {
            "outcomes": None if self.outcomes is None else list(self.outcomes),
            "system": self.system,
            "since": self.since,
            "asked_by": None if self.asked_by is None else list(self.asked_by),
        }


@dataclass(frozen=True)
class RunCounts:
    """How many runs there are, pass a filter, and pass it while being newer than a given one."""

    all_runs: int
    matching: int
    newer: int


def runs(
    store: Store,
    chosen: RunFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE_MAX,
) -> pl.DataFrame:
    """A page of runs with the sums of their tables, newest first: those before or after a run's number."""
    keys = {"before": before, "after": after, "limit": limit}
    return store.frame(query("runs"), {**chosen.parameters(), **keys})


def run_counts(store: Store, chosen: RunFilter, *, first: int | None = None) -> RunCounts:
    """Count the runs; `newer` counts the matching ones with a number above `first`."""
    row = store.rows(query("run_counts"), {**chosen.parameters(), "first": first})[0]
    return RunCounts(int(row["all_runs"]), int(row["matching"]), int(row["newer"]))


def run(store: Store, run_id: str) -> dict[str, Any] | None:
    """One run with the sums of its tables, or None."""
    found = store.rows(query("run"), {"id": run_id})
    return found[0] if found else None


def running(store: Store) -> pl.DataFrame:
    """The runs under way: id, number, systems, asked_by, started_at."""
    return store.frame(query("running"))


def running_tables(store: Store) -> pl.DataFrame:
    """The tables that the runs under way have begun."""
    return store.frame(query("running_tables"))


def run_tables(store: Store, run_id: str) -> pl.DataFrame:
    """The tables of a run, failed ones first."""
    return store.frame(query("run_tables"), {"run": run_id})


def run_problems(store: Store, run_id: str, limit: int = PROBLEMS_MAX) -> pl.DataFrame:
    """The problems that this run was the last to meet."""
    return store.frame(query("run_problems"), {"run": run_id, "limit": limit})


def open_problems(store: Store) -> pl.DataFrame:
    """Unresolved problems, one row a system and cause, oldest first."""
    return store.frame(query("open_problems"))


def schema_changes(store: Store, since: datetime) -> pl.DataFrame:
    """What the sources changed in their own shape, one row an object, newest first."""
    return store.frame(query("schema_changes"), {"since": since})


def system_states(store: Store) -> pl.DataFrame:
    """Tables, records and compared counts of each system that was ever read."""
    return store.frame(query("system_states"))


def system_attempts(store: Store) -> pl.DataFrame:
    """The latest finished run that was to read each system."""
    return store.frame(query("system_attempts"))


def system_problems(store: Store) -> pl.DataFrame:
    """What keeps whole systems from being read."""
    return store.frame(query("system_problems"))


def freshness(store: Store, system: str, tables: Sequence[str]) -> dict[str, Any]:
    """read_at, first_read_at, failed, tried_at, running_since of these tables of a system taken together."""
    asked = {"system": system, "tables": list(tables)}
    # A board asks every few seconds for everybody who looks at it, and the log is long.
    return store.lasting(("freshness", system, *tables), lambda: store.rows(query("freshness"), asked)[0])


def api_use(store: Store, since: datetime) -> pl.DataFrame:
    """The newest measure of API use of each system, and our own calls since a moment."""
    return store.frame(query("api_use"), {"since": since})


def webhooks(store: Store) -> pl.DataFrame:
    """When each system last called, and how many of its notes wait."""
    return store.frame(query("webhooks"))


def table_counts(store: Store) -> pl.DataFrame:
    """Each table as last counted on both sides, differing ones first."""
    return store.frame(query("table_counts"))


def hourly_rows(store: Store, since: datetime, now: datetime) -> pl.DataFrame:
    """Rows read and changed by UTC hour since a moment; hours without a run are absent."""
    return store.frame(query("hourly_rows"), {"since": since, "now": now})
