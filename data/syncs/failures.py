"""Writes that a system refused: the same action is not tried again by itself, until a person lets it go.

An ignored one is no longer listed and stays untried; a released one may be tried again by the next plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import polars as pl

from data.store import Store, query
from data.syncs.frames import count, fetch, give


def standing(store: Store, sync: str) -> pl.DataFrame:
    """The actions that are not tried again: (digest, code, text, field)."""
    with store.cursor() as cursor:
        return fetch(
            cursor,
            "select action as digest, code, text, error_fields as field from sync.write"
            " where sync = $sync and state = 'failed' and released_at is null"
            " qualify row_number() over (partition by action order by number desc) = 1 order by number",
            {"sync": sync},
        )


def listed(store: Store, sync: str | None = None, *, ignored: bool = False) -> list[dict[str, Any]]:
    """The refused writes that nobody has released, newest first: of each action the last one."""
    return store.rows(query("sync_failures"), {"sync": sync, "ignored": ignored})


def tried_before(store: Store, sync: str) -> list[str]:
    """The actions that were tried and came to nothing: what is new goes before them (SF-31)."""
    rows = store.rows(
        "select distinct action from sync.write where sync = $sync and state in ('failed', 'dropped') order by action",
        {"sync": sync},
    )
    return [row["action"] for row in rows]


def release(store: Store, writes: Iterable[str], now: datetime) -> int:
    """Let these be tried again, and every earlier refusal of the same actions; returns how many there were."""
    return _mark(store, writes, "released_at = $value, ignored = null", now)


def ignore(store: Store, writes: Iterable[str], note: str | None) -> int:
    """Leave these untried and unlisted, with a note that says why; without one they are listed again, untried."""
    return _mark(store, writes, "ignored = $value", note)


def assign(store: Store, writes: Iterable[str], person: str | None) -> int:
    """Note who looks after these."""
    return _mark(store, writes, "assigned = $value", person)


def _mark(store: Store, writes: Iterable[str], change: str, value: object) -> int:
    chosen = pl.DataFrame({"id": list(writes)}, schema={"id": pl.String})
    same = "state = 'failed' and released_at is null and action in (select action from sync.write where id in (select id from given_ids))"
    with store.write() as cursor:
        give(cursor, "given_ids", chosen)
        marked = count(cursor, f"select count(distinct action) from sync.write where {same}")
        cursor.execute(f"update sync.write set {change} where {same}", {"value": value})
        cursor.unregister("given_ids")
    return marked
