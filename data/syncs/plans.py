"""Plans that were shown and may be carried out later, and what was approved of what a guard held (C-06)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from data.store import Store


def save(
    store: Store, document: Mapping[str, Any], *, syncs: Sequence[str], version: int, person: str, now: datetime
) -> str:  # fmt: skip
    """Keep a plan as it is shown and return its id, p-<number>; the document gets it as `plan_id`."""
    with store.write() as cursor:
        [[number]] = cursor.execute("select coalesce(max(number), 0) + 1 from sync.plan").fetchall()
        plan = f"p-{number}"
        cursor.execute(
            "insert into sync.plan (number, id, syncs, version, made_at, made_by, document)"
            " values ($number, $id, $syncs, $version, $now, $person, $document)",
            {
                "number": number, "id": plan, "syncs": list(syncs), "version": version, "now": now, "person": person,
                "document": json.dumps({**document, "plan_id": plan}),
            },
        )  # fmt: skip
    return plan


def read(store: Store, plan: str) -> dict[str, Any] | None:
    """A saved plan: id, syncs, version, made_at, made_by, document; None when there is none of that id."""
    rows = store.rows(
        "select id, syncs, version, made_at, made_by, document::varchar as document from sync.plan where id = $id",
        {"id": plan},
    )
    return {**rows[0], "document": json.loads(rows[0]["document"])} if rows else None


def listed(store: Store, most: int = 100) -> list[dict[str, Any]]:
    """The plans, the newest first, without their documents."""
    return store.rows(
        "select id, syncs, version, made_at, made_by from sync.plan order by number desc limit $most",
        {"most": most},
    )


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
