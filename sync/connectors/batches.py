"""Several calls of a request under way at once, each told of before it is sent and after it has ended.

The caller's thread announces and takes results; only calls run in threads of their own. So a journal is written by
one thread, and what is under way when a system stops is waited for and told before the error is raised.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from sync.connectors.outcome import AboutToSend, Batches, Outcome
from sync.errors import FieldlineError, StoppedError


@dataclass(frozen=True)
class Ended:
    """What a part came to; an `error` means that no further part is to begin."""

    outcomes: list[Outcome]
    again: Part | None = None
    error: FieldlineError | None = None


@dataclass(frozen=True)
class Part:
    """Rows that go together. `work` makes their outcomes, and raises nothing that is to be expected."""

    rows: tuple[int, ...]
    work: Callable[[], Ended]
    due: float = 0.0
    """Not before this moment of the monotonic clock; such a part was announced when its rows were first sent."""
    given_up: list[Outcome] = field(default_factory=list)
    """Its outcomes if it is not begun any more."""


def carried_out(
    parts: Iterable[Part], *, concurrency: int, stop: threading.Event, about_to_send: AboutToSend
) -> Batches:
    """Do the parts, at most `concurrency` at once, and yield each one's rows and outcomes as it ends.

    `about_to_send` gets the rows of each part before its first call. When a part ends with an error, or `stop` is set,
    no other begins; those under way are yielded, then the error is raised.
    """
    upcoming = iter(parts)
    later: list[Part] = []
    running: dict[Future[Ended], Part] = {}
    ended: list[Ended] = []
    halted: FieldlineError | None = None
    with ThreadPoolExecutor(concurrency, "write") as pool:
        while True:
            if halted is None and stop.is_set():
                halted = StoppedError()
            while halted is None and len(running) < concurrency:
                part = _due(later) or _announced(upcoming, about_to_send)
                if part is None:
                    break
                running[pool.submit(part.work)] = part
            # The next calls are under way by now: the caller may take its time over these.
            for each in ended:
                if each.outcomes:
                    yield [outcome.index for outcome in each.outcomes], each.outcomes
            ended = []
            if halted is not None:
                ended = [Ended(part.given_up) for part in later]
                later.clear()
            if running:
                free = later and len(running) < concurrency
                pause = max(0.0, min(part.due for part in later) - time.monotonic()) if free else None
                for future in wait(running, pause, FIRST_COMPLETED).done:
                    del running[future]
                    ended.append(future.result())
                later += [each.again for each in ended if each.again is not None]
                halted = halted or next((each.error for each in ended if each.error is not None), None)
            elif later:
                stop.wait(max(0.0, min(part.due for part in later) - time.monotonic()))
            elif not ended:
                break
    if halted is not None:
        raise halted


def _due(later: list[Part]) -> Part | None:
    part = next((part for part in later if part.due <= time.monotonic()), None)
    if part is not None:
        later.remove(part)
    return part


def _announced(upcoming: Iterator[Part], about_to_send: AboutToSend) -> Part | None:
    part = next(upcoming, None)
    if part is not None:
        about_to_send(part.rows)
    return part
