"""Whose days numbers count by, and how far these are from the days of another zone: that of SalesScreen's company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from data.kpi.facts import memberships
from data.kpi.reading import parameters, used
from data.kpi.settings import KpiSettings
from data.store import Store


def zones(store: Store, settings: KpiSettings, users: Iterable[str]) -> dict[str, str]:
    """user id -> the IANA zone by whose days their numbers count at present."""
    counted = settings.zones.counted
    own: Mapping[str, str] = {}
    if counted.by_team or counted.by_user:
        sql = (
            f"with recursive {', '.join(memberships(store))},"
            " present as (select user_id, arg_max_null(zone, since) as zone from leaf_team group by user_id)"
            " select coalesce(z.user_id, t.user_id) as user_id, coalesce(z.zone, t.zone) as zone"
            " from present t full join zone_of_user z on z.user_id = t.user_id"
        )
        params = used(sql, parameters(settings))
        rows = store.lasting(("zones", counted.model_dump_json()), lambda: store.rows(sql, params))
        own = {row["user_id"]: row["zone"] for row in rows if row["zone"]}
    return {user: own.get(user, counted.company) for user in users}


@lru_cache(maxsize=1024)
def later(zone: str, than: str, first: date, last: date) -> frozenset[timedelta]:
    """How much later a zone's days begin than another's, below zero for earlier: each distance that the days from
    `first` to `last` know, for clocks are not changed everywhere on one day."""
    days = (first + timedelta(days=turn) for turn in range((last - first).days + 1))
    return frozenset(_begins(day, zone) - _begins(day, than) for day in days)


def _begins(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
