"""With which settings the derived tables stand and since when, so that whoever asks uses the same ones."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from data.kpi.settings import KpiSettings
from data.store import Store


def settings(store: Store) -> KpiSettings:
    """The settings of the last refresh; the defaults before the first one."""
    rows = store.lasting(
        "settings", lambda: store.rows("select settings::varchar as settings from kpi.state")
    )
    return _parsed(rows[0]["settings"]) if rows else KpiSettings()


@lru_cache(maxsize=8)
def _parsed(text: str) -> KpiSettings:
    """Checking them again, all of the world's time zones included, takes longer than most questions."""
    return KpiSettings.parse(text)


def refreshed_at(store: Store) -> datetime | None:
    """When the derived tables were last brought up to date; None before the first time. Numbers change only with it."""
    rows = store.lasting("refreshed", lambda: store.rows("select refreshed_at from kpi.state"))
    return rows[0]["refreshed_at"] if rows else None
