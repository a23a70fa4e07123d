"""What is asked: a period, filters, a person's scope, a moment; and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from data.access import Scope


@dataclass(frozen=True)
class Spell:
    """The days that somebody was in a team (None: in none), both inclusive."""

    team: str | None
    first: date
    last: date


@dataclass(frozen=True)
class Question:
    """A question about numbers. Hashable, so that it is a cache key; the scope is always part of it.

    Days are those that were chosen to count, the reps' local ones or one zone's, both inclusive. Teams and territories mean those below them too, by the present
    hierarchy. Filters of activities and appointments (from templates on) narrow the numbers that know them.
    """

    first: date
    last: date
    scope: Scope
    teams: tuple[str, ...] | None = None
    spells: tuple[Spell, ...] | None = None  # teams, each in days of its own
    territories: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    templates: tuple[str, ...] | None = None
    results: tuple[str, ...] | None = None
    verification: str | None = None  # verified | not_verified | not_verifiable
    hours: tuple[int, ...] | None = None  # of the week, the one from Monday 0:00 is 0
    setters: tuple[str, ...] | None = None  # of appointments: who set, and who owns them
    closers: tuple[str, ...] | None = None
    from_stages: tuple[str, ...] | None = None  # of moves, as type:stage
    to_stages: tuple[str, ...] | None = None
    as_of: datetime | None = None  # what was known at that moment
    groups_now: bool = False  # team and territory as they are now, instead of as of the event
    now: datetime | None = None  # what "due by now" is measured against; as_of, or the clock, when None

    @property
    def moment(self) -> datetime:
        """By when an appointment must be due to be counted as due."""
        return self.now or self.as_of or datetime.now(UTC)


@dataclass(frozen=True)
class Value:
    """A number with what it is made of, and what was left out of it.

    A count has a numerator only, a share both. Of a median, `value` is in seconds or days, `denominator` the sample.
    """

    numerator: float | None
    denominator: float | None
    value: float | None
    extra: Mapping[str, Any] = field(default_factory=dict)
