"""Standing differences: fields that differed when two records were linked, until somebody chooses (L-01)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.errors import NotOpenError
from data.store import Store, query
from data.syncs.frames import count, give
from data.syncs.seen import Seen, still_as_seen

# As long as a field is in conflict, that is what people are asked about it.
_ASKED = "settled_at is null and (link, field) not in (select (link, field) from sync.conflict where settled_at is null)"


def note(
    cursor: duckdb.DuckDBPyConnection, standing: pl.DataFrame, *, sync: str, run: str | None, now: datetime
) -> None:
    """Note what a plan found of links that stand: (link, field, spotio, salesforce).

    Found again with other values, a difference is asked anew. What differs at the moment of linking comes with the
    journal (data/syncs/journal.py), together with the link. A difference ends when the field is agreed on, by a write
    or because both sides came to the same, or when its link is taken apart.
    """
    if standing.is_empty():
        return
    give(cursor, "given_standing", standing.select("link", "field", "spotio", "salesforce"))
    cursor.execute(
        "create temp table found as select * from given_standing"
        " qualify row_number() over (partition by link, field) = 1"
    )
    note_found(cursor, sync=sync, run=run, now=now)
    cursor.unregister("given_standing")


def note_found(cursor: duckdb.DuckDBPyConnection, *, sync: str, run: str | None, now: datetime) -> None:
    """Bring the rows up to the temporary table `found` (link, field, spotio, salesforce), and drop it."""
    params = {"sync": sync, "run": run, "now": now}
    cursor.execute(
        "update sync.standing as s set spotio = f.spotio, salesforce = f.salesforce, take = null, value = null,"
        " value_of = null, decided_by = null, decided_at = null, seen_at = $now, run = $run from found f"
        " where s.settled_at is null and s.sync = $sync and s.link = f.link and s.field = f.field"
        " and (s.spotio is distinct from f.spotio or s.salesforce is distinct from f.salesforce)",
        params,
    )
    cursor.execute(query("sync_standing_insert"), params)
    cursor.execute("drop table found")


def listed(
    store: Store, sync: str | None = None, *, field: str | None = None, limit: int | None = None, offset: int = 0
) -> list[dict[str, Any]]:  # fmt: skip
    """The differences that stand, oldest first: id, sync, link, spotio_id, salesforce_id, field, spotio, salesforce, take."""
    asked = {"sync": sync, "field": field, "limit": limit, "offset": offset}
    return store.rows(query("sync_standing"), asked)


def field_counts(store: Store, sync: str) -> list[dict[str, Any]]:
    """How many undecided differences stand of each field: (field, n, spotio_blank, salesforce_blank)."""
    return store.rows(
        "select field, count(*) as n, count(*) filter (coalesce(spotio, '') = '') as spotio_blank,"
        " count(*) filter (coalesce(salesforce, '') = '') as salesforce_blank from sync.standing"
        f" where {_ASKED} and take is null and sync = $sync group by field order by field",
        {"sync": sync},
    )


def decide(
    store: Store, ids: Iterable[str], take: str, *, value: str | None = None, seen: Iterable[Seen] = (), person: str,
    now: datetime,
) -> int:  # fmt: skip
    """Say which side's value is taken, or another `value`; the next run writes it. Returns how many are decided.

    Raises NotOpenError, deciding nothing, when one of the ids is no standing difference, or is not what the person has
    `seen` of it any more: undecided, with these values.
    """
    chosen = list(dict.fromkeys(ids))
    with store.write() as cursor:
        give(cursor, "given_ids", pl.DataFrame({"id": chosen}, schema={"id": pl.String}))
        meant = "settled_at is null and id in (select id from given_ids)"
        known = {row[0] for row in cursor.execute(f"select id from sync.standing where {meant}").fetchall()}
        if missing := sorted(set(chosen) - known):
            raise NotOpenError("difference", missing)
        still_as_seen(cursor, "standing", seen)
        cursor.execute(
            "update sync.standing set take = $take, value = $value, decided_by = $person, decided_at = $now"
            f" where {meant}",
            {"take": take, "value": value, "person": person, "now": now},
        )
        cursor.unregister("given_ids")
    return len(chosen)


def decide_field(
    store: Store, sync: str, field: str, take: str, *, expected: int, person: str, now: datetime
) -> int:
    """Decide all undecided differences of one field: `take` is spotio, salesforce or blanks (each side's blank is filled).

    `expected` is the count that the person saw; with blanks, of those where one side is blank. Raises NotOpenError,
    deciding nothing, when there are others by now.
    """
    chosen = (
        "case when coalesce(spotio, '') = '' then 'salesforce' else 'spotio' end"
        if take == "blanks"
        else "$take"
    )
    meant = f"{_ASKED} and take is null and sync = $sync and field = $field" + (
        " and (coalesce(spotio, '') = '' or coalesce(salesforce, '') = '')" if take == "blanks" else ""
    )
    params = {"sync": sync, "field": field}
    with store.write() as cursor:
        found = count(cursor, f"select count(*) from sync.standing where {meant}", params)
        if found != expected:
            raise NotOpenError("difference", [], f"{found} differences meet this now, not {expected}")
        told = {"person": person, "now": now} | ({} if take == "blanks" else {"take": take})
        cursor.execute(
            f"update sync.standing set take = {chosen}, decided_by = $person, decided_at = $now where {meant}",
            {**params, **told},
        )
    return found
