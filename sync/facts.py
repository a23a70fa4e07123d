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
    settings = KpiSettings.standing(store, config.current(store).document.get("kpis"), zone)
    changed = events.refresh(store, settings.events())
    touched = events.touched(store)
    rollups.refresh(store, settings, touched)
    events.settled(store, touched)
    return changed
