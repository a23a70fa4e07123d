"""What the pages show, asked of the store and put into the pages' words.

Readers only read. They are not cached: the run log answers each of them in milliseconds, and a live page must not
show what was true some seconds ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from console import signs, words
from console.context import context
from console.signs import Sign
from data import run_log
from data.run_log import RunCounts as RunCounts  # pages take these types from here, as they take the frames
from data.run_log import RunFilter as RunFilter

PAGE = 50
EXPORT_MAX = 100_000
SCHEMA_NEWS = timedelta(days=7)
SHORT_RUN = timedelta(seconds=5)


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def zone() -> str:
    """The IANA name of the zone in which times are told."""
    return context().timezone


def connected() -> tuple[str, ...]:
    """The configured systems."""
    return context().systems


@dataclass(frozen=True)
class ApiUse:
    """A system's API budget in words, and the share of it that is used (None when no limit is known)."""

    text: str
    share: float | None


@dataclass(frozen=True)
class Trouble:
    """Why a whole system cannot be read: the reason with its advice, the last try, the run that met it."""

    text: str
    tried_at: datetime
    run: str


@dataclass(frozen=True)
class System:
    """One connected system as its card shows it; `last` is the latest finished run that was to read it."""

    name: str
    sign: Sign
    read_at: datetime | None
    records: int
    source: int | None
    differing: int
    tables: int
    tables_failed: int
    trouble: Trouble | None
    last: Attempt | None
    api: ApiUse | None
    webhook_at: datetime | None


@dataclass(frozen=True)
class Attempt:
    """How a run ended, as far as the systems it was to read are concerned."""

    run: str
    sign: Sign
    text: str | None


def systems() -> list[System]:
    """The three systems in the order of the product, whether or not they are connected."""
    store = context().store
    known = _by_system(run_log.system_states(store))
    troubles = _by_system(run_log.system_problems(store))
    attempts = _by_system(run_log.system_attempts(store))
    uses = _by_system(run_log.api_use(store, now() - timedelta(days=1)))
    called = _by_system(run_log.webhooks(store))
    reading = {name for row in run_log.running(store).to_dicts() for name in words.split(row["systems"])}
    return [
        _system(
            name,
            known.get(name, {}),
            trouble=_trouble(troubles[name]) if name in troubles else None,
            last=_attempt(attempts[name]) if name in attempts else None,
            api=_api_use(uses[name]) if name in uses else None,
            webhook_at=called[name]["received_at"] if name in called else None,
            reading=name in reading,
        )
        for name in words.SYSTEMS
    ]


def _by_system(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["system"]: row for row in frame.to_dicts()}


def _trouble(row: dict[str, Any]) -> Trouble:
    return Trouble(_sentences(row["text"], row["advice"]), row["last_seen_at"], row["run"])


def _attempt(row: dict[str, Any]) -> Attempt:
    return Attempt(row["run"], signs.outcome(row["outcome"]), row["text"])


def _system(
    name: str,
    known: dict[str, Any],
    *,
    trouble: Trouble | None,
    last: Attempt | None,
    api: ApiUse | None,
    webhook_at: datetime | None,
    reading: bool,
) -> System:
    source = known.get("compared_source")
    return System(
        name=name,
        sign=_system_sign(
            known, failing=trouble is not None, reading=reading, configured=name in connected()
        ),
        read_at=known.get("read_at"),
        # Beside the source's own count stand the same tables of the mirror, else "of" would compare unlike things.
        records=(known.get("records") or 0) if source is None else known["compared_mirror"],
        source=source,
        differing=known.get("differing") or 0,
        tables=known.get("tables") or 0,
        tables_failed=known.get("tables_failed") or 0,
        trouble=trouble,
        last=last,
        api=api,
        webhook_at=webhook_at,
    )


def _system_sign(known: dict[str, Any], *, failing: bool, reading: bool, configured: bool) -> Sign:
    never_read = not known.get("read_at")
    missing = known.get("tables_never_read", 0) > 0
    if not configured and never_read:
        return signs.NOT_SET_UP
    if failing:
        return signs.FAILING
    if reading and (never_read or missing):
        return signs.READING
    if known.get("tables_failed"):
        return signs.PARTLY
    if missing or known.get("tables_unfinished"):
        return signs.UNFINISHED
    return signs.NOT_READ if never_read else signs.CONNECTED


def _api_use(use: dict[str, Any]) -> ApiUse:
    used, allowance, period = use["used"], use["allowance"], use["period"]
    if used is not None and allowance:
        when = "today" if period == "day" else f"a {period}"
        return ApiUse(f"{used:,} of {allowance:,} calls {when}", min(used / allowance, 1.0))
    if allowance and period == "second" and use["run_seconds"]:
        rate = use["run_calls"] / max(use["run_seconds"], 1.0)
        return ApiUse(f"{rate:.1f} of {allowance:,} calls a second", min(rate / allowance, 1.0))
    return ApiUse(f"{words.counted(use['calls_since'], 'call')} of ours in 24 hours", None)


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
    seconds = (now() - row["started_at"]).total_seconds()
    left = None
    # Below some seconds or rows the rate is chance.
    if expected and 0 < rows < expected and seconds >= 3:
        left = (expected - rows) / (rows / seconds)
    return Reading(row["system"], row["table_name"], rows, expected, left)


def watched() -> Progress | None:
    """How far the runs under way are, when that is worth a person's eye."""
    found = progress()
    return found if found and found.notable else None


@dataclass(frozen=True)
class Case:
    """Something that needs a person: what, since when, and what to do."""

    sign: Sign
    title: str
    text: str
    since: datetime
    run: str | None
    system: str


def cases() -> list[Case]:
    """Open problems by cause, oldest first, then what the sources changed in their own shape this week."""
    store = context().store
    problems = [_problem_case(row) for row in run_log.open_problems(store).to_dicts()]
    changes = [_schema_case(row) for row in run_log.schema_changes(store, now() - SCHEMA_NEWS).to_dicts()]
    return problems + changes


def _problem_case(row: dict[str, Any]) -> Case:
    where = words.system(row["system"])
    what: str | None
    if row["records"]:
        what = words.counted(row["records"], "record")
    elif row["tables"] > 1:
        what = words.counted(row["tables"], "table")
    else:
        what = f"table {row['table_name']}" if row["table_name"] else None
    return Case(
        # Something that stops a whole table or system has failed; single records wait for a person.
        sign=signs.WAITS if row["records"] else signs.FAILED,
        title=f"{where}, {words.plain(what)}" if what else where,
        text=_sentences(row["text"], row["advice"]),
        since=row["first_seen_at"],
        run=row["run"],
        system=row["system"],
    )


def _schema_case(row: dict[str, Any]) -> Case:
    more = row["changes"] - 1
    return Case(
        sign=signs.NOTICE,
        title=f"{words.system(row['system'])} changed {words.plain(row['object'])}",
        text=words.plain(row["text"] or "") + (f" And {words.counted(more, 'more change')}." if more else ""),
        since=row["detected_at"],
        run=row["run"],
        system=row["system"],
    )


def _sentences(*texts: str | None) -> str:
    return " ".join(words.plain(text) for text in texts if text)


@dataclass(frozen=True)
class Run:
    """A run and what it brought; `seconds` is None while it is under way."""

    id: str
    number: int
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

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @property
    def counts(self) -> str:
        """The counts in one line, the same on every page."""
        return (
            f"read {self.rows_read:,} · inserted {self.inserted:,} · changed {self.changed:,} "
            f"· deleted {self.deleted:,}"
        )


def _run(row: dict[str, Any]) -> Run:
    return Run(
        id=row["id"],
        number=row["number"],
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
    )


def run(run_id: str) -> Run | None:
    """One run, or None when there is none of that id."""
    row = run_log.run(context().store, run_id)
    return _run(row) if row else None


def runs(
    chosen: RunFilter, *, before: int | None = None, after: int | None = None, limit: int = PAGE
) -> list[Run]:
    """A page of runs, newest first."""
    frame = run_log.runs(context().store, chosen, before=before, after=after, limit=limit)
    return [_run(row) for row in frame.to_dicts()]


def last_runs(count: int) -> list[Run]:
    """The newest runs by schedule or by a person; those of single webhooks would crowd them out."""
    return runs(RunFilter(asked_by=("schedule", "console", "command")), limit=count)


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


def run_tables(run_id: str) -> pl.DataFrame:
    """The tables of a run."""
    return run_log.run_tables(context().store, run_id)


def run_problems(run_id: str) -> pl.DataFrame:
    """The problems a run was the last to meet."""
    return run_log.run_problems(context().store, run_id)


def runs_csv(chosen: RunFilter) -> bytes:
    """The chosen runs with their counts; instants in UTC, as they are stored."""
    return run_log.runs(context().store, chosen, limit=EXPORT_MAX).write_csv().encode()


def tables_csv(run_id: str) -> bytes:
    """The tables of a run as they are stored."""
    return run_log.run_tables(context().store, run_id).write_csv().encode()


def table_counts(limit: int) -> tuple[pl.DataFrame, int]:
    """Tables as last counted on both sides, differing ones first; and how many tables were counted."""
    frame = run_log.table_counts(context().store)
    return frame.head(limit), frame.height


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
