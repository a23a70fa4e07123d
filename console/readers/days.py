"""Which day it is for the numbers, whose days these are, and how far they are from SalesScreen's (rule E-07)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from console.context import context
from console.identity import require
from console.readers.here import zone
from data.kpi import days, state
from data.kpi.settings import KpiSettings

EVERYBODY = ("admin", "analyst", "manager", "rep")


@dataclass(frozen=True)
class Days:
    """Whose days count, and against those of SalesScreen's company.

    `everybody` is the one zone of all, None for each rep's local days; `salesscreen` the company zone that an admin
    entered, None for none. `later` tells of each rep asked about how much later their days begin than SalesScreen's,
    below zero for earlier: each distance that the days asked about know. Empty while SalesScreen's zone is not entered.
    """

    everybody: str | None
    salesscreen: str | None
    later: tuple[frozenset[timedelta], ...] = ()


def day_zone() -> str:
    """The zone that says which day it is: the one that counts for everybody, else that of the pages."""
    return common_zone() or zone()


def common_zone() -> str | None:
    """The one zone whose days count for all; None while each rep's local days do."""
    require(*EVERYBODY)
    return state.settings(context().store).zones.everybody


def compared_days(users: Iterable[str], first: date, last: date, settings: KpiSettings | None = None) -> Days:
    """The days of these reps against SalesScreen's; `settings` are those that the numbers stand on, or others in mind."""
    require(*EVERYBODY)
    store = context().store
    settings = settings or state.settings(store)
    chosen = settings.zones
    if chosen.salesscreen is None:
        return Days(chosen.everybody, None)
    own = days.zones(store, settings, users)
    later = tuple(days.later(own[user], chosen.salesscreen, first, last) for user in sorted(own))
    return Days(chosen.everybody, chosen.salesscreen, later)
