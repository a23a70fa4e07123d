"""Carry a plan out on a world as two perfect systems would: every write succeeds, and nothing is changed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.engine.definition import Side
from sync.engine.outcome import Plan
from tests.engine.worlds import Agreed, Link, Text, World

Row = dict[str, Any]


def apply(world: World, plan: Plan, *, defaults: Mapping[str, Text] | None = None) -> None:
    """Change the world as the plan says; `defaults` are what Salesforce fills in on new records."""
    _agree(world, plan.rebases.iter_rows(named=True))
    written: dict[str, list[Row]] = {}
    for row in plan.fields.iter_rows(named=True):
        written.setdefault(row["action"], []).append(row)
    for action in plan.actions.iter_rows(named=True):
        _act(world, action, written.get(action["action"], []), defaults or {})
    for state in plan.link_states.iter_rows(named=True):
        link = world.links[state["link"]]
        if link.state != "unlinked":
            link.state, link.reason = state["state"], state["reason"]
            link.to_spotio, link.to_salesforce = state["to_spotio"], state["to_salesforce"]


def _act(world: World, action: Row, fields: list[Row], defaults: Mapping[str, Text]) -> None:
    if action["kind"] == "unlink":
        world.links[action["link"]].state = "unlinked"
    elif action["kind"] == "delete":
        world.rows(Side(action["system"]))[action["id"]].deleted = True
    elif action["kind"] == "update":
        world.rows(Side(action["system"]))[action["id"]].values |= _values(fields)
        _agree(world, [row | {"link": action["link"]} for row in fields])
    else:
        ids = {side: action[f"{side}_id"] for side in Side}
        if action["kind"] == "create":
            side = Side(action["system"])
            ids[side] = f"new-{action['action']}"
            filled = dict(defaults) if side is Side.SALESFORCE else {}
            made = world.add(side, ids[side], filled | _values(fields), outside=ids[side.other])
            made.origin = "fieldline"
        link = Link(f"l-{action['action']}", ids[Side.SPOTIO], ids[Side.SALESFORCE], born=action["born"])
        world.links[link.link] = link
        _agree(world, [row | {"link": link.link} for row in fields])


def _values(fields: list[Row]) -> dict[str, Text]:
    return {row["column"]: row["after"] for row in fields if row["column"] is not None}


def _agree(world: World, rows: Any) -> None:
    """Each side's value from now on; what a person decided of it is done with."""
    for row in rows:
        if row["field"] is None:
            continue
        key = row["link"], row["field"]
        world.agreed[key] = Agreed(row["spotio"], row["salesforce"], row.get("reason"), world.now)
        world.resolutions = [each for each in world.resolutions if (each.link, each.field) != key]
