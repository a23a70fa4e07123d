"""Why a record did or did not sync, told from the plan's own columns for that one record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from sync.engine.definition import SYSTEM_NAMES, Definition, Filter, Side
from sync.engine.filters import holds, wording
from sync.engine.inputs import Inputs
from sync.engine.outcome import Plan
from sync.engine.scope import shown

STEPS = ("scope", "match", "life_cycle", "fields", "people", "checks", "apply")
_PASSED = {
    "scope": "It is in scope.",
    "match": "Its partner is clear, or it has none and gets one.",
    "life_cycle": "It lives on both sides, and is in its scopes.",
    "fields": "No field of it waits for a decision.",
    "people": "Its owner is known on both sides.",
    "checks": "The other side takes its values.",
    "apply": "Nothing was refused.",
}


@dataclass(frozen=True)
class Told:
    """The verdict on one record of one sync, and the way to it."""

    outcome: str
    text: str
    link: str | None
    first_failure: dict[str, Any] | None  # step, clause, seen, change
    trace: tuple[dict[str, Any], ...]  # step, passed (null: not reached), text, seen


def tell(
    definition: Definition, inputs: Inputs, plan: Plan, system: Side, id: str, now: datetime
) -> Told | None:
    """What the plan decided of one record; None when the plan did not look at it."""
    rows = plan.decisions.filter((pl.col("system") == system) & (pl.col("id") == id)).to_dicts()
    if not rows:
        return None
    decision = rows[0]
    failing = decision["step"]
    steps: list[dict[str, Any]] = []
    reached = True
    for step in STEPS:
        if step == "scope" and decision["link"] is None:
            steps += _conditions(definition, inputs, system, id, now)
        if step == failing:
            steps.append({"step": step, "passed": False, "text": decision["text"], "seen": decision["seen"]})
            reached = False
        elif reached:
            steps.append({"step": step, "passed": True, "text": _PASSED[step], "seen": None})
        else:
            steps.append({"step": step, "passed": None, "text": "Not reached.", "seen": None})
    failure = None
    if failing is not None:
        failure = {
            "step": failing, "clause": decision["clause"] or decision["code"], "seen": decision["seen"],
            "change": decision["change"], "text": decision["text"], "code": decision["code"], "field": decision["field"],
        }  # fmt: skip
    return Told(decision["outcome"], decision["text"], decision["link"], failure, tuple(steps))


def _conditions(
    definition: Definition, inputs: Inputs, system: Side, id: str, now: datetime
) -> list[dict[str, Any]]:
    """Each condition that applies to the record, with the value seen."""
    rows = inputs.spotio if system is Side.SPOTIO else inputs.salesforce
    row = rows.filter(pl.col("id") == id)
    if row.is_empty():
        return []
    filters = [definition.inbound.filter] if system is Side.SALESFORCE else [s.filter for s in definition.outbound.selective]  # fmt: skip
    return [each for wanted in filters for each in _clauses(wanted, row, definition, now)]


def _clauses(
    wanted: Filter, row: pl.DataFrame, definition: Definition, now: datetime
) -> list[dict[str, Any]]:
    found = []
    for clause in wanted.clauses():
        column = clause.column
        met = bool(row.select(holds(clause, now).alias("met"))["met"][0])
        seen = row.select(shown(column.name, column.choices, column.kind, definition).alias("seen"))["seen"][
            0
        ]
        found.append({"step": "condition", "passed": met, "text": wording(clause), "seen": seen})
    return found


def where(system: Side, id: str) -> str:
    """A record as it is written on the command line."""
    return f"{SYSTEM_NAMES[system]} {id}"
