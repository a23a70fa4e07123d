"""Cursors. The first page fixes which rows a scan returns and in which order; later pages walk that list.

So a scan neither doubles nor skips a row while others write. A page shows its rows as they are when it is read,
and leaves out those that went away meanwhile: pages can be short, and only a null cursor is the end.
"""

import base64
import binascii
import secrets
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.sandbox.clock import Clock
from sync.sandbox.spotio.errors import SpotioError

IDLE_MAX = timedelta(minutes=10)
SCANS_MAX = 256
DEFAULT_SIZE, SIZE_MAX, UNSIZED = 50, 100, 200
"""Rows a page: when the caller names no size, at most, and where the operation has no such parameter."""


@dataclass
class Page:
    """The keys of one page, the cursor of the next (None at the end) and the length of the whole scan."""

    keys: Sequence[int]
    scroll_id: str | None
    total: int


@dataclass
class _Scan:
    operation: str
    keys: "array[int]"
    used: datetime


class Cursors:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scans: OrderedDict[str, _Scan] = OrderedDict()

    def page(
        self, operation: str, scroll_id: str | None, size: int, select: Callable[[], Iterable[int]]
    ) -> Page:
        """The page a cursor points at, or the first one of `select()`; 400 for a cursor that is not known any more."""
        name, start = self._open(operation, select) if scroll_id is None else _read(scroll_id)
        scan = self._scans.get(name)
        if scan is None or scan.operation != operation or self._clock.now() - scan.used > IDLE_MAX:
            raise SpotioError({"scrollId": "The cursor is unknown or has expired."}, 400)
        scan.used = self._clock.now()
        self._scans.move_to_end(name)
        end = start + size
        following = _write(name, end) if end < len(scan.keys) else None
        return Page(scan.keys[start:end], following, len(scan.keys))

    def forget(self) -> None:
        self._scans.clear()

    def _open(self, operation: str, select: Callable[[], Iterable[int]]) -> tuple[str, int]:
        name = secrets.token_hex(8)
        self._scans[name] = _Scan(operation, array("q", select()), self._clock.now())
        while len(self._scans) > SCANS_MAX:
            self._scans.popitem(last=False)
        return name, 0


def _write(name: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{name}:{start}".encode()).decode()


def _read(scroll_id: str) -> tuple[str, int]:
    try:
        name, start = base64.urlsafe_b64decode(scroll_id).decode().split(":")
        return name, int(start)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", 0  # no scan has this name
