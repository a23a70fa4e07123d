"""What people are asked and what was decided, page by page: conflicts, standing differences, records that may be the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from data.store import Store, query


def counts(store: Store) -> list[dict[str, Any]]:
    """How much of each kind (open, standing, matches, decided) there is by sync and field: kind, sync, field, n."""
    return store.rows(query("sync_asked_counts"))


def place_of(store: Store, kind: str, id: str, sync: str | None, field: str | None) -> int | None:
    """How many stand before one in the list of its kind (open, standing); None when it is not in it."""
    asked = {"kind": kind, "id": id, "sync": sync, "field": field}
    rows = store.rows(query("sync_place"), asked)
    return rows[0]["place"] if rows else None


def decided(
    store: Store, sync: str | None = None, *, field: str | None = None, limit: int | None = None, offset: int = 0
) -> list[dict[str, Any]]:  # fmt: skip
    """What was decided, the last first: kind (conflict, standing, match), id, sync, link, spotio_id, salesforce_id, field,
    both values, take, value, value_of, decided_by, decided_at, settled_at, settled_by, note, acted_at."""
    asked = {"sync": sync, "field": field, "limit": limit, "offset": offset}
    return store.rows(query("sync_decided"), asked)


def decided_by(store: Store, person: str, moment: datetime) -> list[dict[str, Any]]:
    """What a person decided at one moment and waits for a run: id, sync, link, field,
    spotio, salesforce, take, value."""
    return store.rows(query("sync_decided_by"), {"person": person, "moment": moment})


def agreed_at(store: Store, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """When both sides last agreed on a field of a link, by (link, field)."""
    wanted = list(dict.fromkeys(pairs))
    rows = store.rows(
        "select link, field, agreed_at from sync.agreed"
        " where list_contains($links::varchar[], link) and list_contains($fields::varchar[], field)",
        {"links": [link for link, _ in wanted], "fields": [field for _, field in wanted]},
    )
    return {(row["link"], row["field"]): row["agreed_at"] for row in rows}


def oldest_of(store: Store, link: str) -> str | None:
    """The id of the open conflict of a link that waits longest; None when none is known yet."""
    rows = store.rows(
        "select id from sync.conflict where state = 'open' and link = $link order by detected_at, number limit 1",
        {"link": link},
    )
    return rows[0]["id"] if rows else None


def changers(store: Store, sync: str | None) -> list[str]:
    """Who changed either side of an open conflict of a sync, or of any, by name."""
    rows = store.rows(
        "select distinct unnest([spotio_changed_by, salesforce_changed_by]) as name from sync.conflict"
        " where state = 'open' and ($sync is null or sync = $sync) order by name",
        {"sync": sync},
    )
    return [row["name"] for row in rows if row["name"]]
