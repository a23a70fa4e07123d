"""What can be said of SalesScreen's key."""

from __future__ import annotations

from sync.connectors import salesscreen
from sync.looking.check import Check
from sync.settings import SalesScreenSettings


def look(settings: SalesScreenSettings) -> list[Check]:
    """Raises what refuses the key. Its API has no call that reads, so no more than the key is tried."""
    salesscreen.try_key(settings)
    return [
        Check(
            "salesscreen",
            "ok",
            f"SalesScreen at {settings.url} takes the key; it was asked with an empty list, which counts nothing.",
        )
    ]
