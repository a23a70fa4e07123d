"""With which settings the derived tables stand, so that whoever asks uses the same ones."""

from __future__ import annotations

from data.kpi.settings import KpiSettings
from data.store import Store


def settings(store: Store) -> KpiSettings:
    """The settings of the last refresh; the defaults before the first one."""
    rows = store.rows("select settings::varchar as settings from kpi.state")
    return KpiSettings.parse(rows[0]["settings"]) if rows else KpiSettings()
