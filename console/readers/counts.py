"""Counts over many runs: tables against their source, rows by the hour."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import polars as pl

from console import words
from console.context import context
from console.identity import only_for
from console.readers.here import now, zone
from data import run_log


@only_for("admin", "analyst")
def table_counts(limit: int) -> tuple[pl.DataFrame, int]:
    """Tables as last counted on both sides, differing ones first; and how many tables were counted."""
    frame = run_log.table_counts(context().store)
    return frame.head(limit), frame.height


@only_for("admin", "analyst")
def hourly(hours: int = 24) -> pl.DataFrame:
    """Rows read and changed in each of the last hours, hours without a run included: hour, label, read, changed.

    `hour` is the local hour as ISO text with its offset, so that both two-o'clocks of an autumn night stay apart.
    """
    here, moment = ZoneInfo(zone()), now()
    first = moment.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours - 1)
    known = {row["hour"]: row for row in run_log.hourly_rows(context().store, first, moment).to_dicts()}
    rows = []
    for step in range(hours):
        hour = first + timedelta(hours=step)
        row = known.get(hour, {"rows_read": 0, "rows_changed": 0})
        local = hour.astimezone(here)
        rows.append(
            {
                "hour": local.isoformat(),
                "label": words.moment(hour, moment, zone()),
                # A delete is a change that no read row brought.
                "read": max(row["rows_read"], row["rows_changed"]),
                "changed": row["rows_changed"],
            }
        )
    return pl.DataFrame(rows)
