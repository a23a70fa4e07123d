"""Targets, typed in by managers, and whether a period is on its way to one.

A target is of a KPI, for everybody, a team or a user, a week (from Monday), a month or a quarter; it holds from its
first period until a later one is set. Rows are only ever added, so who wanted what when can be said.

Pacing. A weekday is a working day when it saw activity in at least half of the four weeks before the period (of the
people asked about); without any activity then, Monday to Friday are. What is expected by the end of a day is the target
times the share of the period's working days up to and including it. What the period comes to is told from the working
days that are over: a day that has only begun would pull it down each morning. A share or a median is expected whole on
every day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

import polars as pl

from data.access import Scope
from data.kpi.ask import series, values
from data.kpi.dictionary import DICTIONARY
from data.kpi.question import Question
from data.kpi.settings import has_table
from data.store import Store, query

Period = Literal["week", "month", "quarter"]
# The filters of a question that leave a part of the work.
_PARTS = (
    "territories", "types", "templates", "results", "verification", "hours", "setters", "closers", "from_stages",
    "to_stages",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What is wanted of a KPI in each period from `start` on; a value of None takes the target back."""

    kpi: str
    period: Period
    start: date
    value: float | None
    team_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Pace:
    """Where a period stands: what is there, what should be by the end of `day`, what it comes to at the pace of the
    working days that are over (None before the first of them is)."""

    target: float
    actual: float | None
    expected: float
    projected: float | None
    day: date
    days_done: int
    days_all: int
    first: date
    last: date


def set_target(store: Store, target: Target, by: str, now: datetime) -> None:
    """Add a target. ValueError with a sentence when it makes no sense."""
    if target.kpi not in DICTIONARY:
        raise ValueError(f"There is no KPI called {target.kpi}.")
    if target.team_id is not None and target.user_id is not None:
        raise ValueError("A target is for a team or for a user, not for both.")
    if target.start != first_of(target.period, target.start):
        raise ValueError(f"{target.start:%d.%m.%Y} is not the first day of a {target.period}.")
    if target.value is not None and not 0 < target.value < float("inf"):
        raise ValueError("A target must be above 0.")
    if target.value is not None and DICTIONARY[target.kpi].unit == "share" and target.value > 1:
        raise ValueError("A target of a share is at most 100 percent.")
    with store.write() as cursor:
        cursor.execute(
            "insert into kpi.target values (?, ?, ?, ?, ?, ?, ?, ?)",
            [target.kpi, target.team_id, target.user_id, target.period, target.start, target.value, by, now],
        )


def current(store: Store, day: date, as_of: datetime | None = None) -> pl.DataFrame:
    """kpi, team_id, user_id, period, start, value, set_by, set_at: the targets that hold on a day, as known `as_of`."""
    return store.frame(query("kpi_targets"), {"day": day, "as_of": as_of})


def pace(store: Store, question: Question, kpi: str, today: date) -> Pace | None:
    """How a week, month or quarter stands against its target; None when the question is of no such period, or none
    is set for exactly the one team or user it asks about, or for everybody."""
    period = _period_of(question)
    if period is None or _narrowed(question):
        return None
    first, last = question.first, last_of(period, question.first)
    found = _theirs(store, question, first).filter((pl.col("kpi") == kpi) & (pl.col("period") == period))
    if found.is_empty():
        return None
    target = float(found["value"][0])
    day = min(max(today, first), last)
    actual = values(store, replace(question, last=last), [kpi])[kpi].value
    working = _working_days(store, question)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    days_all = sum(working(each) for each in days)
    days_done = sum(working(each) for each in days if each <= day) if today >= first else 0
    if DICTIONARY[kpi].denominator is not None:
        return Pace(target, actual, target, actual, day, days_done, days_all, first, last)
    over, by_then = days_done, actual
    if first <= today <= last and working(today):
        over -= 1
        yesterday = replace(question, last=today - timedelta(days=1))
        by_then = values(store, yesterday, [kpi])[kpi].value if over else None
    projected = max(actual or 0, (by_then or 0) / over * days_all) if over and actual is not None else None
    expected = target * days_done / days_all if days_all else 0.0
    return Pace(target, actual, expected, projected, day, days_done, days_all, first, last)


def unpaced(store: Store, question: Question, day: date) -> frozenset[str]:
    """The numbers with a target of those asked about that holds on a day, of which the question is about a part only:
    a target is of all that a team or a user does, so there is nothing to hold that part against."""
    return frozenset(_theirs(store, question, day)["kpi"]) if _narrowed(question) else frozenset()


def first_of(period: Period, day: date) -> date:
    """The first day of the week (Monday), month or quarter that a day is in."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    month = day.month if period == "month" else 3 * ((day.month - 1) // 3) + 1
    return date(day.year, month, 1)


def last_of(period: Period, day: date) -> date:
    """The last day of the week, month or quarter that a day is in."""
    first = first_of(period, day)
    if period == "week":
        return first + timedelta(days=6)
    months = 1 if period == "month" else 3
    after = first.month + months - 1
    return date(first.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)


def _narrowed(question: Question) -> bool:
    """Whether it is asked about a part of the work only."""
    return any(getattr(question, name) is not None for name in _PARTS)


def _theirs(store: Store, question: Question, day: date) -> pl.DataFrame:
    """The targets that hold on a day for exactly the one team or user who is asked about, or for everybody."""
    found = current(store, day, question.as_of)
    wanted = _whose(store, question)
    if wanted is None:
        return found.clear()
    return found.filter(
        pl.col("team_id").eq_missing(pl.lit(wanted[0], pl.String))
        & pl.col("user_id").eq_missing(pl.lit(wanted[1], pl.String))
    )


def _period_of(question: Question) -> Period | None:
    """The kind of period that this is, else the shortest that begins with it: a month so far is a month."""
    periods: tuple[Period, ...] = ("week", "month", "quarter")
    begun = [period for period in periods if first_of(period, question.first) == question.first]
    for period in begun:
        if last_of(period, question.first) == question.last:
            return period
    return next((period for period in begun if question.last <= last_of(period, question.first)), None)


def _whose(store: Store, question: Question) -> tuple[str | None, str | None] | None:
    """The one (team, user) that is asked about, both None for everybody; None for any other selection.

    Whoever sees only a part and asks for all of it asks about that part: a rep about themselves, a manager about the
    team they lead.
    """
    scope, users, teams = question.scope, question.users, question.teams
    if users is None and teams is None:
        if scope.role == "rep":
            return None, scope.user_id
        if scope.teams is not None:
            led = _top_teams(store, scope.teams)
            return (led[0], None) if len(led) == 1 else None
        return None, None
    if users is not None:
        one = len(users) == 1 and teams is None and _is_theirs(store, scope, users[0])
        return (None, users[0]) if one else None
    if teams is None or len(teams) != 1 or (scope.teams is not None and teams[0] not in scope.teams):
        return None
    return teams[0], None


def _is_theirs(store: Store, scope: Scope, user: str) -> bool:
    """Whether a target of this user is the person's to see: their own, or that of somebody now in their teams."""
    if scope.role == "rep":
        return user == scope.user_id
    if scope.teams is None:
        return True
    found = "select 1 from spotio.team where _deleted_at is null and id in (select unnest($teams::varchar[])) and list_contains(usersIds, $user)"
    return has_table(store, "spotio", "team") and bool(
        store.rows(found, {"teams": sorted(scope.teams), "user": user})
    )


def _top_teams(store: Store, teams: frozenset[str]) -> list[str]:
    """Those of some teams that are below none of the others."""
    if not has_table(store, "spotio", "team"):
        return sorted(teams)
    above = store.rows(
        "select id from spotio.team where id in (select unnest($teams::varchar[]))"
        " and coalesce(parentId, '') not in (select unnest($teams::varchar[])) order by id",
        {"teams": sorted(teams)},
    )
    return [row["id"] for row in above]


def _working_days(store: Store, question: Question) -> Callable[[date], bool]:
    before = replace(
        question, first=question.first - timedelta(days=28), last=question.first - timedelta(days=1)
    )
    seen = series(store, before, ["activities"]).filter(pl.col("activities_n") > 0)["day"].to_list()
    weekdays = [day.weekday() for day in seen]
    working = {day for day in range(7) if weekdays.count(day) >= 2} or set(range(5))
    return lambda day: day.weekday() in working
