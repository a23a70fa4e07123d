"""The periods of the board: which days each is, and what a rank is held against to say who moved.

Other than on the dashboard, the day that has only begun is in each of them: a board is a race that is under way.
Pure; the words of the periods stand in links that people keep, so they never change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from console import words
from console.filters import Span

TODAY, YESTERDAY, WEEK, MONTH, CUSTOM = "Today", "Yesterday", "This week", "Month", "Custom"
PERIODS = (TODAY, WEEK, MONTH, CUSTOM)
OWN_PERIODS = (TODAY, YESTERDAY, WEEK)
_HOUR = timedelta(hours=1)
_STEP_MINUTES = 5


@dataclass(frozen=True)
class Race:
    """The days of a board, and the standings that its ranks are held against.

    `before` are the days of those standings, None when the period had not begun then; with `until` they are as they
    were known at that instant. `against` names them inside a sentence: "since 13:05, an hour ago".
    """

    span: Span
    before: Span | None
    until: datetime | None
    against: str


@dataclass(frozen=True)
class Chosen:
    """A period by its word; `first` and `last` are the days of a custom one."""

    period: str = TODAY
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], periods: Sequence[str] = PERIODS) -> Chosen:
        """The period of a URL; today for what it does not say, or says in a way the page does not know."""
        period = query.get("period", TODAY)
        return cls(period if period in periods else TODAY, _day(query.get("from")), _day(query.get("to")))

    def query(self) -> dict[str, str]:
        """The period as query parameters; today is left out."""
        custom = self.period == CUSTOM
        said = {
            "period": "" if self.period == TODAY else self.period,
            "from": self.first.isoformat() if custom and self.first else "",
            "to": self.last.isoformat() if custom and self.last else "",
        }
        return {name: text for name, text in said.items() if text}

    def race(self, now: datetime, zone: str) -> Race:
        """What the period means at this moment; `zone` says which day it is."""
        today = now.astimezone(ZoneInfo(zone)).date()
        if self.period == WEEK:
            return _so_far(today - timedelta(days=today.weekday()), today, 1, "since yesterday evening")
        if self.period == MONTH:
            return _so_far(today.replace(day=1), today, 7, "since a week ago")
        if self.period == YESTERDAY:
            return _custom(today - timedelta(days=1), today - timedelta(days=1), today)
        if self.period == CUSTOM:
            return _custom(self.first, self.last, today)
        # In steps of five minutes: within them the standings of then are the same, and need not be worked out again.
        then = (now - _HOUR).replace(second=0, microsecond=0)
        then -= timedelta(minutes=then.minute % _STEP_MINUTES)
        span = Span(today, today)
        begun = then.astimezone(ZoneInfo(zone)).date() == today
        against = f"since {words.moment(then, now, zone)}, an hour ago"
        return Race(span, span if begun else None, then, against)


def _so_far(first: date, today: date, back: int, against: str) -> Race:
    then = today - timedelta(days=back)
    return Race(Span(first, today), Span(first, then) if then >= first else None, None, against)


def _custom(first: date | None, last: date | None, today: date) -> Race:
    last = min(last or today, today)
    span = Span(min(first or last - timedelta(days=6), last), last)
    back = timedelta(days=span.days)
    before = "the day before" if span.days == 1 else f"the {span.days} days before"
    return Race(span, Span(span.first - back, span.last - back), None, f"against {before}")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
