"""The periods of the board: which days each is, and what a rank is held against to say who moved.

Other than on the dashboard, the day that has only begun is in each of them: a board is a race that is under way.
Pure; the words of the periods stand in links that people keep, so they never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from console import words
from console.filters import Span

TODAY, WEEK, MONTH, CUSTOM = "Today", "This week", "Month", "Custom"
PERIODS = (TODAY, WEEK, MONTH, CUSTOM)
_HOUR, _WEEK = timedelta(hours=1), timedelta(days=7)


@dataclass(frozen=True)
class Race:
    """The days of a board, and the standing that its ranks are held against.

    `before` are the days of that standing, None when there is none yet; with `until` only what happened up to that
    instant counted in it. `against` names it inside a sentence.
    """

    span: Span
    before: Span | None
    until: datetime | None
    against: str
    told: str


@dataclass(frozen=True)
class Chosen:
    """A period by its word; `first` and `last` are the days of a custom one."""

    period: str = TODAY
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Chosen:
        """The period of a URL; today for what it does not say, or says in a way we do not know."""
        period = query.get("period", TODAY)
        return cls(period if period in PERIODS else TODAY, _day(query.get("from")), _day(query.get("to")))

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
        local = now.astimezone(ZoneInfo(zone))
        today = local.date()
        if self.period == WEEK:
            return _so_far(today - timedelta(days=today.weekday()), today, timedelta(days=1), "yesterday")
        if self.period == MONTH:
            return _so_far(today.replace(day=1), today, _WEEK, "a week ago")
        if self.period == CUSTOM:
            last = min(self.last or today, today)
            span = Span(min(self.first or last - timedelta(days=6), last), last)
            back = timedelta(days=span.days)
            before = Span(span.first - back, span.last - back)
            named = "the day before" if span.days == 1 else f"the {span.days} days before"
            return Race(span, before, None, named, words.days(span.first, span.last))
        # Whole minutes, so that within one of them the answer is the same and need not be worked out again.
        hour_ago = (now - _HOUR).replace(second=0, microsecond=0)
        begun = hour_ago.astimezone(ZoneInfo(zone)).date() == today
        return Race(Span(today, today), Span(today, today) if begun else None, hour_ago, "an hour ago", words.days(today, today))  # fmt: skip


def _so_far(first: date, today: date, back: timedelta, against: str) -> Race:
    then = today - back
    before = Span(first, then) if then >= first else None
    return Race(Span(first, today), before, None, against, words.days(first, today))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
