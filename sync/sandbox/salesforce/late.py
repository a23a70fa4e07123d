"""What is still going on in other people's transactions: rows they hold locked, and changes not yet visible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sync.sandbox.clock import Clock
from sync.sandbox.salesforce.errors import SalesforceError


class Locks:
    """Records that another transaction holds, each until an instant or until it is let go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, datetime | None] = {}

    def hold(self, id: str, seconds: float | None) -> None:
        """Lock a record for a while; for ever when `seconds` is None."""
        self._until[id] = None if seconds is None else self._clock.now() + timedelta(seconds=seconds)

    def release(self, id: str) -> None:
        self._until.pop(id, None)

    def clear(self) -> None:
        self._until.clear()

    def check(self, id: str) -> None:
        """Raises UNABLE_TO_LOCK_ROW while the record is held."""
        if id not in self._until:
            return
        until = self._until[id]
        if until is not None and until <= self._clock.now():
            del self._until[id]
            return
        message = "unable to obtain exclusive access to this record"
        raise SalesforceError("UNABLE_TO_LOCK_ROW", message, [])


class Pending:
    """Transactions that began and took their stamps, but whose changes nobody sees before they end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: list[tuple[datetime, datetime, Callable[[datetime], None]]] = []

    def begin(self, seconds: float, write: Callable[[datetime], None]) -> None:
        """Start a transaction now; `write` is called with its start once `seconds` have passed."""
        now = self._clock.now()
        self._running.append((now + timedelta(seconds=seconds), now, write))

    def settle(self) -> None:
        """End the transactions whose time has come, in the order in which they end."""
        if not self._running:
            return
        now = self._clock.now()
        due = sorted((each for each in self._running if each[0] <= now), key=lambda each: each[0])
        self._running = [each for each in self._running if each[0] > now]
        for _, began, write in due:
            write(began)

    def oldest_start(self) -> datetime | None:
        """When the oldest transaction still running began; None when none is running."""
        return min((began for _, began, _ in self._running), default=None)

    def clear(self) -> None:
        self._running.clear()
