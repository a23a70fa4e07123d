"""Writes of which nobody knows whether they happened: found out by looking, never by repeating.

Done after a pull. Whether a change came through shows in what was just pulled, and the next plan goes on from there.
A new Salesforce record is asked for by its external id. A new SPOTIO record bears Salesforce's id, and shows in a
reading that began after a settling time; until then the record that it is made of waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from data.store import Store, query
from data.syncs import journal
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.salesforce.lookup import by_external_id
from sync.engine.definition import Definition, Side

SETTLING = timedelta(seconds=60)
_RESULT = pl.Schema(dict.fromkeys(("write", "state", "record_id", "code", "text"), pl.String()))


def settle(
    store: Store, definition: Definition, salesforce: SalesforceApi, *, run: str, pulled_at: datetime, now: datetime
) -> int:  # fmt: skip
    """Find out how the sync's unknown writes ended; returns how many are still unknown.

    `pulled_at` is when the last pull of SPOTIO began.
    """
    unknown = journal.unknown(store, definition.sync)
    if unknown.is_empty():
        return 0
    changes = unknown.filter(pl.col("kind") != "create")
    results = [_dropped(changes)]
    for side in Side:
        new = unknown.filter((pl.col("kind") == "create") & (pl.col("system") == side))
        if new.is_empty():
            continue
        if side is Side.SALESFORCE:
            results.append(_looked_up(new, definition, salesforce))
        else:
            results.append(_scanned(store, new, pulled_at))
    found = pl.concat(results)
    if not found.is_empty():
        journal.settle(
            store, found, object=definition.type_name, sobject=definition.sobject, run=run, now=now
        )
    return unknown.height - found.height


def _dropped(writes: pl.DataFrame) -> pl.DataFrame:
    text = pl.lit(
        "Its end was not known; what the system holds was read again, and the plan goes on from there."
    )
    return writes.select(
        "write", state=pl.lit("dropped"), record_id=pl.lit(None, pl.String), code=pl.lit("looked"), text=text
    ).cast(_RESULT)  # fmt: skip


def _looked_up(new: pl.DataFrame, definition: Definition, api: SalesforceApi) -> pl.DataFrame:
    held = by_external_id(api, definition.sobject, definition.external_id, new["spotio_id"].to_list())
    found = {value: row["Id"] for value, row in held.items() if not row.get("IsDeleted")}
    return _told(new, new["spotio_id"], found)


def _scanned(store: Store, new: pl.DataFrame, pulled_at: datetime) -> pl.DataFrame:
    rows = store.rows(query("sync_made_in_spotio"), {"ids": new["salesforce_id"].to_list()})
    found = {row["salesforce_id"]: row["id"] for row in rows}
    told = _told(new, new["salesforce_id"], found)
    early = new.filter(pl.col("intended_at") > pulled_at - SETTLING).select("write")
    return told.filter(pl.col("state") == "done").vstack(
        told.filter(pl.col("state") != "done").join(early, on="write", how="anti")
    )


def _told(new: pl.DataFrame, keys: pl.Series, found: dict[str, str]) -> pl.DataFrame:
    ids = [found.get(key) for key in keys]
    return pl.DataFrame(
        {
            "write": new["write"],
            "state": ["done" if id else "dropped" for id in ids],
            "record_id": ids,
            "code": [None if id else "looked" for id in ids],
            "text": [None if id else "It was looked for and did not happen." for id in ids],
        },
        schema=_RESULT,
    )
