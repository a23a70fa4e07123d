"""Which user of one system is which of the other: found once, then held by id (U-01).

An explicit pair counts before all; else what SPOTIO keeps as a user's id in the other system; else an e-mail address
that is unique on both sides. A pair that was found is kept whatever becomes of the addresses; somebody who is hired
again under a new id is a question for a person, because the address then stands twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb
import polars as pl

from data.store import Store, query
from data.syncs.frames import count, fetch, give
from data.syncs.records import MirrorShape, shape


def pair(store: Store, sync: str, explicit: Mapping[str, str], now: datetime) -> int:
    """Pair the users that are not paired yet, and follow a changed explicit table; returns how many pairs are new.

    `explicit` is SPOTIO user id -> Salesforce user id. Nothing is written when nothing is new.
    """
    with store.cursor() as cursor:
        if not _both(shape(cursor)):
            return 0
        if not _find(cursor, sync, explicit):
            return 0
    with store.write() as cursor:
        found = _find(cursor, sync, explicit)
        cursor.execute(
            "delete from sync.person where sync = $sync and spotio_id in (select spotio_id from found)",
            {"sync": sync},
        )
        cursor.execute(
            "insert into sync.person (sync, spotio_id, salesforce_id, how, paired_at)"
            " select $sync, spotio_id, salesforce_id, how, $now from found order by spotio_id",
            {"sync": sync, "now": now},
        )
        cursor.execute("drop table found")
        cursor.unregister("given_users")
    return found


def _both(mirror: MirrorShape) -> bool:
    return mirror.has("spotio", "user") and mirror.has("salesforce", "user")


def _find(cursor: duckdb.DuckDBPyConnection, sync: str, explicit: Mapping[str, str]) -> int:
    """Leave the pairs that are new in a temporary table `found`; returns how many there are."""
    table = pl.DataFrame(
        {"spotio_id": list(explicit), "salesforce_id": list(explicit.values())},
        schema={"spotio_id": pl.String, "salesforce_id": pl.String},
    )
    give(cursor, "given_users", table)
    cursor.execute(query("sync_person_find"), {"sync": sync})
    return count(cursor, "select count(*) from found")


def persons(cursor: duckdb.DuckDBPyConnection, mirror: MirrorShape, sync: str) -> pl.DataFrame:
    """Users of both systems, and queues: (system, id, partner, active, name).

    Of several SPOTIO users who are one Salesforce user, the active one with the lowest id is the partner.
    """
    parts = []
    if mirror.has("spotio", "user"):
        parts.append(query("sync_persons_spotio"))
    if mirror.has("salesforce", "user"):
        partner = (
            "(select p.spotio_id from sync.person p left join spotio.user o on o.id = p.spotio_id"
            " where p.sync = $sync and p.salesforce_id = u.Id"
            " order by coalesce(o.suspended, false), length(p.spotio_id), p.spotio_id limit 1)"
            if mirror.has("spotio", "user")
            else "null::varchar"
        )
        active = "u._deleted_at is null"
        if mirror.column("salesforce", "user", "IsActive"):
            active += " and coalesce(try_cast(u.IsActive as boolean), false)"
        name = "u.Name" if mirror.column("salesforce", "user", "Name") else "null::varchar"
        parts.append(
            f"select 'salesforce' as system, u.Id as id, {partner} as partner, {active} as active, {name} as name"
            ' from salesforce."user" u'
        )
    if mirror.has("salesforce", "group"):
        queue = "g.Type = 'Queue'" if mirror.column("salesforce", "group", "Type") else "true"
        name = "g.Name" if mirror.column("salesforce", "group", "Name") else "null::varchar"
        parts.append(
            "select 'salesforce' as system, g.Id as id, null::varchar as partner, g._deleted_at is null as active,"
            f' {name} as name from salesforce."group" g where {queue}'
        )
    if not parts:
        return pl.DataFrame(
            schema={
                "system": pl.String,
                "id": pl.String,
                "partner": pl.String,
                "active": pl.Boolean,
                "name": pl.String,
            }
        )
    sql = " union all ".join(parts)
    named = {"sync": sync} if "$sync" in sql else {}
    return fetch(cursor, f"select system, id, partner, active, name from ({sql}) order by system, id", named)


def doubtful(store: Store, sync: str) -> list[dict[str, str]]:
    """Users who may be somebody that is paired already, by their address: (system, id, name, paired_with).

    Such as a Salesforce user who was hired again: a person says whether it is the same one, in the explicit table.
    """
    with store.cursor() as cursor:
        if not _both(shape(cursor)):
            return []
    return [dict(row) for row in store.rows(query("sync_person_doubtful"), {"sync": sync})]
