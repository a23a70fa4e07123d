"""What follows each pull: the events of what it changed, and the numbers that rest on them."""

from __future__ import annotations

from data import events
from data.events import EventSettings
from data.store import Store


def refresh_facts(store: Store, zone: str) -> int:
    """Bring events and rollups up to the mirror's present state; returns how many event versions changed.

    `zone` is the company's IANA time zone, for whom the configuration names no other. Never two at once.
    """
    return events.refresh(store, EventSettings(zone))
