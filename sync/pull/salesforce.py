"""Mirror Salesforce: windows on the system stamp, complete readings, and evidence for what is missing.

A window is [cursor - 10 min, upper): rows commit late, so the overlap is read again and merged by id; upper is
the server's clock, so that a pull holds every write answered before it began. The cursor moves only in the
transaction that stored its rows. Large readings go through the Bulk API, the others through ranges of pages;
both can be cut off anywhere and go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data import mirror
from data.mirror import CsvFile, Reading
from data.schema import MirrorTable, known_fields
from sync.connectors.salesforce.api import (
    LONGEST_QUERY,
    LocatorLostError,
    QueryRefusedError,
    SalesforceApi,
    chunks,
    window_clause,
)
from sync.connectors.salesforce.describe import assemble, mirror_table
from sync.errors import RejectedError
from sync.pull.context import Pull, TableReading
from sync.pull.ranges import Range, RangeReader, as_json, batched, from_json

OVERLAP = timedelta(minutes=10)
DESCRIBE_EVERY = timedelta(hours=1)
# In values, because a wide object's rows are large: 40,000 rows of 25 fields are merged at once. A result page of the
# Bulk API holds more: from 122,880 rows on, DuckDB writes them straight to their place, and not to its log first.
VALUES_A_MERGE = 1_000_000
VALUES_A_BULK_PAGE = 4_000_000
# A table without a deletion flag and no larger than this is read whole each time: as many calls as a window.
SMALL_TABLE = 2_000
_LONG_WINDOW = timedelta(hours=2)
_IDS_A_PROBE = 200
_PROBES_AT_ONCE = 4
# Salesforce's codes for an object that the Bulk API does not query; it is read in pages instead.
_BULK_REFUSED = frozenset({"INVALIDENTITY", "FEATURENOTENABLED", "API_ERROR", "INVALIDJOB", "INVALID_ENTITY"})


@dataclass(frozen=True)
class _Task:
    """What is to be read of one table in this run."""

    mode: str  # first_load | window | full | reconcile | refill
    since: datetime | None
    until: datetime
    refilled: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every record is read, so that a missing one is known."""
        return self.mode in {"full", "reconcile"}


def pull_salesforce(pull: Pull, api: SalesforceApi, objects: Sequence[str], bulk_from: int) -> None:
    """Bring the mirror of every object up to the org's present state.

    One refused object fails alone; StopSystemError and StoppedError end the pull, with all that was stored kept.
    """
    upper = api.server_time() + timedelta(seconds=1)
    for sobject in objects:
        name = sobject.lower()
        with pull.table(api.client, "salesforce", name, "window") as reading:
            _SObject(pull, api, reading, sobject, upper, bulk_from).read()


class _SObject:
    """The reading of one object."""

    def __init__(
        self,
        pull: Pull,
        api: SalesforceApi,
        reading: TableReading,
        sobject: str,
        upper: datetime,
        bulk_from: int,
    ) -> None:
        self._pull, self._api, self._reading = pull, api, reading
        self._sobject, self._upper, self._bulk_from = sobject, upper, bulk_from
        self._cursor = mirror.read_cursor(pull.store, "salesforce", sobject.lower())

    def read(self) -> None:
        """Describe as needed, read, look for what is missing, count."""
        table = self._described(force=self._pull.reconcile)
        try:
            self._read_rows(table)
        except QueryRefusedError:
            # A field or the object changed since it was described: look again, once.
            table = self._described(force=True, unconditional=True)
            self._read_rows(table)
        live = " WHERE IsDeleted = false" if table.deleted_flag else ""
        self._reading.counts.source_count = self._api.count(table.object, live)
        self._reading.counts.mirror_count = mirror.live_count(self._pull.store, table)

    def _described(self, *, force: bool, unconditional: bool = False) -> MirrorTable:
        """The table as described: remembered for an hour on schedule, asked conditionally for a person (N-02)."""
        remembered = known_fields(self._pull.store, "salesforce", self._sobject)
        described_at = self._cursor.get("described_at")
        fresh = described_at and self._upper - datetime.fromisoformat(described_at) < DESCRIBE_EVERY
        scheduled = self._pull.asked_by in {"schedule", "webhook"}
        if remembered and fresh and scheduled and not force:
            return assemble(self._sobject, remembered)
        since = self._cursor.get("last_modified") if remembered and not unconditional else None
        answer = self._api.describe(self._sobject, since)
        if answer is None:
            table = assemble(self._sobject, remembered)
        else:
            table = mirror_table(answer.answer)
            self._reading.prepare(table)
            self._cursor = mirror.read_cursor(self._pull.store, "salesforce", table.name)
            self._cursor["last_modified"] = answer.last_modified
        self._cursor["described_at"] = self._upper.isoformat()
        self._reading.move_cursor(table, self._cursor)
        return table

    def _read_rows(self, table: MirrorTable) -> None:
        task, under_way = self._task(table)
        self._reading.counts.mode = task.mode
        self._carry_out(table, task, under_way)
        if under_way:
            # What was cut off ends where its own run began; this one goes on to the present.
            since = task.until - OVERLAP if table.stamp else None
            self._carry_out(table, _Task("window" if since else "full", since, self._upper), {})

    def _carry_out(self, table: MirrorTable, task: _Task, under_way: Mapping[str, Any]) -> None:
        counts = self._reading.counts
        counts.window_from, counts.window_to = task.since, task.until
        if task.complete and not under_way:
            self._cursor["reading"] = self._state(task)
            seeing = Reading(self._pull.run, self._pull.now, self._cursor)
            mirror.begin_or_end_seeing(self._pull.store, table, seeing)
        where = window_clause(table.stamp, task.since, task.until) if table.stamp else ""
        # Counted first to know how to read it; a usual window is a page or two and needs no count.
        short = task.since is not None and task.until - task.since <= _LONG_WINDOW
        counts.expected = None if short else self._api.count(table.object, where)
        self._reading.show()
        if self._wants_bulk(table, counts.expected, under_way):
            self._read_bulk(table, task, under_way)
        else:
            self._read_ranges(table, task, under_way)
        if task.complete:
            self._follow_missing(table)
        self._finish(table, task)

    def _task(self, table: MirrorTable) -> tuple[_Task, dict[str, Any]]:
        """What to read now, and the state of a reading that was cut off and goes on."""
        under_way = dict(self._cursor.get("reading") or {})
        refilled = tuple(self._cursor.get("refill", ()))
        if under_way and (under_way["mode"] == "reconcile" or not self._pull.reconcile):
            since = datetime.fromisoformat(under_way["from"]) if under_way["from"] else None
            until = datetime.fromisoformat(under_way["to"])
            return _Task(under_way["mode"], since, until, refilled), under_way
        reached = self._cursor.get("to")
        if reached is None:
            return _Task("first_load", None, self._upper), {}
        if self._pull.reconcile:
            return _Task("reconcile", None, self._upper, refilled), {}
        if refilled:
            return _Task("refill", None, self._upper, refilled), {}
        small = table.deleted_flag is None and mirror.live_count(self._pull.store, table) <= SMALL_TABLE
        if table.stamp is None or small:
            return _Task("full", None, self._upper), {}
        return _Task("window", datetime.fromisoformat(reached) - OVERLAP, self._upper), {}

    def _wants_bulk(self, table: MirrorTable, expected: int | None, under_way: Mapping[str, Any]) -> bool:
        if under_way:
            return "job" in under_way
        if _too_long_for_pages(table):
            return True
        return bool(self._bulk_from and expected is not None and expected >= self._bulk_from)

    def _state(self, task: _Task, **more: Any) -> dict[str, Any]:
        since = task.since.isoformat() if task.since else None
        return {"mode": task.mode, "from": since, "to": task.until.isoformat(), "ranges": [[since, task.until.isoformat()]], **more}  # fmt: skip

    def _how(self, task: _Task) -> dict[str, Any]:
        return {"refilled": task.refilled, "seen": task.complete, "newest_wins": not task.complete}

    def _read_ranges(self, table: MirrorTable, task: _Task, under_way: Mapping[str, Any]) -> None:
        ranges: list[Range] = [(task.since, task.until)]
        if under_way:
            ranges = from_json(under_way["ranges"])
        pieces = RangeReader(self._api, table, ranges, self._pull.stop)
        for piece in batched(iter(pieces), _rows(VALUES_A_MERGE, table)):
            self._cursor["reading"] = self._state(task, ranges=as_json(piece.left))
            self._reading.merge(table, piece.rows, cursor=self._cursor, **self._how(task))

    def _read_bulk(self, table: MirrorTable, task: _Task, under_way: Mapping[str, Any]) -> None:
        try:
            self._read_job(table, task, under_way.get("job"), under_way.get("locator"))
        except LocatorLostError:
            # The job failed, or one of an earlier run has lapsed: the same window again, merged by id.
            if _too_long_for_pages(table):
                self._read_job(table, task, None, None)
            else:
                self._read_ranges(table, task, {})
        except RejectedError as error:
            if under_way or error.remote_code not in _BULK_REFUSED:
                raise
            self._read_ranges(table, task, {})

    def _read_job(self, table: MirrorTable, task: _Task, job: str | None, locator: str | None) -> None:
        where = window_clause(table.stamp, task.since, task.until) if table.stamp else ""
        columns = tuple(table.columns)
        if job is None:
            # No ORDER BY: it switches the service's own chunking off (reference: Bulk API 2.0).
            job = self._api.start_bulk(f"SELECT {', '.join(columns)} FROM {table.object}{where}")  # noqa: S608
            self._cursor["reading"] = self._state(task, job=job, locator=None)
            self._reading.move_cursor(table, self._cursor)
        total = self._api.wait_for_bulk(job, self._pull.stop)
        if total is not None:
            self._reading.counts.expected = total
        rows = _rows(VALUES_A_BULK_PAGE, table)
        with TemporaryDirectory(prefix="fieldline-") as folder, ThreadPoolExecutor(1) as fetcher:

            def fetch(number: int, at: str | None) -> tuple[Path, str | None]:
                path = Path(folder) / f"{number}.csv"
                return path, self._api.bulk_page(job, at, rows, path)

            number = 0
            coming = fetcher.submit(fetch, number, locator)
            while True:
                self._pull.check_stop()
                path, following = coming.result()
                number += 1
                if following:  # fetched while this one is stored
                    coming = fetcher.submit(fetch, number, following)
                left: dict[str, Any] = {"job": job, "locator": following} if following else {"ranges": []}
                self._cursor["reading"] = self._state(task, **left)
                self._reading.merge(table, CsvFile(path, columns), cursor=self._cursor, **self._how(task))
                path.unlink()
                if not following:
                    break
        self._api.drop_bulk(job)

    def _follow_missing(self, table: MirrorTable) -> None:
        """Ask for each record that a complete reading has not shown: only a 404 on its id is a deletion (L-08)."""
        missing = mirror.missing_ids(self._pull.store, table)
        if self._reading.suspicious(len(missing), mirror.live_count(self._pull.store, table)):
            self._reading.mark_not_visible(table, missing)
            return
        shown: set[str] = set()
        for ids in chunks(missing, _IDS_A_PROBE):
            self._pull.check_stop()
            shown |= self._api.visible(table.object, ids)
        hidden = [record_id for record_id in missing if record_id not in shown]
        with ThreadPoolExecutor(_PROBES_AT_ONCE) as probes:
            there = list(probes.map(lambda record_id: self._api.exists(table.object, record_id), hidden))
        gone = {record_id: None for record_id, exists in zip(hidden, there, strict=True) if not exists}
        self._reading.mark_deleted(table, gone)

    def _finish(self, table: MirrorTable, task: _Task) -> None:
        """Move the cursor to the end of what was read, in one transaction with the end of the reading."""
        self._cursor.pop("reading", None)
        self._cursor.pop("refill", None)
        self._cursor["to"] = task.until.isoformat()
        if task.since is None:
            self._cursor["whole_at"] = task.until.isoformat()  # since when computed values stand, too (F-03)
        mirror.begin_or_end_seeing(
            self._pull.store, table, Reading(self._pull.run, self._pull.now, self._cursor)
        )


def _rows(values: int, table: MirrorTable) -> int:
    """How many rows of the table hold about so many values, two pages at least."""
    return max(4_000, values // len(table.columns))


def _too_long_for_pages(table: MirrorTable) -> bool:
    """Whether the object has more fields than a query in an address may name."""
    return sum(len(name) + 2 for name in table.columns) > LONGEST_QUERY
