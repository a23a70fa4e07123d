"""The numbers, asked for whoever reads: filters become a question, and answers are kept as long as they are true.

An answer is kept under the question it answers (the reader's scope is part of it), the moment up to the minute by
which appointments are due, and the moment the numbers were last derived. So it is never somebody else's and never
older than the numbers. Names, and who is in which team, change without any number: what holds these is kept under
their own version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from console import words
from console.context import context
from console.filters import Choices, Filters, Option, Span, tree
from console.identity import Person, require
from console.readers.days import day_zone
from console.readers.here import now
from data import directory as names_of
from data.directory import Directory
from data.directory import Territory as Territory  # figures are drawn from it
from data.kpi import ask, state, targets
from data.kpi.ask import Question, value_of
from data.kpi.ask import Value as Value
from data.kpi.currency import currency
from data.kpi.dictionary import DICTIONARY
from data.kpi.dictionary import Kpi as Kpi
from data.kpi.question import Spell as Spell
from data.kpi.targets import Pace as Pace
from data.store import Store

READERS = ("admin", "analyst", "manager")
EVERYBODY = (*READERS, "rep")
PERIODS: tuple[targets.Period, ...] = ("week", "month", "quarter")
KEPT = 2048  # answers; most are a few rows


@dataclass(frozen=True)
class Row:
    """A number of a group or step: its parts, and itself; None when there is nothing to divide by."""

    numerator: float | None
    denominator: float | None
    value: float | None


def definition(key: str) -> Kpi:
    """What a number means; KeyError for one that is not in the dictionary."""
    return DICTIONARY[key]


def unit(key: str) -> str:
    """The unit of a number as `words.number` takes it: money with the company's currency, where that is known."""
    require(*EVERYBODY)
    kind, store = DICTIONARY[key].unit, context().store
    return f"{kind} {currency(store, state.settings(store))}".strip() if kind == "money" else kind


def least_sample(key: str) -> int:
    """The sample below which a number says too little, as it is configured."""
    require(*EVERYBODY)
    return DICTIONARY[key].least(state.settings(context().store))


def all_keys() -> frozenset[str]:
    """The numbers that there are."""
    return frozenset(DICTIONARY)


def choices() -> Choices:
    """What the reader may narrow numbers to; a rep has kinds of activity, and nobody else."""
    person = require(*EVERYBODY)
    found = _directory(person)

    def listed(kind: str) -> tuple[Option, ...]:
        return tuple(Option(one.id, one.name) for one in getattr(found, kind) if not one.deleted)

    def treed(kind: str) -> tuple[Option, ...]:
        return tree((one.id, one.name, one.parent) for one in getattr(found, kind) if not one.deleted)

    return Choices(
        whole=_whole(person),
        territories=treed("territories"),
        teams=treed("teams"),
        reps=listed("users"),
        types=listed("types"),
        activities=listed("templates"),
        results=listed("results"),
        stages=listed("stages"),
    )


def led_nothing() -> bool:
    """Whether the reader is a manager who leads no team, and so sees no number."""
    person = require(*READERS)
    return person.role == "manager" and not person.scope.teams


def names(table: str) -> Mapping[str, str]:
    """What the ids in an answer are called, each by a name of its own: table is user, team or territory."""
    person = require(*EVERYBODY)
    return _names(context().store, person, table, names_of.version(context().store))


def partners(filters: Filters, span: Span) -> Mapping[str, str]:
    """The names of the setter and the closer that are asked for, as far as the reader sees a pair of theirs.

    Whom one sees nothing of is not named: else an address would tell the name to any id.
    """
    wanted = {filters.setter, filters.closer} - {None}
    if not wanted:
        return {}
    person, store = require(*EVERYBODY), context().store
    found = _matrix(store, question(person, filters, span), _version(store))
    known = wanted & {*found["setter_id"], *found["closer_id"]}
    return {id: name for id, name in names("user").items() if id in known}


def stages(filters: Filters, span: Span) -> pl.DataFrame:
    """From which stage to which, as `ask.stages`."""
    store, asked = _asked(filters, span)
    return _stages(store, asked, _version(store))


def kinds() -> Mapping[str, str]:
    """The names of activity types (id), results (type:result) and stages (stage:record type:stage)."""
    found = _directory(require(*EVERYBODY))
    named = {one.id: one.name for one in (*found.templates, *found.results)}
    return named | {f"stage:{one.id}": one.name for one in found.stages}


def territories() -> tuple[Territory, ...]:
    """The territories in scope with their outlines, those that SPOTIO deleted too: what happened in them counts on."""
    return _directory(require(*READERS)).territories


def counted_at() -> datetime | None:
    """When the numbers were last derived from what was mirrored; None when they never were."""
    require(*EVERYBODY)
    return state.refreshed_at(context().store)


def values(
    filters: Filters, span: Span, keys: tuple[str, ...], spells: tuple[Spell, ...] | None = None
) -> Mapping[str, Value]:
    """Each number for the whole of the span; with `spells`, of their teams in their days."""
    store, question = _asked(filters, span, spells)
    return _values(store, question, keys, _version(store))


def series(filters: Filters, span: Span, key: str, step: str) -> pl.DataFrame:
    """step (its first day), n, d, value: a row a step, by day or week."""
    store, question = _asked(filters, span)
    return _series(store, question, (key,), step, _version(store))[key]


def sparks(filters: Filters, span: Span, keys: tuple[str, ...], step: str) -> Mapping[str, pl.DataFrame]:
    """The series of several numbers at once."""
    store, question = _asked(filters, span)
    return _series(store, question, keys, step, _version(store))


def by(
    filters: Filters, span: Span, keys: tuple[str, ...], group: str, spells: tuple[Spell, ...] | None = None
) -> Mapping[str, Mapping[Any, Row]]:
    """number -> key -> its parts and itself; group as `ask.by`, the hour is that of the week from Monday 0:00.

    With `spells`, of their teams in their days.
    """
    store, question = _asked(filters, span, spells)
    return _by(store, question, keys, group, _version(store))


def matrix(filters: Filters, span: Span) -> pl.DataFrame:
    """A row a pair of setter and closer, as `ask.matrix`."""
    store, question = _asked(filters, span)
    return _matrix(store, question, _version(store))


def funnel(filters: Filters, span: Span, view: str) -> pl.DataFrame:
    """step, n, of: from door to sale; view is activity or cohort."""
    store, question = _asked(filters, span)
    return _funnel(store, question, view, _version(store))


def paces(filters: Filters, keys: tuple[str, ...]) -> Mapping[str, tuple[Pace, ...]]:
    """Where the present week, month and quarter stand, for the numbers that have a target of those asked about."""
    person = require(*READERS)
    store = context().store
    today = _local_day(filters.as_of)
    standing = targets.current(store, today, filters.as_of)
    asked = question(person, filters, Span(today, today))
    version = (_version(store), names_of.version(store))
    return _paces(store, asked, keys, tuple(standing.iter_rows()), version)


def unpaced(filters: Filters) -> frozenset[str]:
    """The numbers that have a target but no pace here: the filters leave a part of what the target is of."""
    person = require(*READERS)
    today = _local_day(filters.as_of)
    return targets.unpaced(context().store, question(person, filters, Span(today, today)), today)


def today() -> date:
    """The day that it is: of the zone that counts for everybody, else of the pages."""
    return _local_day()


def standing_targets() -> pl.DataFrame:
    """kpi, team_id, user_id, period, start, value, set_by, set_at: those that hold today, of whom the reader sees."""
    person = require(*READERS)
    found = targets.current(context().store, today())
    if person.scope.teams is None:
        return found
    mine = choices()
    seen = pl.col("team_id").is_in([one.id for one in mine.teams])
    return found.filter(seen | pl.col("user_id").is_in([one.id for one in mine.reps]))


def behind(
    filters: Filters, span: Span, key: str, part: str, limit: int, after: tuple[datetime, str] | None = None
) -> pl.DataFrame:
    """The rows that a part of a number is made of, newest first, as `ask.behind`; a rep sees their own."""
    person = require(*EVERYBODY)
    return ask.behind(context().store, question(person, filters, span), key, part, limit, after)


def whole(filters: Filters, span: Span, key: str) -> Value:
    """The number itself, with its parts and what was left out of it; a rep sees their own."""
    person = require(*EVERYBODY)
    store = context().store
    return _values(store, question(person, filters, span), (key,), _version(store))[key]


def _local_day(moment: datetime | None = None) -> date:
    return (moment or now()).astimezone(ZoneInfo(day_zone())).date()


def _asked(filters: Filters, span: Span, spells: tuple[Spell, ...] | None = None) -> tuple[Store, Question]:
    person = require(*READERS)
    return context().store, replace(question(person, filters, span), spells=spells)


def question(person: Person, filters: Filters, span: Span) -> Question:
    """The filters as a question of this person's."""
    return Question(
        first=span.first,
        last=span.last,
        scope=person.scope,
        teams=filters.teams or None,
        territories=(filters.territory,) if filters.territory else None,
        users=filters.reps or None,
        types=filters.types or None,
        templates=filters.activities or None,
        results=filters.results or None,
        verification=filters.verified,
        hours=None if filters.hour is None else (filters.hour,),
        setters=(filters.setter,) if filters.setter else None,
        closers=(filters.closer,) if filters.closer else None,
        from_stages=(filters.left,) if filters.left else None,
        to_stages=(filters.entered,) if filters.entered else None,
        as_of=filters.as_of,
        groups_now=filters.groups_now,
        now=None if filters.as_of else now().replace(second=0, microsecond=0),
    )


def _whole(person: Person) -> str:
    if person.role == "rep":
        return words.plain(person.name)
    if person.role != "manager":
        return "all teams"
    return words.listed([words.plain(team.name) for team in person.leads]) or "no team"


def _version(store: Store) -> object:
    return state.refreshed_at(store)


def _directory(person: Person) -> Directory:
    store = context().store
    return _kept_directory(store, person, names_of.version(store))


# What is kept. A store is its own key, so that one process can serve one store after another, as tests do.


@lru_cache(maxsize=64)
def _kept_directory(store: Store, person: Person, version: object) -> Directory:
    return names_of.directory(store, person.scope)


@lru_cache(maxsize=64)
def _names(store: Store, person: Person, table: str, version: object) -> Mapping[str, str]:
    found = names_of.names(store, person.scope, table)
    again = {name for name, times in Counter(found.values()).items() if times > 1}
    return {id: f"{name} ({id})" if name in again else name for id, name in found.items()}


@lru_cache(maxsize=KEPT)
def _values(store: Store, question: Question, keys: tuple[str, ...], version: object) -> Mapping[str, Value]:
    return ask.values(store, question, keys)


@lru_cache(maxsize=KEPT)
def _series(
    store: Store, question: Question, keys: tuple[str, ...], step: str, version: object
) -> Mapping[str, pl.DataFrame]:
    found = ask.series(store, question, keys, step)
    return {key: _one(found, "day", key).rename({"day": "step"}) for key in keys}


@lru_cache(maxsize=KEPT)
def _by(
    store: Store, question: Question, keys: tuple[str, ...], group: str, version: object
) -> Mapping[str, Mapping[Any, Row]]:
    found = ask.by(store, question, keys, group)
    return {
        key: {row[0]: Row(row[1], row[2], row[3]) for row in _one(found, "key", key).iter_rows()}
        for key in keys
    }


@lru_cache(maxsize=KEPT)
def _matrix(store: Store, question: Question, version: object) -> pl.DataFrame:
    return ask.matrix(store, question)


@lru_cache(maxsize=KEPT)
def _stages(store: Store, question: Question, version: object) -> pl.DataFrame:
    return ask.stages(store, question)


@lru_cache(maxsize=KEPT)
def _funnel(store: Store, question: Question, view: str, version: object) -> pl.DataFrame:
    return ask.funnel(store, question, view)


@lru_cache(maxsize=256)
def _paces(
    store: Store, asked: Question, keys: tuple[str, ...], standing: tuple[Any, ...], version: object
) -> Mapping[str, tuple[Pace, ...]]:
    """`standing` are the rows of the targets that hold: kpi first, period fourth."""
    today = asked.last
    wanted = {(row[0], row[3]) for row in standing}
    found: dict[str, list[Pace]] = {}
    for period in PERIODS:
        first = targets.first_of(period, today)
        whole = replace(asked, first=first, last=targets.last_of(period, first))
        for key in keys:
            pace = targets.pace(store, whole, key, today) if (key, period) in wanted else None
            if pace is not None:
                found.setdefault(key, []).append(pace)
    return {key: tuple(paces) for key, paces in found.items()}


def _one(found: pl.DataFrame, by: str, key: str) -> pl.DataFrame:
    """The columns of one number as n and d, with the value that they make."""
    kpi = DICTIONARY[key]
    parts = found.select(by, n=f"{key}_n", d=f"{key}_d")
    values = [value_of(kpi, row[1], row[2]) for row in parts.iter_rows()]
    return parts.with_columns(value=pl.Series(values, dtype=pl.Float64))
