"""What the pages show, asked of the store and put into the pages' words.

Readers only read. They are not cached: the run log answers each of them in milliseconds, and a live page must not
show what was true some seconds ago.
"""

from __future__ import annotations

from console.readers.cases import Case, cases
from console.readers.counts import hourly, table_counts
from console.readers.here import connected, now, zone
from console.readers.progress import Progress, Reading, progress, watched
from console.readers.runs import (
    Run,
    last_runs,
    run,
    run_counts,
    run_filter,
    run_problems,
    run_tables,
    runs,
    runs_csv,
    tables_csv,
)
from console.readers.systems import System, systems
from data.run_log import RunCounts, RunFilter

__all__ = [
    "Case",
    "Progress",
    "Reading",
    "Run",
    "RunCounts",
    "RunFilter",
    "System",
    "cases",
    "connected",
    "hourly",
    "last_runs",
    "now",
    "progress",
    "run",
    "run_counts",
    "run_filter",
    "run_problems",
    "run_tables",
    "runs",
    "runs_csv",
    "systems",
    "table_counts",
    "tables_csv",
    "watched",
    "zone",
]
