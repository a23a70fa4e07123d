"""The events of a store, as they are known now or were at a moment, without the stamps of their versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from data.store import Store

_STAMPS = ("known_from", "known_until")


def events_known(store: Store, at: datetime | None = None) -> list[dict[str, Any]]:
    """Whole events in the order of their ids."""
    rows = store.rows(
        "select * from history.event where ($at is null and known_until is null)"
        " or (known_from <= $at and (known_until is null or known_until > $at)) order by id",
        {"at": at},
    )
    return [{name: value for name, value in row.items() if name not in _STAMPS} for row in rows]
