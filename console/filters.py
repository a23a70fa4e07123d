"""What the numbers on a page are narrowed to: period, comparison, teams, territory, people, kinds of activity, moment.

All of it stands in the URL in plain words and ids, both ways, so that a link opens what was seen. This module is
pure: it reads and writes query parameters, tells the days, and says it all in words. The widgets are in
`console/filter_bar.py`; what becomes a question to the numbers, in `console/readers/kpi.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from console import words

# These words stand in links that people keep, so they never change.
TODAY, WEEK, FOUR_WEEKS, QUARTER, CUSTOM = "Today", "7 days", "28 days", "Quarter", "Custom"
PERIODS = (TODAY, WEEK, FOUR_WEEKS, QUARTER, CUSTOM)
BEFORE, YEAR = "before", "year"
COMPARISONS = {BEFORE: "The period before", YEAR: "The same weekdays a year ago"}
VERIFICATIONS = {
    "verified": "Verified",
    "not_verified": "Not verified",
    "not_verifiable": "Not verifiable",
}
# What a question calls its filters -> what a person does, where it is said that a number does not know one.
TOLD = {
    "templates": "activity type",
    "results": "result",
    "verification": "verified",
    "hours": "hour",
    "setters": "setter",
    "closers": "closer",
    "from_stages": "stage left",
    "to_stages": "stage entered",
}
_LISTS = {"team": "teams", "rep": "reps", "type": "types", "activity": "activities", "result": "results"}
_SAME_WEEKDAYS = timedelta(weeks=52)
_WHOLE_DAYS = {WEEK: 7, FOUR_WEEKS: 28}


@dataclass(frozen=True)
class Span:
    """Local days, both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Option:
    """Something to choose: a team, a rep, an activity type. `depth` is how far it is below the top of its tree."""

    id: str
    name: str
    depth: int = 0


@dataclass(frozen=True)
class Choices:
    """What a person may choose from. `whole` says in words what they see when nothing is chosen ("all teams")."""

    whole: str
    territories: tuple[Option, ...] = ()
    teams: tuple[Option, ...] = ()
    reps: tuple[Option, ...] = ()
    types: tuple[Option, ...] = ()
    activities: tuple[Option, ...] = ()
    results: tuple[Option, ...] = ()
    stages: tuple[Option, ...] = ()

    def name(self, kind: str, id: str) -> str:
        """The name of one of them, its id when it is none of them."""
        return next((option.name for option in getattr(self, kind) if option.id == id), id)


@dataclass(frozen=True)
class Filters:
    """What is chosen; empty means all. `first` and `last` are the days of a custom period."""

    period: str = FOUR_WEEKS
    first: date | None = None
    last: date | None = None
    compare: str = BEFORE
    territory: str | None = None
    teams: tuple[str, ...] = ()
    reps: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    verified: str | None = None
    as_of: datetime | None = None
    groups_now: bool = False
    hour: int | None = None  # of the week, the one from Monday 0:00 is 0: a cell of the heat map
    setter: str | None = None  # a cell of setters and closers
    closer: str | None = None
    left: str | None = None  # stages that records moved from and to, as type:stage
    entered: str | None = None
    default_period: str = field(default=FOUR_WEEKS, compare=False)

    @classmethod
    def of(cls, query: Mapping[str, str], zone: str, default_period: str = FOUR_WEEKS) -> Filters:
        """The filters of a URL; what it does not say, or says in a way we do not know, is as by default."""
        period = query.get("period", default_period)
        compare = query.get("compare", BEFORE)
        verified = query.get("verified")
        lists = {name: tuple(words.split(query.get(word))) for word, name in _LISTS.items()}
        return cls(
            period=period if period in PERIODS else default_period,
            first=_day(query.get("from")),
            last=_day(query.get("to")),
            compare=compare if compare in COMPARISONS else BEFORE,
            territory=query.get("territory") or None,
            verified=verified if verified in VERIFICATIONS else None,
            as_of=_moment(query.get("as_of"), zone),
            groups_now=query.get("groups") == "now",
            hour=_hour(query.get("hour")),
            setter=query.get("setter") or None,
            closer=query.get("closer") or None,
            left=query.get("left") or None,
            entered=query.get("entered") or None,
            default_period=default_period,
            **lists,
        )

    def query(self, zone: str) -> dict[str, str]:
        """The filters as query parameters; what is as by default is left out."""
        custom = self.period == CUSTOM
        said = {
            "period": "" if self.period == self.default_period else self.period,
            "from": self.first.isoformat() if custom and self.first else "",
            "to": self.last.isoformat() if custom and self.last else "",
            "compare": "" if self.compare == BEFORE else self.compare,
            "territory": self.territory or "",
            "verified": self.verified or "",
            "as_of": f"{self.as_of.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" if self.as_of else "",
            "groups": "now" if self.groups_now else "",
            "hour": "" if self.hour is None else str(self.hour),
            "setter": self.setter or "",
            "closer": self.closer or "",
            "left": self.left or "",
            "entered": self.entered or "",
            **{word: ",".join(getattr(self, name)) for word, name in _LISTS.items()},
        }
        return {name: text for name, text in said.items() if text}

    def within(self, choices: Choices) -> tuple[Filters, int]:
        """The filters without what this person may not choose, and how many of them that took away."""
        taken = 0
        kept: dict[str, Any] = {}
        for name in _LISTS.values():
            known = {option.id for option in getattr(choices, name)}
            asked = getattr(self, name)
            kept[name] = tuple(id for id in asked if id in known)
            taken += len(asked) - len(kept[name])
        territory = self.territory
        if territory is not None and territory not in {option.id for option in choices.territories}:
            territory, taken = None, taken + 1
        return replace(self, territory=territory, **kept), taken

    def span(self, now: datetime, zone: str) -> Span:
        """The days of the period. All but Today and Custom end yesterday: a day that has only begun would pull them down."""
        today = (self.as_of or now).astimezone(ZoneInfo(zone)).date()
        yesterday = today - timedelta(days=1)
        if self.period in _WHOLE_DAYS:
            return Span(today - timedelta(days=_WHOLE_DAYS[self.period]), yesterday)
        if self.period == QUARTER:
            first = _quarter(today)
            return Span(first, max(first, yesterday))
        if self.period == CUSTOM:
            last = min(self.last or yesterday, today)
            first = min(self.first or last - timedelta(days=27), last)
            return Span(first, last)
        return Span(today, today)

    def compared(self, span: Span) -> Span:
        """The days that the period is compared with; always as many, and the same weekdays where that is possible."""
        if self.compare == YEAR:
            return Span(span.first - _SAME_WEEKDAYS, span.last - _SAME_WEEKDAYS)
        if self.period == QUARTER:
            first = _quarter(span.first - timedelta(days=1))
            last = min(first + timedelta(days=span.days - 1), span.first - timedelta(days=1))
            return Span(first, last)
        back = timedelta(days=7 if span.days == 1 else span.days)
        return Span(span.first - back, span.last - back)

    @property
    def narrowed(self) -> int:
        """How many filters beyond period and territory are set."""
        lists = [getattr(self, name) for name in _LISTS.values()]
        others = [self.verified, self.as_of, self.groups_now, self.compare != BEFORE]
        others += [self.hour is not None, self.setter, self.closer, self.left, self.entered]
        return sum(map(bool, [*lists, *others]))

    def on_days(self, first: date, last: date) -> Filters:
        """The same, for other days."""
        return replace(self, period=CUSTOM, first=first, last=last)

    def told_period(self, now: datetime, zone: str) -> str:
        """The period in words: "15 Sep – 12 Oct 2026", "Mon 12 Oct 2026 so far"."""
        span = self.span(now, zone)
        today = now.astimezone(ZoneInfo(zone)).date()
        return words.days(span.first, span.last) + (
            " so far" if span.last == today and not self.as_of else ""
        )

    def told_comparison(self, span: Span) -> str:
        """The comparison in words, as it stands in a sentence: "the 28 days before"."""
        compared = self.compared(span)
        if self.compare == YEAR:
            return f"the same weekdays a year ago, {words.days(compared.first, compared.last)}"
        if self.period == QUARTER:
            return f"the same days of the quarter before, {words.days(compared.first, compared.last)}"
        if span.days == 1:
            return f"the whole of {words.days(compared.first, compared.last)}"
        return f"the {span.days} days before"

    def short_comparison(self, span: Span) -> str:
        """The comparison as a legend names it: "28 days before"."""
        if self.compare == YEAR:
            return "A year ago"
        if self.period == QUARTER:
            return "Quarter before"
        return "A week before" if span.days == 1 else f"{span.days} days before"

    def told_narrowing(
        self, choices: Choices, zone: str, now: datetime, people: Mapping[str, str] | None = None
    ) -> str:
        """Whom and what the numbers are of: "Ridge and Delta, Visit, verified", or the whole of what the person sees.

        `people` are the names of setters and closers, who may be outside of what the person can choose from.
        """
        people = people or {}
        parts = []
        if self.territory:
            parts.append(words.plain(choices.name("territories", self.territory)))
        for kind in ("teams", "reps", "types", "activities", "results"):
            names = [words.plain(choices.name(kind, id)) for id in getattr(self, kind)]
            if names:
                parts.append(_listed(names, kind))
        if not (self.territory or self.teams or self.reps):
            parts.insert(0, choices.whole)
        if self.verified:
            parts.append(VERIFICATIONS[self.verified].lower())
        if self.hour is not None:
            weekday, hour = divmod(self.hour, 24)
            parts.append(f"{_WEEKDAYS[weekday]} from {hour:02}:00 to {hour + 1:02}:00")
        for who, did in ((self.setter, "set by"), (self.closer, "closed by")):
            if who:
                parts.append(f"{did} {words.plain(people.get(who, who))}")
        for stage, way in ((self.left, "moved from"), (self.entered, "to")):
            if stage:
                parts.append(f"{way} {words.plain(choices.name('stages', stage))}")
        if self.groups_now:
            parts.append("teams and territories as they are now")
        if self.as_of:
            parts.append(f"as known {words.moment(self.as_of, now, zone)}")
        return ", ".join(parts)


def _listed(names: list[str], kind: str) -> str:
    return words.listed(names) if len(names) <= 3 else f"{len(names)} {_MANY[kind]}"


_MANY = {
    "teams": "teams",
    "reps": "reps",
    "types": "record types",
    "activities": "activity types",
    "results": "results",
}


_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def _hour(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and int(text) < 24 * 7 else None


def _quarter(day: date) -> date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _moment(text: str | None, zone: str) -> datetime | None:
    """A local moment of a URL, as an instant."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) if text else None
    except ValueError:
        return None


def tree(rows: Iterable[tuple[str, str, str | None]]) -> tuple[Option, ...]:
    """(id, name, parent) in the order of a tree: each below its parent, siblings by name."""
    known = {id: (name, parent) for id, name, parent in rows}
    below: dict[str | None, list[str]] = {}
    for id, (_, parent) in known.items():
        below.setdefault(parent if parent in known else None, []).append(id)
    found: list[Option] = []

    def walk(parent: str | None, depth: int) -> None:
        for id in sorted(below.pop(parent, []), key=lambda one: (known[one][0].casefold(), one)):
            found.append(Option(id, known[id][0], depth))
            walk(id, depth + 1)

    walk(None, 0)
    return tuple(found)
