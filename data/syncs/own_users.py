"""In whose name Fieldline writes: the users that the connections signed in as, kept also after they were changed."""

from __future__ import annotations

from datetime import datetime

from data.store import Store


def note(store: Store, system: str, id: str, now: datetime) -> None:
    """Keep that a connection is this user's now."""
    with store.write() as cursor:
        params = {"system": system, "id": id}
        cursor.execute("delete from sync.own_user where system = $system and id = $id", params)
        cursor.execute(
            "insert into sync.own_user (system, id, seen_at) values ($system, $id, $now)",
            {**params, "now": now},
        )


def ids(store: Store) -> frozenset[str]:
    """All of them, of either system."""
    return frozenset(row["id"] for row in store.rows("select distinct id from sync.own_user"))


def seen_at(store: Store, system: str) -> datetime | None:
    """When a system was last asked who we are."""
    found: datetime | None = store.rows(
        "select max(seen_at) as seen_at from sync.own_user where system = $system", {"system": system}
    )[0]["seen_at"]
    return found
