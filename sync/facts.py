"""What follows each pull: the events of what it changed, and the numbers that rest on them."""

from __future__ import annotations

from data import config, events
from data.kpi import rollups
from data.kpi.settings import KpiSettings
from data.store import Store


def refresh_facts(store: Store, zone: str) -> int:
    """Bring events and numbers up to the mirror's present state; returns how many event versions changed.

    `zone` is the company's IANA time zone as long as the configuration names none. Never two at once.
    """
    settings = number_settings(store, zone)
    changed = events.refresh(store, settings.events())
    touched = events.touched(store)
    rollups.refresh(store, settings, touched)
    events.settled(store, touched)
    return changed


def number_settings(store: Store, zone: str) -> KpiSettings:
    """What counts: as published, else what SPOTIO's own names of results suggest."""
    section = config.current(store).document.get("kpis")
    settings = KpiSettings.parse(section) if section else KpiSettings.suggested(store)
    if "zones" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"zones": settings.zones.model_copy(update={"company": zone})})
