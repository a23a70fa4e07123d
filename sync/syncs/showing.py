"""Plans and explanations as documents: what commands print as JSON, what is saved, and what pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data.store import Store
from data.syncs import computed
from sync.engine.definition import Side
from sync.engine.guards import Guarded
from sync.syncs.planning import Planned

_BLOCKING = ("blocked", "undecided")


def plan_document(store: Store, planned: Sequence[Planned], guarded: Mapping[str, Guarded]) -> dict[str, Any]:
    """`{plan_id, config_version, counts, actions, blocked, conflicts, held}` over several syncs."""
    counts: dict[str, int] = {}
    for each in planned:
        for name, number in each.counts.items():
            counts[name] = counts.get(name, 0) + number
    return {
        "plan_id": None,
        "config_version": max((each.definition.version for each in planned), default=0),
        "counts": counts,
        "actions": [action for each in planned for action in actions(store, each)],
        "blocked": [row for each in planned for row in blocked(each)],
        "conflicts": [row for each in planned for row in conflicts(each)],
        "held": [
            {"sync": sync, "class": one.name, "planned": one.planned, "allowed": one.allowed, "limit": one.limit, "text": one.text}
            for sync, each in guarded.items() for one in each.held
        ],
        "unsettled": sum(each.unsettled for each in planned),
    }  # fmt: skip


def actions(store: Store, planned: Planned) -> list[dict[str, Any]]:
    """Every action with its fields by column: from, to and the reason; `as_of` of a value that Salesforce computes."""
    written = planned.plan.fields.filter(pl.col("column").is_not_null())
    as_of = _as_of(store, planned, written)
    fields: dict[str, dict[str, Any]] = {}
    for row in written.iter_rows(named=True):
        told = {"from": row["before"], "to": row["after"], "reason": row["reason"], "label": row["label"]}
        if (row["action"], row["field"]) in as_of:
            told["as_of"] = as_of[row["action"], row["field"]]
        fields.setdefault(row["action"], {})[row["column"]] = told
    return [
        {
            "sync": planned.definition.sync, "action": row["kind"], "system": row["system"], "object": row["object"],
            "id": row["id"], "link": row["link"], "fields": fields.get(row["action"], {}), "class": row["class"],
            "spotio_id": row["spotio_id"], "salesforce_id": row["salesforce_id"], "why": row["why"],
            "digest": row["action"],
        }
        for row in planned.plan.actions.iter_rows(named=True)
    ]  # fmt: skip


def _as_of(store: Store, planned: Planned, written: pl.DataFrame) -> dict[tuple[str, str], str]:
    """Since when computed values stand that are written to SPOTIO, by action and field (F-03)."""
    made = planned.definition
    keys = [rule.key for rule in made.fields if rule.salesforce.computed]
    rows = written.filter(pl.col("field").is_in(keys)).join(
        planned.plan.actions.filter(pl.col("system") == Side.SPOTIO).select("action", "salesforce_id"),
        on="action",
    )
    seen = computed.seen_at(store, made.sobject.lower(), rows["salesforce_id"])
    return {(row["action"], row["field"]): seen[row["salesforce_id"]] for row in rows.iter_rows(named=True)}


def blocked(planned: Planned) -> list[dict[str, Any]]:
    """Records that something keeps from syncing, with the reason."""
    rows = planned.plan.decisions.filter(pl.col("outcome").is_in(_BLOCKING))
    return [
        {
            "sync": planned.definition.sync, "system": row["system"], "id": row["id"], "reason": row["code"],
            "field": row["field"], "text": row["text"], "seen": row["seen"], "change": row["change"],
        }
        for row in rows.unique(["link", "code", "id"], keep="first", maintain_order=True).iter_rows(named=True)
    ]  # fmt: skip


def conflicts(planned: Planned) -> list[dict[str, Any]]:
    """Fields that both sides changed; `proposed` is who would win."""
    labels = {rule.key: rule.spotio.label for rule in planned.definition.fields}
    return [
        {
            "sync": planned.definition.sync, "link": row["link"], "spotio_id": row["spotio_id"],
            "salesforce_id": row["salesforce_id"], "field": row["field"], "label": labels.get(row["field"], row["field"]),
            "base_spotio": row["base_spotio"], "base_salesforce": row["base_salesforce"],
            "spotio": row["spotio"], "salesforce": row["salesforce"],
            "changed_by": {"spotio": row["spotio_changed_by"], "salesforce": row["salesforce_changed_by"]},
            "proposed": row["winner"], "why": row["why"],
        }
        for row in planned.plan.conflicts.iter_rows(named=True)
    ]  # fmt: skip


def projected_calls(planned: Planned, poll_seconds: Mapping[str, int]) -> dict[str, int]:
    """Calls a day to each system: what its polls take, and this plan's writes once (N-02)."""
    day = 86_400
    counts = planned.counts
    to_salesforce = sum(n for name, n in counts.items() if name.endswith("_salesforce"))
    to_spotio = sum(n for name, n in counts.items() if name.endswith("_spotio"))
    # A poll of Salesforce asks the limits and a page an object of the sync; a write is a look before and 200 rows a call.
    salesforce = day // poll_seconds["salesforce"] * 3 + 2 * -(-to_salesforce // 200)
    # A poll of SPOTIO reads users, teams, territories, the workflow and three feeds; a write is read, written, read again.
    spotio = day // poll_seconds["spotio"] * 9 + (
        3 * to_spotio if to_spotio < 30 else 8 * -(-to_spotio // 5_000)
    )
    return {"salesforce": salesforce, "spotio": spotio}


def record_of(reference: str) -> tuple[Side, str]:
    """`spotio:ID` or `salesforce:ID` as (system, id); raises ValueError with the sentence to show."""
    system, colon, id = reference.partition(":")
    system = system.partition(".")[0].lower()
    if not colon or not id or system not in (Side.SPOTIO, Side.SALESFORCE):
        raise ValueError(f"'{reference}' names no record; write it as spotio:ID or salesforce:ID.")
    return Side(system), id.strip()


def record_id(reference: str) -> str:
    """The id of a record given as an id, or as system:id."""
    return record_of(reference)[1] if ":" in reference else reference.strip()
