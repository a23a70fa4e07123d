"""Records that stay out of a sync: excluded by hand, or barred because nothing but a widened filter lets them in (T-05)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import duckdb
import polars as pl

from data.store import Store
from data.syncs.frames import count, fetch, give

Why = Literal["excluded", "barred"]


def keep_out(
    store: Store, sync: str, system: str, ids: Iterable[str], kind: Why, *, person: str, note: str = "", now: datetime
) -> int:  # fmt: skip
    """Let records stay out from now on; returns how many were not out that way already."""
    with store.write() as cursor:
        return keep_out_with(cursor, sync, system, ids, kind, person=person, note=note, now=now)


def keep_out_with(
    cursor: duckdb.DuckDBPyConnection, sync: str, system: str, ids: Iterable[str], kind: Why, *, person: str, note: str = "",
    now: datetime,
) -> int:  # fmt: skip
    """The same within a transaction of somebody else's."""
    return _change(cursor, sync, system, ids, kind, now, {"person": person, "note": note})


def let_in(store: Store, sync: str, system: str, ids: Iterable[str], kind: Why, *, now: datetime) -> int:
    """End that; returns how many were out. What becomes of them is for the next plan to say."""
    with store.write() as cursor:
        return _change(cursor, sync, system, ids, kind, now, None)


def _change(
    cursor: duckdb.DuckDBPyConnection, sync: str, system: str, ids: Iterable[str], kind: Why, now: datetime,
    said: dict[str, str] | None,
) -> int:  # fmt: skip
    chosen = pl.DataFrame({"id": sorted(set(ids))}, schema={"id": pl.String})
    params = {"sync": sync, "system": system, "kind": kind}
    out = "sync = $sync and system = $system and kind = $kind and until is null"
    give(cursor, "given_ids", chosen)
    if said is None:
        there = f"from sync.kept_out where {out} and id in (select id from given_ids)"
        changed = count(cursor, f"select count(*) {there}", params)
        cursor.execute(
            f"update sync.kept_out set until = $now where {out} and id in (select id from given_ids)",
            {**params, "now": now},
        )
    else:
        new = f"from given_ids where id not in (select id from sync.kept_out where {out})"
        changed = count(cursor, f"select count(*) {new}", params)
        cursor.execute(
            "insert into sync.kept_out (sync, system, id, kind, note, person, since)"
            f" select $sync, $system, id, $kind, $note, $person, $now {new}",
            {**params, **said, "now": now},
        )
    cursor.unregister("given_ids")
    return changed


def ids(store: Store, sync: str, kind: Why) -> pl.DataFrame:
    """The records that are out that way now: (system, id, why)."""
    with store.cursor() as cursor:
        return fetch(
            cursor,
            "select system, id, note as why from sync.kept_out where sync = $sync and kind = $kind and until is null"
            " order by system, id",
            {"sync": sync, "kind": kind},
        )


def listed(store: Store, sync: str | None = None) -> list[dict[str, Any]]:
    """Who is out, since when and why, the newest first."""
    return store.rows(
        "select sync, system, id, kind, note, person, since from sync.kept_out"
        " where until is null and ($sync is null or sync = $sync) order by since desc, system, id",
        {"sync": sync},
    )
