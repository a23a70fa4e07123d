"""The one clock of a sandbox: real time plus an offset that only moves forward.

Stamps, `Date` headers, token lifetimes and late commits all read it, so a test can let a week pass at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move time forward; raises ValueError for a step back, which no real server's clock takes."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._offset += timedelta(seconds=seconds)
