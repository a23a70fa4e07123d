"""The board: who stands where in one number, who moved, and what was left out.

A rep is shown the board of their own team, and of the others only what is counted. Answers are kept like those of
`console/readers/kpi.py`: under the question with its scope, the moment the numbers were last derived, and the
version of names and teams.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from console.board_period import Race
from console.context import context
from console.filters import Filters, Span
from console.identity import require
from console.readers import kpi as numbers
from console.readers.days import Days, compared_days, day_zone
from console.readers.here import now
from data import directory
from data.access import Scope
from data.kpi import ask, standings, state
from data.kpi.dictionary import DICTIONARY, Kpi
from data.kpi.question import Question, Spell
from data.kpi.standings import Place
from data.store import Store

EVERYBODY = ("admin", "analyst", "manager", "rep")
# What stands beside every number: how believable the visits are, and what they led to.
_BESIDE = ("verified_share", "set", "activities")
_HOURS = range(24)
_EVER = date(1970, 1, 1)


@dataclass(frozen=True)
class Standing:
    """One person's line. `rank` is None below the minimum sample, and for who has nothing to count yet.

    `moved` are ranks won against the standing before, None when there was none. `hours` are the counted rows of each
    hour of the day (of a median, its sample); empty where the reader may not see them, as are `verified` and `set`.
    """

    user_id: str
    name: str
    team: str
    rank: int | None
    value: float | None
    numerator: float | None
    denominator: float | None
    moved: int | None
    too_few: bool
    verified: float | None = None
    set: float | None = None
    hours: tuple[float, ...] = ()


@dataclass(frozen=True)
class Board:
    """The standings of one number, best first, and what its rules left out; `unit` names the currency of money.

    `team` is the rep's own, by name, when it is a rep's board; `left_out` as `Value.extra`. `compared` says whether
    anybody had a rank in the standings before, without which nobody can have moved. `days` holds the days of these people
    against those of SalesScreen.
    """

    kpi: Kpi
    unit: str
    rows: tuple[Standing, ...]
    least: int
    left_out: Mapping[str, Any]
    compared: bool
    days: Days
    team: str | None = None


@dataclass(frozen=True)
class Stay:
    """A rep's place among the team that they were in on some days of a period; `place` is None without anything to count."""

    team: str | None
    first: date
    last: date
    place: Place | None


@dataclass(frozen=True)
class Day:
    """A rep's number in a period, their place by it, and each of their visits.

    `stays` has one entry a team, the latest last; more than one when the rep changed teams in the period. `least` is the
    sample without which the number has no rank.
    """

    stays: tuple[Stay, ...]
    value: float | None
    least: int
    knocks: pl.DataFrame

    @property
    def team(self) -> str | None:
        return self.stays[-1].team if self.stays else None

    @property
    def place(self) -> Place | None:
        return self.stays[-1].place if self.stays else None


def dictionary() -> Mapping[str, Kpi]:
    """Every number there is, by its key."""
    return DICTIONARY


def refreshed_at() -> datetime | None:
    """When the numbers were last derived; they change only with it."""
    require(*EVERYBODY)
    return state.refreshed_at(context().store)


def board(key: str, race: Race, filters: Filters) -> Board:
    """The board of a number; `filters` narrow it to teams, a territory, record types."""
    person = require(*EVERYBODY)
    store = context().store
    question = numbers.question(person, filters, race.span)
    before = None
    if race.before is not None:
        before = replace(question, first=race.before.first, last=race.before.last)
        if race.until:  # by when an appointment had to be due is then that moment too
            before = replace(before, as_of=race.until, now=None)
    return _board(store, question, before, key, numbers.unit(key), _version(store))


@dataclass(frozen=True)
class Rep:
    """Somebody whose work the reader may see; `first` and `last` are days on which they logged something."""

    id: str
    name: str
    team_id: str | None
    team: str | None
    first: date
    last: date


def reps() -> Mapping[str, Rep]:
    """By id and in the order of names, all whom the reader may see, from their first activity on."""
    person = require(*numbers.READERS)
    store = context().store
    return _reps(store, person.scope, now().astimezone(ZoneInfo(day_zone())).date(), _version(store))


@dataclass(frozen=True)
class Past:
    """A team that somebody was in, by name, and the days of it."""

    name: str
    spell: Spell


def teams_of(user_id: str, span: Span) -> tuple[Past, ...]:
    """The teams that somebody was in on the days of a span, in the order of time, as far as the reader may see them.

    A number counts for the team of its day, so these are the people that somebody worked beside.
    """
    person = require(*numbers.READERS)
    store = context().store
    question = Question(span.first, span.last, person.scope)
    return _teams_of(store, question, user_id, _version(store))


def my_day(key: str, span: Span) -> Day:
    """A rep's own days: the place in a number among the team, and each visit with what counted."""
    person = require("rep")
    store = context().store
    question = numbers.question(person, Filters(), span)
    return _my_day(store, question, key, _version(store))


def knocks(user_id: str, day: date) -> pl.DataFrame:
    """The visits of one rep on a day, as far as the reader may see them; columns as `ask.knocks`."""
    person = require(*numbers.READERS)
    store = context().store
    question = numbers.question(person, Filters(reps=(user_id,)), Span(day, day))
    return _knocks(store, question, state.refreshed_at(store))


def _version(store: Store) -> object:
    """A rep's board is that of a team, and names stand on it: neither comes with the numbers."""
    return state.refreshed_at(store), directory.version(store)


@lru_cache(maxsize=64)  # a board of 500 reps with their hours is half a megabyte
def _board(
    store: Store, question: Question, before: Question | None, key: str, unit: str, version: object
) -> Board:
    chosen, settings, scope = DICTIONARY[key], state.settings(store), question.scope
    rep = scope.role == "rep"
    among = standings.among_own_team(store, question) if rep else question
    if among is None:
        return Board(chosen, unit, (), chosen.least(settings), {}, False, Days(None, None))
    if before and rep:  # the same team as now, also where they were in another one then
        before = replace(among, first=before.first, last=before.last, as_of=before.as_of, now=before.now)
    ranks: Mapping[str, int] = {}
    if before:
        # What was known at a moment past stays as it was; only other settings would count it anew.
        ranks = _ranks(store, before, key, settings.digest() if before.as_of else version)
    found = standings.standings(store, among, key)
    beside = ask.by(store, among, _BESIDE, "user")
    users = directory.names(store, scope, "user")
    rows = [*found.iter_rows(named=True), *_nothing_counted(found, beside, chosen, users)]
    teams, called = standings.present_teams(store), directory.names(store, scope, "team")
    own_team = next(iter(among.scope.teams or ()), "") if rep else ""
    extras = {} if rep else {row["key"]: row for row in beside.iter_rows(named=True)}
    hours = {} if rep else _hours(ask.by(store, among, [key], "user_hour"), chosen)
    return Board(
        chosen,
        unit,
        tuple(
            _standing(
                row,
                name=users.get(row["user_id"], row["user_id"]),
                team=called.get(teams.get(row["user_id"], ""), ""),
                before=ranks.get(row["user_id"]),
                extra=extras.get(row["user_id"], {}),
                hours=hours.get(row["user_id"], ()),
            )
            for row in rows
        ),
        chosen.least(settings),
        ask.values(store, among, [key])[key].extra,
        bool(ranks),
        compared_days([row["user_id"] for row in rows], question.first, question.last),
        called.get(own_team) if rep else None,
    )


@lru_cache(maxsize=256)
def _ranks(store: Store, question: Question, key: str, version: object) -> Mapping[str, int]:
    """user id -> rank, of those who had one."""
    found = standings.standings(store, question, key).drop_nulls("rank")
    return dict(found.select("user_id", "rank").iter_rows())


def _standing(
    row: Mapping[str, Any],
    *,
    name: str,
    team: str,
    before: int | None,
    extra: Mapping[str, Any],
    hours: tuple[float, ...],
) -> Standing:
    rank = row["rank"]
    return Standing(
        user_id=row["user_id"],
        name=name,
        team=team,
        rank=rank,
        value=row["value"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        moved=before - rank if before is not None and rank is not None else None,
        too_few=row["sample_too_small"],
        verified=_share(extra, "verified_share"),
        set=extra.get("set_n"),
        hours=hours,
    )


def _nothing_counted(
    found: pl.DataFrame, beside: pl.DataFrame, kpi: Kpi, called: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Those who were active but have nothing in this number yet: a new rep is on the board from the first activity."""
    ranked = set(found["user_id"].to_list())
    active = [
        row["key"]
        for row in beside.iter_rows(named=True)
        if row["key"] not in ranked and (row["activities_n"] or 0) > 0
    ]
    nothing = None if kpi.denominator else 0.0
    return [
        {
            "user_id": user, "rank": None, "value": nothing, "numerator": 0.0,
            "denominator": 0.0 if kpi.denominator else None, "sample_too_small": False,
        }
        for user in sorted(active, key=lambda user: (called.get(user, user).casefold(), user))
    ]  # fmt: skip


def _share(row: Mapping[str, Any], key: str) -> float | None:
    of = row.get(f"{key}_d")
    return float(row[f"{key}_n"] or 0) / float(of) if of else None


def _hours(found: pl.DataFrame, kpi: Kpi) -> dict[str, tuple[float, ...]]:
    """user id -> what was counted in each hour of the day."""
    column = f"{kpi.key}_d" if kpi.median else f"{kpi.key}_n"
    counted: dict[str, list[float]] = {}
    for row in found.iter_rows(named=True):
        user, _, hour = row["key"].rpartition(":")
        counted.setdefault(user, [0.0] * len(_HOURS))[int(hour)] = row[column] or 0.0
    return {user: tuple(hours) for user, hours in counted.items()}


@lru_cache(maxsize=64)
def _reps(store: Store, scope: Scope, today: date, version: object) -> Mapping[str, Rep]:
    found = standings.at_work(store, Question(_EVER, today, scope))
    users, called = directory.names(store, scope, "user"), directory.names(store, scope, "team")
    teams = standings.present_teams(store)
    rows = [
        Rep(id, users.get(id, id), teams.get(id), called.get(teams.get(id, "")), first, last)
        for id, first, last in found.iter_rows()
    ]
    return {rep.id: rep for rep in sorted(rows, key=lambda rep: (rep.name.casefold(), rep.id))}


@lru_cache(maxsize=256)
def _teams_of(store: Store, question: Question, user_id: str, version: object) -> tuple[Past, ...]:
    called = directory.names(store, question.scope, "team")
    been = standings.spells(store, question, user_id)
    return tuple(Past(called[spell.team], spell) for spell in been if spell.team in called)


@lru_cache(maxsize=256)
def _my_day(store: Store, question: Question, key: str, version: object) -> Day:
    called = directory.names(store, question.scope, "team")
    return Day(
        tuple(
            Stay(called.get(spell.team or ""), spell.first, spell.last, place)
            for spell, place in standings.own_places(store, question, key)
        ),
        ask.values(store, question, [key])[key].value,
        DICTIONARY[key].least(state.settings(store)),
        ask.knocks(store, question),
    )


@lru_cache(maxsize=256)
def _knocks(store: Store, question: Question, version: object) -> pl.DataFrame:
    return ask.knocks(store, question)
