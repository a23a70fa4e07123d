"""End one statement that takes too long or too much memory, and leave everybody else's alone.

DuckDB counts what its own operators hold against one limit for the whole store, and a statement that meets it ends
with an error. What functions make of one value (`repeat('x', 1e9)`, a list of a billion numbers, a text doubled
forty times) and what the planner makes of a statement is not counted, and no interrupt is heard while one such value
is made. So two more things watch a statement from outside: its clock and the process's memory are looked at
every few milliseconds and the statement is interrupted; and meanwhile the process may not grow beyond what it had plus
the statement's share, so that an allocation beyond it fails, which DuckDB turns into an error of that statement.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psutil

_MEGABYTE = 1024 * 1024
_LOOK_SECONDS = 0.01
# What others who work meanwhile may take beside the statement's own share.
_OTHERS_MB = 256
_FREED_SECONDS = 0.5
_KEPT_MAX_MB = 32  # less is not worth the milliseconds
_LIMITED = (
    sys.platform == "linux"
)  # elsewhere RLIMIT_DATA does not count what is mapped: the watch alone remains


class Watch:
    """Why a statement was ended, when it was."""

    def __init__(self) -> None:
        self.late = False
        self.heavy = False


@contextmanager
def watched(cursor: duckdb.DuckDBPyConnection, seconds: float, memory_mb: int) -> Iterator[Watch]:
    """Run one statement on `cursor` within so many seconds, and with so much more memory than there was before."""
    watch = Watch()
    ended = threading.Event()
    process = psutil.Process()
    deadline, heaviest = time.monotonic() + seconds, process.memory_info().rss + memory_mb * _MEGABYTE

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            watch.late = watch.late or time.monotonic() > deadline
            watch.heavy = watch.heavy or process.memory_info().rss > heaviest
            if watch.late or watch.heavy:
                cursor.interrupt()  # again and again: an interrupt between two steps of the reading is not heard

    looking = threading.Thread(target=look, name="statement watch", daemon=True)
    looking.start()
    try:
        with _ceiling.lowered(memory_mb):
            yield watch
    finally:
        ended.set()
        looking.join()


@contextmanager
def given_back(release: Callable[[], None]) -> Iterator[None]:
    """Afterwards, have what is held for nobody returned: the next ceiling would start from there.

    `release` has the store's allocator return what it keeps; it would take ten seconds over it by itself, within which
    statement after statement could raise the ceiling of the next.
    """
    before = _private_bytes()
    until = 0.0
    try:
        yield
    except BaseException:
        until = (
            time.monotonic() + _FREED_SECONDS
        )  # a thread of what was ended may still be about to free its part
        raise
    finally:
        if _libc is not None and _private_bytes() > before + _KEPT_MAX_MB * _MEGABYTE:
            release()
            _libc.malloc_trim(0)
            while time.monotonic() < until and _private_bytes() > before + _OTHERS_MB * _MEGABYTE:
                time.sleep(_LOOK_SECONDS)
                release()


class _Ceiling:
    """The process's limit of private memory, while statements of readers run; as it was before when none does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shares = 0
        self._base = 0
        self._before = (0, 0)
        self._nobody = threading.Event()
        self._nobody.set()

    def wait_for_nobody(self, seconds: float) -> None:
        """Return when no statement of a reader runs any more, or after so many seconds."""
        self._nobody.wait(seconds)

    @contextmanager
    def lowered(self, memory_mb: int) -> Iterator[None]:
        if not _LIMITED:
            yield
            return
        with self._lock:
            self._nobody.clear()
            if self._shares == 0:
                self._before = resource.getrlimit(resource.RLIMIT_DATA)
                self._base = _private_bytes() + _OTHERS_MB * _MEGABYTE
            self._shares += memory_mb * _MEGABYTE
            self._set()
        try:
            yield
        finally:
            with self._lock:
                self._shares -= memory_mb * _MEGABYTE
                self._set()

    def _set(self) -> None:
        soft, hard = self._before
        if self._shares:
            wanted = self._base + self._shares
            soft = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
        with contextlib.suppress(OSError, ValueError):  # refused by a sandbox: the watch alone remains
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _private_bytes() -> int:
    """Zero where there is no /proc; else what RLIMIT_DATA counts: private writable memory, as `proc(5)` says of VmData."""
    if not _LIMITED:
        return 0
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0


def _c_library() -> ctypes.CDLL | None:
    """glibc, told to keep few separate heaps and no large free end of one (mallopt(3)); None elsewhere."""
    try:
        library = ctypes.CDLL("libc.so.6")
        library.mallopt(-8, 2)  # M_ARENA_MAX
        library.mallopt(-1, _MEGABYTE)  # M_TRIM_THRESHOLD
    except (OSError, AttributeError):
        return None
    return library


_libc = _c_library() if _LIMITED else None
_ceiling = _Ceiling()
wait_for_no_reader = _ceiling.wait_for_nobody
