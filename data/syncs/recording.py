"""Write down what a plan found and decided, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from data.store import Store
from data.syncs import cases, conflicts, decisions, links, standing


@dataclass(frozen=True)
class Found:
    """The frames of a plan that are written down before anything is carried out; shapes of sync/engine/outcome.py."""

    decisions: pl.DataFrame
    conflicts: pl.DataFrame
    rebases: pl.DataFrame
    standing: pl.DataFrame
    cases: pl.DataFrame
    link_states: pl.DataFrame


def record(
    store: Store, found: Found, *, sync: str, run: str | None, version: int, now: datetime, planned_to: datetime | None = None,
) -> int:  # fmt: skip
    """Write a plan's findings down in one transaction; returns how many records were decided otherwise than before.

    New agreements come before what differs: a field that was agreed on as it stands is a standing difference from then
    on. With `planned_to`, what was pulled until then counts as planned. A piece of a plan may be recorded by itself, as
    long as that comes with the last one.
    """
    with store.write() as cursor:
        links.set_states(cursor, found.link_states, now=now)
        links.agree(cursor, found.rebases, run=run, now=now)
        standing.note(cursor, found.standing, sync=sync, run=run, now=now)
        conflicts.note(cursor, found.conflicts, found.decisions, sync=sync, run=run, version=version, now=now)
        cases.note(cursor, found.cases, found.decisions, sync=sync, run=run, now=now)
        changed = decisions.note(cursor, found.decisions, sync=sync, run=run, version=version, now=now)
        if planned_to is not None:
            cursor.execute(
                "update sync.state set planned_to = $to, planned_version = $version where sync = $sync",
                {"to": planned_to, "version": version, "sync": sync},
            )
    return changed
