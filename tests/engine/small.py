"""Small worlds for tables of cases: a field or two, a linked pair, a record that is new on one side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from sync.engine.definition import Column, Definition, FieldRule, Inbound, Kind, Outbound, Side
from sync.engine.inputs import State
from sync.engine.outcome import Plan
from tests.engine.compare import run
from tests.engine.worlds import NOW, ON_AT, Agreed, Edit, Person, Record, Text, World

SPOTIO, SALESFORCE = Side.SPOTIO, Side.SALESFORCE
Values = Mapping[str, Text]


def rule(
    spotio: str,
    salesforce: str,
    kind: Kind = Kind.TEXT,
    *,
    label: str = "",
    theirs: Kind | None = None,
    ours: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    **members: Any,
) -> FieldRule:
    """A pair of fields; `ours` and `limits` are what SPOTIO's and Salesforce's column take."""
    here = Column(spotio, label or spotio.capitalize(), kind, **(ours or {}))
    there = Column(salesforce, label or salesforce, theirs or kind, **(limits or {}))
    return FieldRule(f"{spotio}~lead.{salesforce}", here, there, **members)


COMPANY = rule("company", "Company")
EMAIL = rule("email", "Email", Kind.EMAIL)
PHONE = rule("phone", "Phone", Kind.PHONE)
FIRST = rule("first", "FirstName", group="name")
LAST = rule("last", "LastName", group="name")
OWNER = rule("owner", "OwnerId", Kind.USER)
STAGES = {"1": "New", "2": "Attempted", "3": "Pitched", "4": "Sold", "5": "Lost"}
STAGE = rule(
    "stage", "Status", Kind.STAGE, label="Stage", theirs=Kind.CHOICE, ours={"choices": STAGES},
    to_salesforce={"1": "Open", "2": "Open", "3": "Working", "4": "Closed"},
    to_spotio={"Open": "1", "Working": "3", "Closed": "4"},
)  # fmt: skip


def world_of(*rules: FieldRule, state: State | None = None, **members: Any) -> World:
    """A sync of these fields, both directions on."""
    definition = Definition(
        "doors", 1, "10", "Prospect", fields=rules, inbound=Inbound(True), outbound=Outbound(True)
    )
    world = World(replace(definition, **members), now=NOW)
    if state is not None:
        world.state = state
    world.persons = [
        Person(side, f"{letter}{number}", f"{other}{number}")
        for side, letter, other in ((SPOTIO, "u", "U"), (SALESFORCE, "U", "u"))
        for number in (1, 2)
    ]
    return world


def linked(
    world: World, was: tuple[Values, Values], now: tuple[Values, Values], *, at: datetime = ON_AT, **link: Any
) -> tuple[Record, Record]:
    """A linked pair that agreed on what was and shows what is now, as (SPOTIO's values, Salesforce's values)."""
    spotio = world.add(SPOTIO, "s1", now[0])
    salesforce = world.add(SALESFORCE, "f1", now[1])
    world.link("l-1", spotio, salesforce, agree=False, **link)
    for each in world.definition.fields:
        if each.spotio.name in was[0] or each.salesforce.name in was[1]:
            base = Agreed(was[0].get(each.spotio.name), was[1].get(each.salesforce.name), at=at)
            world.agreed["l-1", each.key] = base
    return spotio, salesforce


def told(
    world: World, side: Side, column: Text, *, minutes: float = 60, origin: str = "human", by: str = "Ann"
) -> None:
    """Let a system tell who changed a column of the linked pair, so long before now."""
    id = "s1" if side is SPOTIO else "f1"
    world.edits.append(Edit(side, id, column, NOW - timedelta(minutes=minutes), by, origin))


def plan_of(world: World) -> Plan:
    return run(world).plan


def writes(plan: Plan) -> dict[tuple[str, str], Text]:
    """(system, column) -> value of everything that is written to a system."""
    written = plan.fields.join(plan.actions.select("action", "system"), on="action").drop_nulls("column")
    return {(row["system"], row["column"]): row["after"] for row in written.iter_rows(named=True)}


def kinds(plan: Plan) -> list[str]:
    """What is done, by class, in order."""
    return plan.actions["class"].to_list()


def decision(plan: Plan, system: Side, id: str) -> dict[str, Any]:
    return plan.decisions.row(by_predicate=_is(system, id), named=True)


def outcome(plan: Plan, system: Side, id: str) -> tuple[str, Text]:
    """(outcome, code) of a record."""
    row = decision(plan, system, id)
    return row["outcome"], row["code"]


def agreements(plan: Plan) -> dict[str, tuple[Text, Text]]:
    """Field -> what is agreed on without a write."""
    return {row["field"]: (row["spotio"], row["salesforce"]) for row in plan.rebases.iter_rows(named=True)}


def link_state(plan: Plan) -> tuple[str, bool, bool, Text] | None:
    """What becomes of the only link: state, to SPOTIO, to Salesforce, reason; None when nothing does."""
    rows = plan.link_states.rows(named=True)
    if not rows:
        return None
    row = rows[0]
    return row["state"], row["to_spotio"], row["to_salesforce"], row["reason"]


def _is(system: Side, id: str) -> pl.Expr:
    return (pl.col("system") == system) & (pl.col("id") == id)
