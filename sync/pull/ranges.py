"""Read a window over REST in several ranges at once, and know at every moment what is still to be read.

A page chain is serial: the next page's address stands in the present one. So a window with many rows is cut
in two at half of its time until the pieces are small, and the pieces are read side by side. Pages of one
range come in the order of the stamp; what is stored of them moves the range's lower end, so a reading that
was cut off goes on where it stopped, with no locator to keep.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from data.schema import MirrorTable
from sync.connectors.salesforce.api import (
    LocatorLostError,
    Page,
    Reader,
    SalesforceApi,
    window_clause,
)
from sync.errors import StoppedError

WORKERS = 8
SPLIT_FROM = 24_000
_SHORTEST_SPAN = timedelta(seconds=2)
# Pages are read on while the ones before are stored.
_PAGES_AHEAD = 12
_LOCATOR_RETRIES = 3

Range = tuple[datetime | None, datetime | None]  # [from, to) on the stamp; None is open


@dataclass(frozen=True)
class Piece:
    """A page of rows and what is still to be read once it is stored."""

    rows: pa.RecordBatch
    left: tuple[Range, ...]


@dataclass(frozen=True)
class _Event:
    rows: pa.RecordBatch
    range_id: int
    rest: Range | None
    split_off: tuple[int, Range] | None = None


class RangeReader:
    """Iterate over the pieces of some ranges of one table."""

    def __init__(
        self, api: SalesforceApi, table: MirrorTable, ranges: list[Range], stop: threading.Event
    ) -> None:
        self._api, self._table, self._stop = api, table, stop
        self._reader = Reader(table)
        self._left: dict[int, Range] = dict(enumerate(ranges))
        self._waiting: deque[tuple[int, Range]] = deque(self._left.items())
        self._next_id = len(ranges)
        self._active = 0
        self._turn = threading.Condition()
        self._events: queue.Queue[_Event | Exception | None] = queue.Queue(_PAGES_AHEAD)
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Piece]:
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        try:
            finished = 0
            while finished < len(workers):
                event = self._events.get()
                if event is None:
                    finished += 1
                    continue
                if isinstance(event, Exception):
                    raise event
                if self._stop.is_set():
                    raise StoppedError
                yield self._account(event)
        finally:
            self._closed.set()
            with self._turn:
                self._turn.notify_all()
            while any(worker.is_alive() for worker in workers):
                try:
                    self._events.get(timeout=0.05)
                except queue.Empty:
                    continue

    def _account(self, event: _Event) -> Piece:
        if event.rest is None:
            del self._left[event.range_id]
        else:
            self._left[event.range_id] = event.rest
        if event.split_off is not None:
            self._left[event.split_off[0]] = event.split_off[1]
        return Piece(event.rows, tuple(self._left.values()))

    def _work(self) -> None:
        try:
            while (task := self._take()) is not None:
                try:
                    self._read(*task)
                finally:
                    with self._turn:
                        self._active -= 1
                        self._turn.notify_all()
        except Exception as error:  # noqa: BLE001 (handed to the consumer, which raises it)
            self._events.put(error)
        finally:
            self._events.put(None)

    def _take(self) -> tuple[int, Range] | None:
        with self._turn:
            while not self._waiting and self._active and not self._closed.is_set():
                self._turn.wait(0.5)
            if self._closed.is_set() or not self._waiting:
                return None
            self._active += 1
            return self._waiting.popleft()

    def _read(self, range_id: int, extent: Range) -> None:
        since, until = extent
        lost = 0
        while not self._closed.is_set():
            page = self._first(since, until)
            while True:
                reached = self._last_stamp(page)
                if page.next_url is None:
                    self._events.put(_Event(page.rows, range_id, None))
                    return
                middle = self._middle(page, reached, until)
                if middle is not None:
                    rest = self._split(page, range_id, reached, middle, until)
                    since, until = rest
                    break
                self._events.put(_Event(page.rows, range_id, (reached or since, until)))
                since = reached or since
                if self._closed.is_set():
                    return
                try:
                    page = self._next(page)
                except LocatorLostError:
                    lost += 1
                    if lost > _LOCATOR_RETRIES or reached is None:
                        raise
                    break  # a new query from the last stamp reached

    def _split(
        self, page: Page, range_id: int, reached: datetime | None, middle: datetime, until: datetime | None
    ) -> Range:
        with self._turn:
            new_id = self._next_id
            self._next_id += 1
        rest, later = (reached, middle), (middle, until)
        self._events.put(_Event(page.rows, range_id, rest, (new_id, later)))
        with self._turn:
            self._waiting.append((new_id, later))
            self._turn.notify()
        return rest

    def _middle(self, page: Page, reached: datetime | None, until: datetime | None) -> datetime | None:
        """Where to cut the rest of a range, None when it is small or too short to cut."""
        if page.total < SPLIT_FROM or reached is None or until is None or not page.first:
            return None
        if until - reached <= _SHORTEST_SPAN:
            return None
        return (reached + (until - reached) / 2).replace(microsecond=0)

    def _first(self, since: datetime | None, until: datetime | None) -> Page:
        stamp, key = self._table.stamp, self._table.key
        where = window_clause(stamp, since, until) if stamp else ""
        order = f"{stamp}, {key}" if stamp else key
        columns = ", ".join(self._table.columns)
        soql = f"SELECT {columns} FROM {self._table.object}{where} ORDER BY {order}"  # noqa: S608 (described names)
        return self._api.first_page(self._reader, soql)

    def _next(self, page: Page) -> Page:
        return self._api.next_page(self._reader, page.next_url or "")

    def _last_stamp(self, page: Page) -> datetime | None:
        if not self._table.stamp or page.rows.num_rows == 0:
            return None
        value = page.rows.column(self._table.stamp)[-1].as_py()
        return datetime.fromisoformat(value) if value else None


def as_json(ranges: tuple[Range, ...]) -> list[list[str | None]]:
    """Ranges as a cursor keeps them."""
    return [
        [since.isoformat() if since else None, until.isoformat() if until else None]
        for since, until in ranges
    ]


def from_json(value: list[list[str | None]]) -> list[Range]:
    """Ranges as a cursor kept them."""
    return [
        (datetime.fromisoformat(since) if since else None, datetime.fromisoformat(until) if until else None)
        for since, until in value
    ]


def batched(pieces: Iterator[Piece], rows: int) -> Iterator[Piece]:
    """Join pieces until they hold about `rows`: one transaction for many pages."""
    held: list[pa.RecordBatch] = []
    left: tuple[Range, ...] = ()
    count = 0
    for piece in pieces:
        held.append(piece.rows)
        left = piece.left
        count += piece.rows.num_rows
        if count >= rows:
            yield Piece(pa.Table.from_batches(held), left)
            held, count = [], 0
    if held:
        yield Piece(pa.Table.from_batches(held), left)
