"""Links: a SPOTIO record and its Salesforce records, and what each side held when the two last agreed.

A link's number stands in its members and agreements too, because reading by ranges of numbers is what makes a full
plan of a million links possible within little memory. A record has one live link at most (L-03); earlier ones that
were taken apart stay, as what was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.store import Store, query
from data.syncs.frames import count, fetch, give

LIVE = ("active", "deleted", "case")


def create(
    store: Store, pairs: pl.DataFrame, *, sync: str, object: str, sobject: str, version: int, run: str | None, now: datetime
) -> pl.DataFrame:  # fmt: skip
    """Link pairs (spotio_id, salesforce_id, born) and return them with `link` and `state`, in their order.

    `object` and `sobject` are what the records are in either system. A pair of which a record is linked already
    becomes a case and is never written to: two writers would undo each other.
    """
    with store.write() as cursor:
        give(cursor, "given_pairs", pairs.select("spotio_id", "salesforce_id", "born"))
        cursor.execute(
            "create temp table new_link as select row_number() over () as ord, spotio_id, salesforce_id, born,"
            " $object as object, $sobject as sobject from given_pairs",
            {"object": object, "sobject": sobject},
        )
        insert_new(cursor, sync=sync, version=version, run=run, now=now)
        made = fetch(cursor, "select link, state, spotio_id, salesforce_id, born from numbered order by ord")
        cursor.execute("drop table new_link")
        cursor.execute("drop table numbered")
        cursor.unregister("given_pairs")
    return made


def insert_new(
    cursor: duckdb.DuckDBPyConnection, *, sync: str, version: int, run: str | None, now: datetime
) -> None:
    """Number and insert the links of the temporary table `new_link` (ord, spotio_id, salesforce_id, born, object,
    sobject); leaves them in a temporary table `numbered`, with link, number and state."""
    cursor.execute(query("sync_link_number"), {"sync": sync})
    params = {"sync": sync, "version": version, "run": run, "now": now}
    cursor.execute(
        "insert into sync.link (number, link, sync, state, born, to_spotio, to_salesforce, reason, linked_at, changed_at,"
        " version, run) select number, link, $sync, state, born, state = 'active', state = 'active', reason, $now, $now,"
        " $version, $run from numbered order by number",
        params,
    )
    cursor.execute(
        "insert into sync.link_member (number, link, sync, system, role, object, id)"
        " select number, link, $sync, 'spotio', 'record', object, spotio_id from numbered"
        " union all select number, link, $sync, 'salesforce', 'lead', sobject, salesforce_id from numbered order by 1",
        {"sync": sync},
    )


def find(store: Store, system: str, id: str, sync: str | None = None) -> list[dict[str, Any]]:
    """The links of a record, the live one first: link, sync, state, born, reason, spotio_id, salesforce_id, ..."""
    return store.rows(query("sync_link_find"), {"system": system, "id": id, "sync": sync})


def states(store: Store, records: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """How the newest link of each record (system, id) stands, live ones before others: (state, sync); without those of none."""
    wanted = set(records)
    rows = store.rows(query("sync_link_states"), {"ids": sorted({id for _, id in wanted})})
    found = {(row["system"], row["id"]): (row["state"], row["sync"]) for row in rows}
    return {record: state for record, state in found.items() if record in wanted}


def linked_ids(store: Store, sync: str, system: str) -> frozenset[str]:
    """The records of a system that belong to a live link of a sync."""
    rows = store.rows(
        "select distinct m.id from sync.link_member m join sync.link l on l.number = m.number"
        " where l.sync = $sync and l.state <> 'unlinked' and m.system = $system",
        {"sync": sync, "system": system},
    )
    return frozenset(row["id"] for row in rows)


def live_count(store: Store, sync: str) -> int:
    """How many links of a sync are active."""
    sql = "select count(*) as n from sync.link where sync = $sync and state = 'active'"
    return int(store.rows(sql, {"sync": sync})[0]["n"])


def known_lost(store: Store, sync: str) -> frozenset[str]:
    """The active links of which it was written down that a record is hidden, or deleted while the other was edited."""
    rows = store.rows(
        "select link from sync.conflict where sync = $sync and field = 'deletion' and settled_at is null"
        " union select link from sync.decision where current and sync = $sync and code = 'not_visible' and link is not null",
        {"sync": sync},
    )
    return frozenset(row["link"] for row in rows)


def agree(
    cursor: duckdb.DuckDBPyConnection, agreements: pl.DataFrame, *, run: str | None, now: datetime
) -> int:
    """Replace what links agreed on without a write: (link, field, spotio, salesforce, differs), of links that stand.

    What was open about those fields is settled by it, except where the two sides still differ and only the form of a
    value is new: such a standing difference shows the new form from then on. Returns how many agreements were written.
    """
    if agreements.is_empty():
        return 0
    give(cursor, "given_agreements", agreements.select("link", "field", "spotio", "salesforce", "differs"))
    cursor.execute(
        "create temp table agreeing as select substr(link, 3)::bigint as number, *, 'agreed' as reason, false as fresh"
        " from given_agreements qualify row_number() over (partition by link, field) = 1"
    )
    cursor.execute(
        "update sync.standing as s set spotio = g.spotio, salesforce = g.salesforce from given_agreements g"
        " where g.differs and s.settled_at is null and s.link = g.link and s.field = g.field"
    )
    written = replace_agreed(cursor, run=run, now=now, settled_by="agreed")
    cursor.unregister("given_agreements")
    return written


def replace_agreed(
    cursor: duckdb.DuckDBPyConnection, *, run: str | None, now: datetime, settled_by: str
) -> int:
    """Write the agreements of the temporary table `agreeing` (number, link, field, spotio, salesforce, reason, fresh, differs)
    and drop it.

    A fresh one is of a link made just now, which has no former one. Conflicts and standing differences of the same
    fields are settled, unless the two sides still differ.
    """
    if count(cursor, "select count(*) from agreeing where not fresh"):
        cursor.execute(
            "delete from sync.agreed where number in (select number from agreeing where not fresh)"
            " and (number, field) in (select (number, field) from agreeing where not fresh)"
        )
        for table in ("conflict", "standing"):
            mark = ", state = 'settled', settled_by = $by" if table == "conflict" else ""
            params = {"now": now, "run": run} | ({"by": settled_by} if mark else {})
            cursor.execute(
                f"update sync.{table} set settled_at = $now, settled_run = $run{mark} where settled_at is null"
                " and (link, field) in (select (link, field) from agreeing where not fresh and not differs)",
                params,
            )
    cursor.execute(
        "insert into sync.agreed (number, link, field, spotio, salesforce, reason, agreed_at, run)"
        " select number, link, field, spotio, salesforce, reason, $now, $run from agreeing order by number",
        {"now": now, "run": run},
    )
    written = count(cursor, "select count(*) from agreeing")
    cursor.execute("drop table agreeing")
    return written


def set_states(cursor: duckdb.DuckDBPyConnection, states: pl.DataFrame, *, now: datetime) -> int:
    """Bring links into states (link, state, to_spotio, to_salesforce, reason); returns how many there were.

    Rows of which `after` is set wait for an action, and are the journal's (data/syncs/journal.py). A link that becomes
    unlinked loses what it agreed on.
    """
    at_once = states.filter(pl.col("after").is_null())
    if at_once.is_empty():
        return 0
    give(cursor, "given_states", at_once.select("link", "state", "to_spotio", "to_salesforce", "reason"))
    changed = apply_states(cursor, "given_states", now)
    cursor.execute(
        "delete from sync.agreed where number in"
        " (select substr(link, 3)::bigint from given_states where state = 'unlinked')"
    )
    cursor.unregister("given_states")
    return changed


def apply_states(cursor: duckdb.DuckDBPyConnection, source: str, now: datetime) -> int:
    """Bring links into the states that a relation holds; a null there leaves that column as it is."""
    cursor.execute(
        "update sync.link as l set state = coalesce(s.state, l.state), to_spotio = coalesce(s.to_spotio, l.to_spotio),"
        " to_salesforce = coalesce(s.to_salesforce, l.to_salesforce), reason = s.reason, changed_at = $now"
        f" from {source} s where l.link = s.link",
        {"now": now},
    )
    return count(cursor, f"select count(*) from {source}")


def unlink(store: Store, links: Iterable[str], reason: str, now: datetime) -> int:
    """Take links apart: nothing travels any more, and what they agreed on goes. Returns how many there were."""
    chosen = pl.DataFrame({"link": list(links)}, schema={"link": pl.String})
    with store.write() as cursor:
        give(cursor, "given_links", chosen)
        cursor.execute(
            "create temp table parting as select number, link from sync.link"
            " where state <> 'unlinked' and link in (select link from given_links)"
        )
        parted = take_apart(cursor, reason=reason, settled_by="agreed", now=now)
        cursor.unregister("given_links")
    return parted


def take_apart(
    cursor: duckdb.DuckDBPyConnection, *, reason: str | None, settled_by: str, now: datetime
) -> int:
    """Unlink the links of the temporary table `parting` (number, link), and drop it; returns how many there were."""
    cursor.execute(
        "update sync.link set state = 'unlinked', to_spotio = false, to_salesforce = false, reason = $reason,"
        " changed_at = $now where number in (select number from parting)",
        {"reason": reason, "now": now},
    )
    cursor.execute("delete from sync.agreed where number in (select number from parting)")
    cursor.execute(
        "update sync.conflict set state = 'settled', settled_at = $now, settled_by = $by"
        " where settled_at is null and link in (select link from parting)",
        {"now": now, "by": settled_by},
    )
    cursor.execute(
        "update sync.standing set settled_at = $now where settled_at is null and link in (select link from parting)",
        {"now": now},
    )
    parted = count(cursor, "select count(*) from parting")
    cursor.execute("drop table parting")
    return parted


def repoint(store: Store, moved: pl.DataFrame, *, now: datetime) -> int:
    """Let links follow their records to others (link, system, id), as after a merge; returns how many did.

    The agreed values stay: what differs on the winner is a change like any other.
    """
    with store.write() as cursor:
        give(cursor, "given_moves", moved.select("link", "system", "id"))
        cursor.execute(
            "create temp table moving as select substr(link, 3)::bigint as number, link, system, id from given_moves"
        )
        cursor.execute(
            "update sync.link_member as m set id = v.id from moving v where m.number = v.number and m.system = v.system"
        )
        cursor.execute(
            "update sync.link set changed_at = $now where number in (select number from moving)", {"now": now}
        )
        done = count(cursor, "select count(*) from moving")
        cursor.execute("drop table moving")
        cursor.unregister("given_moves")
    return done
