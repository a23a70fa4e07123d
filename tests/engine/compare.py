"""The engine's frames in the shapes of the reference model, so that the two can be compared."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sync.engine import match, plan
from sync.engine.definition import Side
from sync.engine.outcome import Plan
from tests.engine.model import Key, Planned
from tests.engine.worlds import World, inputs, pools


@dataclass(frozen=True)
class Ran:
    """What the engine makes of a world."""

    entering: plan.Entries
    matches: match.Matches
    plan: Plan


def run(world: World) -> Ran:
    """The three functions of the engine, one after the other, as a run calls them."""
    facts = inputs(world)
    entering = plan.entries(world.definition, facts, world.state, world.now)
    ids = entering.ids(Side.SPOTIO), entering.ids(Side.SALESFORCE)
    matches = plan.NO_MATCHES
    if world.verdicts or any(series.len() for series in ids):
        matches = match.match(world.definition, facts, pools(world), *ids)
    return Ran(
        entering, matches, plan.plan(world.definition, facts, world.state, world.now, entering, matches)
    )


def as_planned(made: Plan) -> Planned:
    """A plan's frames in the model's shapes; each row has to be the only one of its key."""
    found = Planned()
    keys: dict[str, Key] = {}
    for row in made.actions.iter_rows(named=True):
        key = key_of(row)
        assert key not in found.actions, f"twice: {key}"
        assert row["action"] not in keys, f"two actions of one digest: {key}"
        found.actions[key] = row["class"]
        keys[row["action"]] = key
    for row in made.fields.iter_rows(named=True):
        write = tuple(
            row[n] for n in ("field", "column", "before", "after", "reason", "spotio", "salesforce")
        )
        writes = found.writes.setdefault(keys[row["action"]], set())
        assert write not in writes, f"twice: {write}"
        writes.add(write)
    for row in made.decisions.iter_rows(named=True):
        who = row["system"], row["id"]
        decision = row["link"], row["outcome"], row["step"], row["code"], row["field"]
        assert who not in found.decisions, f"decided twice: {who}"
        if row["code"] == "filtered":
            decision = (*decision[:4], None)
        found.decisions[who] = decision
    for row in made.conflicts.iter_rows(named=True):
        columns = (
            "link", "unit", "field", "base_spotio", "base_salesforce", "spotio", "salesforce", "spotio_changed_by",
            "salesforce_changed_by", "policy", "winner",
        )  # fmt: skip
        found.conflicts.add(tuple(row[name] for name in columns))
        found.moments[row["link"], row["field"]] = row["spotio_changed_at"], row["salesforce_changed_at"]
    for row in made.rebases.iter_rows(named=True):
        assert (row["link"], row["field"]) not in found.rebases
        found.rebases[row["link"], row["field"]] = row["spotio"], row["salesforce"], row["differs"]
    for row in made.standing.iter_rows(named=True):
        found.standing.add((row["link"], row["field"], row["spotio"], row["salesforce"]))
    for row in made.cases.iter_rows(named=True):
        ids = tuple(row["spotio_ids"]), tuple(row["salesforce_ids"])
        found.cases.add((row["kind"], row["key"], *ids))
    for row in made.link_states.iter_rows(named=True):
        state = row["state"], row["to_spotio"], row["to_salesforce"], row["reason"], row["after"] is not None
        found.link_states[row["link"]] = state
    return found


def key_of(row: dict[str, Any]) -> Key:
    """Who an action is for, whatever it writes."""
    return row["kind"], row["system"], row["spotio_id"], row["salesforce_id"], row["link"]


def differences(made: Planned, wanted: Planned) -> list[str]:
    """What the frames say otherwise than the model, to be read by a person."""
    said = []
    for each in fields(Planned):
        if each.name == "refused":
            continue
        ours, theirs = getattr(made, each.name), getattr(wanted, each.name)
        if ours == theirs:
            continue
        if isinstance(ours, dict):
            said += [
                f"{each.name} {key}:\n    engine {ours.get(key)}\n    model  {theirs.get(key)}"
                for key in sorted({*ours, *theirs}, key=str)
                if ours.get(key) != theirs.get(key)
            ]
        else:
            said += [f"{each.name}, engine alone: {item}" for item in sorted(ours - theirs, key=str)]
            said += [f"{each.name}, model alone: {item}" for item in sorted(theirs - ours, key=str)]
    return said
