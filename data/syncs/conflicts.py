"""Conflicts: fields that both sides changed since they agreed, until somebody or something settles them.

One row a link and field as long as it is unsettled: found again with the same values it stays, with others it is
brought up to date and asked anew. Fields of one unit are decided together (F-02). A settled one keeps both values, so
that the loser can be restored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from data.errors import NotOpenError
from data.store import Store, query
from data.syncs.frames import count, give
from data.syncs.seen import Seen, still_as_seen

_CONFLICT = (
    "link", "unit", "field", "base_spotio", "base_salesforce", "spotio", "salesforce", "spotio_changed_at",
    "spotio_changed_by", "salesforce_changed_at", "salesforce_changed_by", "policy", "why",
)  # fmt: skip
TAKES = ("spotio", "salesforce", "value")


@dataclass(frozen=True)
class Rule:
    """Which open conflicts are meant: all that meet everything said here. `changed_by` is who changed `side`, or either."""

    field: str | None = None
    policy: str | None = None
    changed_by: str | None = None
    side: str | None = None

    def params(self) -> dict[str, str | None]:
        return dict(vars(self))


def note(
    cursor: duckdb.DuckDBPyConnection, conflicts: pl.DataFrame, decisions: pl.DataFrame, *, sync: str, run: str | None,
    version: int, now: datetime,
) -> None:  # fmt: skip
    """Bring the rows up to what a plan found; `decisions` tells which links it looked at, and how they stand.

    An open conflict of a link looked at that the plan no longer finds is settled: both sides agree again. One that is
    decided is settled so only when the link is in step: until then its write may be waiting for something.
    """
    looked = decisions.select("link", "outcome").drop_nulls("link")
    if conflicts.is_empty() and looked.is_empty():
        return
    found = conflicts.select(*_CONFLICT, proposed="winner")
    give(cursor, "given_conflicts", found.with_row_index("ord"))
    give(cursor, "given_looked", looked)
    params = {"sync": sync, "run": run, "version": version, "now": now}
    cursor.execute(query("sync_conflict_settle"), {"sync": sync, "run": run, "now": now})
    if not conflicts.is_empty():
        cursor.execute(query("sync_conflict_update"), {"sync": sync, "run": run, "version": version})
        cursor.execute(query("sync_conflict_insert"), params)
    cursor.unregister("given_conflicts")
    cursor.unregister("given_looked")


def listed(
    store: Store, sync: str | None = None, *, states: Iterable[str] = ("open",), field: str | None = None,
    limit: int | None = None, offset: int = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    """Conflicts, the longest-waiting first: id, sync, link, spotio_id, salesforce_id, field, unit, base_spotio,
    base_salesforce, spotio, salesforce, changed_by (by system), proposed, policy, why, state, detected_at."""
    asked = {"sync": sync, "states": list(states), "field": field, "limit": limit, "offset": offset}
    rows = store.rows(query("sync_conflicts"), asked)
    for row in rows:
        row["changed_by"] = {
            "spotio": row.pop("spotio_changed_by"),
            "salesforce": row.pop("salesforce_changed_by"),
        }
        row["changed_at"] = {
            "spotio": row.pop("spotio_changed_at"),
            "salesforce": row.pop("salesforce_changed_at"),
        }
    return rows


def decide(
    store: Store, ids: Iterable[str], take: str, *, value: str | None = None, seen: Iterable[Seen] = (), person: str,
    now: datetime,
) -> int:  # fmt: skip
    """Say which side's value is taken, or another `value`; the next run writes it. Returns how many fields are decided.

    The other fields of the same unit are decided with it, but for those of which a person gave a value, which stands
    nowhere else; a value decides its own field alone. Raises NotOpenError, deciding nothing, when one of the ids is no
    open conflict, or is not what the person has `seen` of it any more: undecided, with these values.
    """
    chosen = list(dict.fromkeys(ids))
    with store.write() as cursor:
        give(cursor, "given_ids", pl.DataFrame({"id": chosen}, schema={"id": pl.String}))
        known = cursor.execute(
            "select id from sync.conflict where state in ('open', 'decided') and id in (select id from given_ids)"
        ).fetchall()
        if missing := sorted(set(chosen) - {row[0] for row in known}):
            raise NotOpenError("conflict", missing)
        still_as_seen(cursor, "conflict", seen)
        meant = (
            "settled_at is null and (take is distinct from 'value' or id in (select id from given_ids)) and (link, unit) in"
            " (select (link, unit) from sync.conflict where settled_at is null and id in (select id from given_ids))"
            if take != "value"
            else "settled_at is null and id in (select id from given_ids)"
        )
        decided = count(cursor, f"select count(*) from sync.conflict where {meant}")
        cursor.execute(
            "update sync.conflict set state = 'decided', take = $take, value = $value, value_of = null,"
            f" decided_by = $person, decided_at = $now where {meant}",
            {"take": take, "value": value, "person": person, "now": now},
        )
        cursor.unregister("given_ids")
    return decided


def count_by_rule(store: Store, sync: str, rule: Rule) -> int:
    """How many open conflicts a rule would decide."""
    return len(_by_rule(store, sync, rule))


def decide_by_rule(
    store: Store, sync: str, rule: Rule, take: str, *, expected: int, person: str, now: datetime
) -> int:
    """Decide all open conflicts that a rule means; `expected` is the count that the person saw.

    Raises NotOpenError, deciding nothing, when there are others by now.
    """
    with store.write():
        ids = _by_rule(store, sync, rule)
        if len(ids) != expected:
            raise NotOpenError("conflict", [], f"{len(ids)} conflicts meet this now, not {expected}")
        return decide(store, ids, take, person=person, now=now) if ids else 0


def _by_rule(store: Store, sync: str, rule: Rule) -> list[str]:
    return [row["id"] for row in store.rows(query("sync_conflict_rule"), {"sync": sync, **rule.params()})]


def losers(store: Store, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The values that lost settled conflicts and could be restored, by conflict: id, link, field, side, value."""
    return {row["id"]: row for row in store.rows(query("sync_conflict_loser"), {"ids": list(ids)})}


def restore(store: Store, id: str, *, person: str, now: datetime) -> str:
    """Decide a settled conflict the other way: the value that lost is to replace what both sides hold now.

    Returns the id of the conflict that stands for it. Raises NotOpenError when it is not settled, its link is gone,
    or it was settled without a loser.
    """
    lost = losers(store, [id]).get(id)
    if lost is None:
        raise NotOpenError("conflict", [id], f"{id} has no loser that could be restored")
    with store.write() as cursor:
        [[number]] = cursor.execute("select coalesce(max(number), 0) + 1 from sync.conflict").fetchall()
        cursor.execute(
            "insert into sync.conflict by name select * exclude (now_spotio, now_salesforce) replace ($number as number, $new as id, now_spotio as spotio,"
            " now_salesforce as salesforce, 'decided' as state, 'value' as take, $value as value, $side as value_of,"
            " $person as decided_by, $now as decided_at, $now as detected_at, null as settled_at, null as settled_run,"
            " null as settled_by, $why as why)"
            " from (select c.*, a.spotio as now_spotio, a.salesforce as now_salesforce from sync.conflict c"
            " join sync.agreed a on a.link = c.link and a.field = c.field where c.id = $id)",
            {
                "number": number, "new": f"c-{number}", "value": lost["value"], "side": lost["side"], "person": person,
                "now": now, "why": f"{person} restores what lost in {id}.", "id": id,
            },
        )  # fmt: skip
    return f"c-{number}"
