"""The journal of writes: what is about to go out is committed before the call, how it ended after it.

What follows from a write (a link, what was agreed, the state of a link that waited for it) is written down together
with its outcome in one transaction. So after a crash either all of it is known or the write is unknown, and then it
is looked up at the system, never repeated blindly.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.store import Store, query
from data.syncs import links
from data.syncs.frames import count, fetch, give
from data.syncs.standing import note_found

_ACTION = (
    "action", "kind", "class", "system", "object", "id", "link", "spotio_id", "salesforce_id", "born", "why",
)  # fmt: skip
_FIELD = ("action", "field", "column", "label", "before", "after", "reason", "spotio", "salesforce")
_STATE = ("after", "state", "to_spotio", "to_salesforce", "reason")
_NO_STATES = pl.DataFrame(schema={
    "after": pl.String, "state": pl.String, "to_spotio": pl.Boolean, "to_salesforce": pl.Boolean, "reason": pl.String,
})  # fmt: skip


_NOTHING_MADE = pl.DataFrame(
    schema=dict.fromkeys(("write", "link", "state", "spotio_id", "salesforce_id"), pl.String)
)


def intend(
    store: Store, actions: pl.DataFrame, fields: pl.DataFrame, link_states: pl.DataFrame | None = None, *,
    run: str, sync: str, version: int, call: str | None, now: datetime,
) -> pl.DataFrame:  # fmt: skip
    """Commit that these actions of a plan are about to be carried out; returns (action, write) in their order.

    `fields` and `link_states` may be the whole plan's: those of these actions are kept with them, link states by their
    `after`. `call` names what goes out together.
    """
    waiting = _NO_STATES if link_states is None else link_states.select(_STATE)
    ours = actions["action"].implode()
    given = {
        "given_actions": actions.select(_ACTION),
        "given_fields": fields.filter(pl.col("action").is_in(ours)).select(_FIELD),
        "given_states": waiting.filter(pl.col("after").is_in(ours)),
    }
    with store.write() as cursor:
        for name, frame in given.items():
            give(cursor, name, frame.with_row_index("ord"))
        params = {"run": run, "sync": sync, "version": version, "call": call, "now": now}
        cursor.execute(query("sync_intend"), params)
        cursor.execute("insert into sync.write by name select * exclude (ord) from intended order by number")
        written = fetch(cursor, "select action, id as write from intended order by number")
        cursor.execute("drop table intended")
        for name in given:
            cursor.unregister(name)
    return written


def answer(
    store: Store, results: pl.DataFrame, *, sobject: str, object: str, run: str | None, now: datetime
) -> pl.DataFrame:  # fmt: skip
    """Write down how writes ended, and what follows from those that are done, all or nothing.

    `results`: write, state (done | failed | unknown | dropped), and where known code, text, error_fields, record_id
    (of a create). `object` and `sobject` are what the linked records are in either system. Writes that have an
    answer already are left as they are, so an answer may be given again. Returns the links that were made: (write,
    link, state, spotio_id, salesforce_id).
    """
    missing = [name for name in ("code", "text", "error_fields", "record_id") if name not in results.columns]
    given = results.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)
    if results.is_empty():
        return _NOTHING_MADE
    numbers = results["write"].str.slice(2).cast(pl.Int64)
    span = {"first": numbers.min(), "last": numbers.max()}
    with store.write() as cursor:
        give(
            cursor,
            "given_results",
            given.select("write", "state", "code", "text", "error_fields", "record_id"),
        )
        cursor.execute(query("sync_answered"), span)
        cursor.execute(
            "update sync.write as w set state = a.state, code = a.code, text = a.text, error_fields = a.error_fields,"
            " record_id = a.record_id, spotio_id = a.spotio_id, salesforce_id = a.salesforce_id,"
            " answered_at = case when a.state = 'unknown' then null else $now end"
            " from answered a where w.number between $first and $last and w.number = a.number",
            {"now": now, **span},
        )
        made = _follow(cursor, object=object, sobject=sobject, run=run, now=now)
        if not made.is_empty():
            cursor.execute(
                "update sync.write as w set link = l.link from linked l"
                " where w.number between $first and $last and w.number = l.number",
                span,
            )
        cursor.execute("drop table linked")
        cursor.execute("drop table answered")
        cursor.unregister("given_results")
    return made


def _follow(
    cursor: duckdb.DuckDBPyConnection, *, object: str, sobject: str, run: str | None, now: datetime
) -> pl.DataFrame:
    """What is true now that writes are done; the temporary table `answered` holds them."""
    makes = "state = 'done' and kind in ('create', 'link') and link is null and spotio_id is not null and salesforce_id is not null"
    cursor.execute("create temp table linked (number bigint, link varchar)")
    made: list[pl.DataFrame] = []
    # All writes of one call are of one sync; a settling may bring several together.
    for sync, version in cursor.execute(
        f"select sync, max(version) from answered where {makes} group by sync order by sync"
    ).fetchall():
        cursor.execute(
            "create temp table new_link as select number as ord, spotio_id, salesforce_id, coalesce(born, 'matched') as born,"
            f" $object as object, $sobject as sobject from answered where {makes} and sync = $sync order by number",
            {"object": object, "sobject": sobject, "sync": sync},
        )
        links.insert_new(cursor, sync=sync, version=int(version), run=run, now=now)
        cursor.execute("insert into linked select ord, link from numbered")
        cursor.execute(query("sync_standing_linked"))
        note_found(cursor, sync=sync, run=run, now=now)
        made.append(
            fetch(
                cursor,
                "select 'w-' || ord as write, link, state, spotio_id, salesforce_id from numbered order by ord",
            )
        )
        cursor.execute("drop table numbered")
        cursor.execute("drop table new_link")
    cursor.execute(query("sync_agreeing"))
    links.replace_agreed(cursor, run=run, now=now, settled_by="written")
    cursor.execute(query("sync_following"))
    links.apply_states(cursor, "following", now)
    cursor.execute("drop table following")
    cursor.execute(
        "create temp table parting as select l.number, l.link from sync.link l"
        " where l.state <> 'unlinked' and l.link in (select link from answered where state = 'done' and kind = 'unlink')"
    )
    if count(cursor, "select count(*) from parting"):
        # The reason stands in the state that waited for it, which was just applied.
        cursor.execute(
            "create temp table reasons as select number, reason from sync.link where number in (select number from parting)"
        )
        links.take_apart(cursor, reason=None, settled_by="agreed", now=now)
        cursor.execute("update sync.link as l set reason = r.reason from reasons r where l.number = r.number")
        cursor.execute("drop table reasons")
    else:
        cursor.execute("drop table parting")
    return pl.concat([_NOTHING_MADE, *made])


def unknown(store: Store, sync: str | None = None) -> pl.DataFrame:
    """Writes that were intended and have no answer, oldest first: nobody knows whether they happened.

    As written down, with `fields` as JSON; `write` is the id.
    """
    with store.cursor() as cursor:
        return fetch(
            cursor,
            "select id as write, * exclude (id, number, fields, follows), fields::varchar as fields from sync.write"
            " where state in ('intended', 'unknown') and ($sync is null or sync = $sync) order by number",
            {"sync": sync},
        )


def settle(
    store: Store, results: pl.DataFrame, *, object: str, sobject: str, run: str | None, now: datetime
) -> pl.DataFrame:
    """Write down what looking at the system showed of unknown writes; as `answer`.

    One that is found not to have happened is `dropped`: the next plan decides anew.
    """
    return answer(store, results, object=object, sobject=sobject, run=run, now=now)


def fields_of(store: Store, write: str) -> list[dict[str, Any]]:
    """What a write was to change, field by field; empty when there is no such write."""
    rows = store.rows(query("sync_write_fields"), {"write": write})
    return [dict(row) for row in rows]


def counts(store: Store, run: str) -> Mapping[str, int]:
    """How many writes of a run are in each state."""
    rows = store.rows(
        "select state, count(*) as n from sync.write where run = $run group by state order by state",
        {"run": run},
    )
    return {row["state"]: int(row["n"]) for row in rows}


def came_to_nothing(store: Store, action: str) -> str | None:
    """Why the last try of an action wrote nothing though it was not refused for good; None when there was none, or it did."""
    rows = store.rows(
        "select state, text from sync.write where action = $action order by number desc limit 1",
        {"action": action},
    )
    return rows[0]["text"] if rows and rows[0]["state"] == "dropped" else None
