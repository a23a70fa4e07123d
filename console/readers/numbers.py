"""What counts in the numbers, as it stands and as the reader is editing it; and the dictionary of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from console.context import context
from console.identity import current, only_for, require
from data import config
from data.changes import changes
from data.kpi import classified, state
from data.kpi.classified import Result as Result
from data.kpi.dictionary import DICTIONARY, Kpi
from data.kpi.settings import KpiSettings as KpiSettings

SECTION = "kpis"
EVERYBODY = ("admin", "analyst", "manager", "rep")


@dataclass(frozen=True)
class WhatCounts:
    """The settings by which the numbers on the pages were derived.

    `published` is None while nobody has published any: then they are what SPOTIO's own names of results suggest.
    """

    settings: KpiSettings
    published: Published | None
    derived_at: datetime | None


@dataclass(frozen=True)
class Published:
    """Which version of the configuration that is. Not the version itself: it holds who may come in and who sees what
    as well, which is for admins, and what counts is for everybody."""

    number: int
    author: str
    published_at: datetime | None


@dataclass(frozen=True)
class NumbersDraft:
    """The reader's own edit: what it began from, what it changes in words, what others published meanwhile."""

    settings: KpiSettings
    base: KpiSettings
    based_on: int
    saved_at: datetime | None
    changes: tuple[str, ...]
    meanwhile: tuple[str, ...]
    newest: config.Version


def dictionary() -> Mapping[str, Kpi]:
    """Every number by its key, in the order in which people read them."""
    require(*EVERYBODY)
    return DICTIONARY


def what_counts() -> WhatCounts:
    """The settings that the numbers stand on."""
    require(*EVERYBODY)
    store = context().store
    newest = config.current(store)
    published = None
    if newest.document.get(SECTION):
        published = Published(newest.number, newest.author, newest.published_at)
    return WhatCounts(state.settings(store), published, state.refreshed_at(store))


def results(settings: KpiSettings) -> list[Result]:
    """Every activity result of SPOTIO with its classes and how often it was logged in the last 28 days."""
    person = require("admin", "analyst", "manager")
    return classified.results(context().store, settings, person.scope)


@only_for("admin")
def numbers_draft() -> NumbersDraft:
    """What the reader has open; what stands when they have nothing open."""
    store = context().store
    newest = config.current(store)
    stands = _standing(newest)
    draft = config.draft(store, current().author, SECTION)
    if draft is None:
        return NumbersDraft(stands, stands, newest.number, None, (), (), newest)
    base = _standing(config.version(store, draft.based_on))
    mine = KpiSettings.parse(draft.content)
    return NumbersDraft(
        mine, base, draft.based_on, draft.saved_at, _told(base, mine), _told(base, stands), newest
    )


def _standing(version: config.Version) -> KpiSettings:
    """What counts, or counted, under a version."""
    return KpiSettings.standing(context().store, version.document.get(SECTION), context().timezone)


def _told(before: KpiSettings, after: KpiSettings) -> tuple[str, ...]:
    return tuple(c.text for c in changes({SECTION: before.document()}, {SECTION: after.document()}))
