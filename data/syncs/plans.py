"""Plans that were shown and may be carried out later, and what was approved of what a guard held (C-06)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from data.store import Store, query
from data.syncs.frames import give

KEPT_FOR = timedelta(days=30)  # nobody carries out what was looked at a month ago
ROW: Mapping[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("sync", "kind", "class"), pl.String), "held": pl.Boolean,
    **dict.fromkeys(
        (
            "digest", "system", "object", "id", "link", "spotio_id", "salesforce_id", "name", "why", "code", "field",
            "seen", "change", "fields",
        ),
        pl.String,
    ),
}  # fmt: skip
"""A row of a saved plan; `fields` is JSON, see the table sync.plan_row."""


def save(
    store: Store, document: Mapping[str, Any], rows: pl.DataFrame, *, syncs: Sequence[str], version: int, person: str,
    now: datetime,
) -> str:  # fmt: skip
    """Keep a plan, with its rows in the order given (the shape of ROW), and return its id, p-<number>.

    Plans older than KEPT_FOR go at the same time.
    """
    with store.write() as cursor:
        old = {"before": now - KEPT_FOR}
        cursor.execute(
            "delete from sync.plan_row where plan in (select id from sync.plan where made_at < $before)", old
        )
        [[number]] = cursor.execute("select coalesce(max(number), 0) + 1 from sync.plan").fetchall()
        cursor.execute("delete from sync.plan where made_at < $before", old)
        plan = f"p-{number}"
        cursor.execute(
            "insert into sync.plan (number, id, syncs, version, made_at, made_by, document)"
            " values ($number, $id, $syncs, $version, $now, $person, $document)",
            {
                "number": number, "id": plan, "syncs": list(syncs), "version": version, "now": now, "person": person,
                "document": json.dumps(dict(document)),
            },
        )  # fmt: skip
        give(cursor, "given_rows", rows.select(*ROW).with_row_index("place"))
        cursor.execute(
            "insert into sync.plan_row by name select $plan as plan, * replace (fields::json as fields) from given_rows",
            {"plan": plan},
        )
        cursor.unregister("given_rows")
    return plan


def read(store: Store, plan: str) -> dict[str, Any] | None:
    """A saved plan: id, syncs, version, made_at, made_by, document; None when there is none of that id."""
    rows = store.rows(
        "select id, syncs, version, made_at, made_by, document::varchar as document from sync.plan where id = $id",
        {"id": plan},
    )
    return {**rows[0], "document": json.loads(rows[0]["document"])} if rows else None


def newest(store: Store, sync: str) -> str | None:
    """The id of the newest saved plan of a sync."""
    rows = store.rows(
        "select id from sync.plan where list_contains(syncs, $sync) order by number desc limit 1",
        {"sync": sync},
    )
    return str(rows[0]["id"]) if rows else None


def ran_since(store: Store, moment: datetime) -> str | None:
    """The run of syncs that ended last after a moment: what it wrote, a plan of before still holds."""
    rows = store.rows(
        "select id from sync.run where kind = 'sync' and finished_at > $moment order by number desc limit 1",
        {"moment": moment},
    )
    return str(rows[0]["id"]) if rows else None


def digests(store: Store, plan: str, sync: str) -> set[str]:
    """The actions of a sync in a saved plan."""
    rows = store.rows(
        "select digest from sync.plan_row where plan = $plan and sync = $sync and digest is not null",
        {"plan": plan, "sync": sync},
    )
    return {str(row["digest"]) for row in rows}


def counts(store: Store, plan: str, sync: str, text: str = "") -> list[dict[str, Any]]:
    """How many rows there are of each (kind, class, object): {..., n, held, causes}; `text` narrows as in `rows`."""
    return store.rows(
        f"select kind, class, object, count(*) as n, count(*) filter (held) as held, count(distinct code) as causes"
        f" from ({query('sync_plan_rows')}) group by kind, class, object order by kind, class, object",
        {"plan": plan, "sync": sync, "kind": None, "text": text.strip()},
    )


def rows(
    store: Store, plan: str, sync: str, *, kind: str | None = None, text: str = "", limit: int | None, offset: int = 0
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows of a plan, held ones first, then in their order; of one `kind`, and those that bear `text`.

    `text` is a part of a name, an id, or a part of a field's label, in any case.
    """
    found = store.rows(
        f"{query('sync_plan_rows')} order by held desc, place limit $limit offset $offset",
        {"plan": plan, "sync": sync, "kind": kind, "text": text.strip(), "limit": limit, "offset": offset},
    )
    return [{**row, "fields": json.loads(row["fields"] or "[]")} for row in found]


def held_causes(store: Store, plan: str, sync: str, named: str) -> list[dict[str, Any]]:
    """What the held actions of a class have in common, the most frequent first: {field, label, by, after, afters, first, last, n}.

    `afters` is to how many values the field is set, `after` one of them; `by` who made the changes from `first` to `last`.
    """
    return store.rows(query("sync_plan_causes"), {"plan": plan, "sync": sync, "class": named})


def approve(
    store: Store, sync: str, limits: Mapping[str, int], *, plan: str | None = None, person: str, now: datetime,
    until: datetime | None = None,
) -> None:  # fmt: skip
    """Let the next run (that of `plan`, where one is named) do so many actions of each class at the most."""
    with store.write() as cursor:
        for named, most in limits.items():
            cursor.execute(
                "insert into sync.approval (plan, sync, class, most, approved_by, approved_at, until)"
                " values ($plan, $sync, $class, $most, $person, $now, $until)",
                {"plan": plan, "sync": sync, "class": named, "most": most, "person": person, "now": now, "until": until},
            )  # fmt: skip


def approved(store: Store, sync: str, *, plan: str | None = None, now: datetime) -> dict[str, int]:
    """What the next run may do beyond its guards: class -> actions at the most, from approvals that hold and are unused."""
    rows = store.rows(
        "select class, max(most) as most from sync.approval where used_run is null and sync = $sync"
        " and (plan is null or plan = $plan) and (until is null or until > $now) group by class order by class",
        {"sync": sync, "plan": plan, "now": now},
    )
    return {row["class"]: int(row["most"]) for row in rows}


def use(store: Store, sync: str, run: str, classes: Sequence[str], *, plan: str | None = None) -> None:
    """An approval is for one run: note that this one made use of those of these classes."""
    with store.write() as cursor:
        cursor.execute(
            "update sync.approval set used_run = $run where used_run is null and sync = $sync"
            " and (plan is null or plan = $plan) and list_contains($classes, class)",
            {"run": run, "sync": sync, "plan": plan, "classes": list(classes)},
        )


def approvals(store: Store, plan: str, sync: str) -> list[dict[str, Any]]:
    """What was approved of a plan: {class, most, approved_by, approved_at, until, used_run}, the newest first."""
    return store.rows(
        "select class, most, approved_by, approved_at, until, used_run from sync.approval"
        " where plan = $plan and sync = $sync order by approved_at desc, class",
        {"plan": plan, "sync": sync},
    )


def withdraw(store: Store, plan: str, sync: str, now: datetime) -> int:
    """Let the approvals of a plan that no run has made use of end now; returns how many classes that are."""
    with store.write() as cursor:
        found = cursor.execute(
            "update sync.approval set until = $now where plan = $plan and sync = $sync and used_run is null"
            " and (until is null or until > $now) returning class",
            {"plan": plan, "sync": sync, "now": now},
        ).fetchall()
    return len(found)
