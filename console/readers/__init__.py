"""What the pages show, asked of the store and put into the pages' words.

Readers only read. They are not cached: the run log answers each of them in milliseconds, and a live page must not
show what was true some seconds ago.
"""

from __future__ import annotations

from console.readers.access import (
    Editing,
    Line,
    access_lines,
    all_teams,
    all_users,
    editing,
    maskable_columns,
    teams_below,
    versions,
)
from console.readers.audit import AuditLine, audit_count, audit_lines, own_lines
from console.readers.cases import Case, cases
from console.readers.connections import LOGIN_HOSTS, Connected, callback_url, connections, may_store
from console.readers.counts import hourly, table_counts
from console.readers.days import Days, common_zone, compared_days, day_zone
from console.readers.here import connected, now, zone
from console.readers.numbers import (
    NumbersDraft,
    Result,
    WhatCounts,
    dictionary,
    numbers_draft,
    results,
    what_counts,
)
from console.readers.progress import Progress, Reading, progress, watched
from console.readers.runs import (
    Run,
    all_runs,
    last_runs,
    run,
    run_counts,
    run_filter,
    run_problems,
    run_tables,
    runs,
)
from console.readers.systems import System, systems
from data.access_settings import MASKABLE, ROLES, ListedPerson, Role
from data.run_log import RunCounts, RunFilter

__all__ = [
    "LOGIN_HOSTS",
    "MASKABLE",
    "ROLES",
    "AuditLine",
    "Case",
    "Connected",
    "Days",
    "Editing",
    "Line",
    "ListedPerson",
    "NumbersDraft",
    "Progress",
    "Reading",
    "Result",
    "Role",
    "Run",
    "RunCounts",
    "RunFilter",
    "System",
    "WhatCounts",
    "access_lines",
    "all_runs",
    "all_teams",
    "all_users",
    "audit_count",
    "audit_lines",
    "callback_url",
    "cases",
    "common_zone",
    "compared_days",
    "connected",
    "connections",
    "day_zone",
    "dictionary",
    "editing",
    "hourly",
    "last_runs",
    "maskable_columns",
    "may_store",
    "now",
    "numbers_draft",
    "own_lines",
    "progress",
    "results",
    "run",
    "run_counts",
    "run_filter",
    "run_problems",
    "run_tables",
    "runs",
    "systems",
    "table_counts",
    "teams_below",
    "versions",
    "watched",
    "what_counts",
    "zone",
]
