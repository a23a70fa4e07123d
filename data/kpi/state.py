"""With which settings the derived tables stand and since when, so that whoever asks uses the same ones."""

from __future__ import annotations

from datetime import datetime

from data.kpi.settings import KpiSettings
from data.store import Store


def settings(store: Store) -> KpiSettings:
    """The settings of the last refresh; the defaults before the first one."""
    rows = store.rows("select settings::varchar as settings from kpi.state")
    return KpiSettings.parse(rows[0]["settings"]) if rows else KpiSettings()


def refreshed_at(store: Store) -> datetime | None:
    """When the derived tables were last brought up to date; None before the first time. Numbers change only with it."""
    rows = store.rows("select refreshed_at from kpi.state")
    return rows[0]["refreshed_at"] if rows else None
