"""Records that may be the same: cases for a person, and what people said (L-02)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.errors import NotOpenError
from data.store import Store, query
from data.syncs.frames import fetch, give


def note(
    cursor: duckdb.DuckDBPyConnection, cases: pl.DataFrame, decisions: pl.DataFrame, *, sync: str, run: str | None, now: datetime,
) -> None:  # fmt: skip
    """Bring the cases up to what a plan found: (kind, key, spotio_ids, salesforce_ids, text).

    `decisions` tells which records it looked at: an open case of which one was looked at, and that was not found
    again, is closed.
    """
    looked = decisions.select("system", "id")
    if cases.is_empty() and looked.is_empty():
        return
    sides = [pl.col(name).list.sort() for name in ("spotio_ids", "salesforce_ids")]
    found = cases.select("kind", "key", "spotio_ids", "salesforce_ids", "text").with_columns(sides)
    give(cursor, "given_cases", found.with_row_index("ord"))
    give(cursor, "given_looked", looked)
    cursor.execute(query("sync_case_close"), {"sync": sync, "now": now})
    cursor.execute(query("sync_case_open"), {"sync": sync, "run": run, "now": now})
    cursor.unregister("given_cases")
    cursor.unregister("given_looked")


def listed(
    store: Store, sync: str | None = None, *, limit: int | None = None, offset: int = 0
) -> list[dict[str, Any]]:
    """The open cases, oldest first."""
    return store.rows(
        "select id, sync, kind, key, spotio_ids, salesforce_ids, text, opened_at, run from sync.match_case"
        " where closed_at is null and ($sync is null or sync = $sync) order by opened_at, number limit $limit offset $offset",
        {"sync": sync, "limit": limit, "offset": offset},
    )


def say(
    store: Store, sync: str, spotio_id: str, salesforce_id: str, *, same: bool, person: str, note: str = "", now: datetime,
    of_case: str | None = None,
) -> None:  # fmt: skip
    """Keep what a person said of two records; the last word about a pair counts.

    Whoever says it `of_case`, a case that they see open and the pair unsaid in, is the first: raises NotOpenError, keeping
    nothing, when the case was closed or somebody said something of the pair meanwhile.
    """
    pair = {"sync": sync, "spotio_id": spotio_id, "salesforce_id": salesforce_id}
    with store.write() as cursor:
        if of_case is not None:
            _still_unsaid(cursor, of_case, pair)
        cursor.execute(
            "delete from sync.verdict where sync = $sync and spotio_id = $spotio_id and salesforce_id = $salesforce_id",
            pair,
        )
        cursor.execute(
            "insert into sync.verdict (sync, spotio_id, salesforce_id, same, person, said_at, note)"
            " values ($sync, $spotio_id, $salesforce_id, $same, $person, $now, $note)",
            {**pair, "same": same, "person": person, "now": now, "note": note},
        )


def _still_unsaid(cursor: duckdb.DuckDBPyConnection, case: str, pair: dict[str, str]) -> None:
    open_ones = "select id from sync.match_case where id = $case and closed_at is null"
    if not cursor.execute(open_ones, {"case": case}).fetchall():
        raise NotOpenError("case", [case])
    said = cursor.execute(
        "select person, same from sync.verdict where sync = $sync and spotio_id = $spotio_id and salesforce_id = $salesforce_id",
        pair,
    ).fetchall()
    if said:
        [[person, same]] = said
        word = "the same" if same else "different"
        raise NotOpenError("case", [], f"{person} said meanwhile that the two are {word}")


def said(store: Store, records: Iterable[str]) -> list[dict[str, Any]]:
    """What people said of pairs in which one of these SPOTIO records is: sync, spotio_id, salesforce_id, same, person, said_at, note."""
    return store.rows(
        "select sync, spotio_id, salesforce_id, same, person, said_at, note from sync.verdict"
        " where list_contains($records::varchar[], spotio_id) order by said_at, spotio_id, salesforce_id",
        {"records": list(records)},
    )


def verdicts(store: Store, sync: str) -> pl.DataFrame:
    """What people said: (spotio_id, salesforce_id, same)."""
    with store.cursor() as cursor:
        return fetch(
            cursor,
            "select spotio_id, salesforce_id, same from sync.verdict where sync = $sync order by said_at, spotio_id, salesforce_id",
            {"sync": sync},
        )
