"""Work that goes on after its request was answered: bulk jobs, mass changes, file exports.

It moves a step each time somebody looks at it, so that a client sees every state in turn. Once LINGER has passed it also
moves on with every other request, so that whoever never looks finds it done all the same.
"""

from datetime import datetime, timedelta
from typing import Protocol

from sync.sandbox.clock import Clock

LINGER = timedelta(seconds=2)
STEPS_A_REQUEST = 4
"""Enough to end small work at once, and so few that large work does not hold a request up for long."""


class Work(Protocol):
    def step(self) -> bool:
        """Do the next part; whether something is left to do."""
        ...


class Background:
    """What is under way, by the sandbox's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: list[tuple[datetime, Work]] = []

    def start(self, work: Work) -> None:
        self._under_way.append((self._clock.now(), work))

    def look(self, work: Work) -> None:
        """Move work that is under way one step on."""
        if any(known is work for _, known in self._under_way) and not work.step():
            self._end(work)

    def catch_up(self) -> None:
        """Move on what has been under way for longer than LINGER."""
        due = [work for begun, work in self._under_way if self._clock.now() - begun >= LINGER]
        for work in due:
            for _ in range(STEPS_A_REQUEST):
                if not work.step():
                    self._end(work)
                    break

    def forget(self) -> None:
        """Drop everything, as when the state is reset."""
        self._under_way.clear()

    def _end(self, work: Work) -> None:
        self._under_way = [(begun, known) for begun, known in self._under_way if known is not work]
