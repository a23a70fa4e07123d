"""For what records are not written: causes with their records, and what people said of them.

A cause is what one fix mends: (sync, system, code, field, value). Its records were blocked by the checks before a write,
or a system refused them; `stage` says which (checks | refused).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl

from data.erase_sync import ERASED
from data.errors import NotOpenError
from data.store import Store, query
from data.syncs.frames import give

Fields = Sequence[Mapping[str, str]]
"""What the mapped fields are called: `{sync, side, column, label, key}` each, a label once a sync and side."""


@dataclass(frozen=True)
class Hidden:
    """What a reader may not see: causes about these fields (a mapped pair's key, or a column), and, with `wordless`, refusals
    that are not about a mapped field alone, whose words may quote any value."""

    fields: tuple[str, ...] = ()
    wordless: bool = False


NOTHING = Hidden()


def listed(
    store: Store, fields: Fields, sync: str | None = None, *, ignored: bool = False, cause: str | None = None,
    limit: int | None = None, offset: int = 0, hidden: Hidden = NOTHING,
) -> list[dict[str, Any]]:  # fmt: skip
    """The causes, most records first: cause, sync, system, stage, code, field, value, reason, open, ignored, writes, since, text,
    change, assigned, due; `causes` and `records` are how many there are in all."""
    asked = {"sync": sync, "ignored": ignored, "cause": cause, "limit": limit, "offset": offset}
    return store.rows(_over_blocked("sync_causes"), {**_given(fields, hidden), **asked})


def records(
    store: Store, fields: Fields, cause: str, *, ignored: bool = False, after: tuple[datetime, str] | None = None,
    limit: int | None = None, hidden: Hidden = NOTHING,
) -> list[dict[str, Any]]:  # fmt: skip
    """The records of a cause, the last first, behind the (since, who) `after`: who, sync, link, spotio_id, salesforce_id, seen,
    text, since, write, times, assigned, note."""
    since, who = after or (None, None)
    asked = {"cause": cause, "ignored": ignored, "after_since": since, "after_who": who, "limit": limit}
    return store.rows(_over_blocked("sync_cause_records"), {**_given(fields, hidden), **asked})


def assign(
    store: Store, cause: str, to: str | None, due: date | None, *, seen: tuple[str | None, date | None], person: str, now: datetime
) -> None:  # fmt: skip
    """Note who sees to a cause and until when, as long as that is as it was `seen`; NotOpenError when somebody changed it."""
    with store.write() as cursor:
        rows = cursor.execute(
            "select assigned, due, person from sync.cause_owner where cause = $cause", {"cause": cause}
        ).fetchall()
        if rows and tuple(rows[0][:2]) != seen:
            [[assigned, _, who]] = rows
            raise NotOpenError("cause", [cause], f"{who} gave it to {assigned or 'nobody'} meanwhile")
        cursor.execute("delete from sync.cause_owner where cause = $cause", {"cause": cause})
        cursor.execute(
            "insert into sync.cause_owner values ($cause, $to, $due, $person, $now)",
            {"cause": cause, "to": to, "due": due, "person": person, "now": now},
        )


def set_aside(
    store: Store, cause: str, found: Iterable[tuple[str, str]], note: str, *, person: str, now: datetime
) -> None:
    """Let records (system, id) that are blocked before a write be, with a note; those that are already keep theirs."""
    with store.write() as cursor:
        _give(cursor, found)
        cursor.execute(
            "insert into sync.set_aside select $cause, system, id, $note, $person, $now, null from given_records"
            " where (system, id) not in (select (system, id) from sync.set_aside where cause = $cause and until is null)",
            {"cause": cause, "note": note, "person": person, "now": now},
        )
        cursor.unregister("given_records")


def bring_back(store: Store, cause: str, found: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """List them again."""
    with store.write() as cursor:
        _give(cursor, found)
        cursor.execute(
            "update sync.set_aside set until = $now where cause = $cause and until is null"
            " and (system, id) in (select (system, id) from given_records)",
            {"cause": cause, "now": now},
        )
        cursor.unregister("given_records")


def _give(cursor: duckdb.DuckDBPyConnection, found: Iterable[tuple[str, str]]) -> None:
    rows = sorted(set(found))
    schema = {"system": pl.String, "id": pl.String}
    give(cursor, "given_records", pl.DataFrame(rows, schema=schema, orient="row"))


def _over_blocked(name: str) -> str:
    return query(name).replace("(blocked)", f"({query('sync_blocked')})")


def _given(fields: Fields, hidden: Hidden) -> dict[str, Any]:
    return {
        "fields": json.dumps([dict(each) for each in fields]), "erased": ERASED, "hidden": list(hidden.fields),
        "wordless": hidden.wordless,
    }  # fmt: skip
