"""What holds of every plan of any two systems: it is what the rules say, it settles, and nothing anybody typed is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields, replace
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.engine import match, plan
from sync.engine.definition import Filter, Side
from sync.engine.inputs import Inputs, Pools
from sync.engine.outcome import Plan
from tests.engine.applying import apply
from tests.engine.compare import as_planned, differences, key_of, run
from tests.engine.model import Key, planned
from tests.engine.model.values import blank, same
from tests.engine.random_worlds import random_world
from tests.engine.worlds import World, inputs, pools

# `make soak` gives sixty seeds; each of them is worth so many worlds.
_MANY = max(1, len(os.environ.get("FIELDLINE_SEEDS", "").split(",")))
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)


def worlds(examples: int) -> Callable[[Any], Any]:
    """Run a test with random worlds; what fails is printed as seed and size, and `random_world` makes it again."""

    def decorated(test: Any) -> Any:
        again = settings(max_examples=examples * _MANY, deadline=None, print_blob=True)
        return again(given(seed=seeds, size=sizes)(test))

    return decorated


@example(seed=1, size=30)
@example(seed=2, size=30)
@worlds(25)
@pytest.mark.rule("F-01", "F-02", "L-02", "T-02", "T-03", "C-04")
def test_the_frames_say_what_the_plain_model_says(seed: int, size: int) -> None:
    world = random_world(seed, size)
    refused: dict[Key, str] = {}
    for number, row in enumerate(run(world).plan.actions.iter_rows(named=True)):
        if (seed + number) % 7 == 0 and row["kind"] in ("create", "update", "delete"):
            refused[key_of(row)] = world.refused[row["action"]] = "FIELD_INTEGRITY_EXCEPTION"
    said = differences(as_planned(run(world).plan), planned(world, refused))
    assert not said, "\n".join([f"random_world({seed}, {size})", *said[:20]])


@example(seed=12070, size=4)
@worlds(12)
@pytest.mark.requirement("SF-24")
def test_once_a_plan_is_carried_out_the_next_one_writes_nothing(seed: int, size: int) -> None:
    world = random_world(seed, size)
    # What a person typed goes to SPOTIO first and from there to Salesforce, and what is written may change whether a
    # record passes a filter: both take another plan, and are looked at below.
    world.resolutions = [each for each in world.resolutions if each.take != "value"]
    world.definition = replace(
        world.definition,
        inbound=replace(world.definition.inbound, filter=Filter()),
        outbound=replace(world.definition.outbound, selective=()),
    )
    first = run(world).plan
    apply(world, first)
    again = run(world).plan
    told = f"random_world({seed}, {size}): {as_planned(again)}"
    # Who waited for a word because of a value that the plan itself replaced may turn out to be nobody's double.
    waited = {id for side in Side for ids in first.cases[f"{side}_ids"] for id in ids}
    late = again.actions.filter(pl.any_horizontal(pl.col(f"{side}_id").is_in(waited) for side in Side))
    actions, written = (frame.join(late, on="action", how="anti") for frame in (again.actions, again.fields))
    # What cannot be given on create goes with the first update.
    assert written.filter(pl.col("column") != "Size__c").is_empty(), told
    assert set(actions["kind"]) <= {"update"}, told
    assert set(late["kind"]) <= {"create", "update"}, told
    assert again.rebases.is_empty(), told


@worlds(5)
def test_plans_come_to_rest_whatever_people_typed_and_filters_say(seed: int, size: int) -> None:
    world = random_world(seed, size)
    for _ in range(4):
        last = run(world).plan
        apply(world, last)
    assert last.actions.is_empty(), f"random_world({seed}, {size}): {as_planned(last)}"
    assert last.rebases.is_empty()
    assert last.link_states.is_empty()


@worlds(15)
@pytest.mark.requirement("SF-24")
@pytest.mark.rule("F-01")
def test_what_somebody_changed_is_replaced_only_by_a_conflict_or_by_a_persons_word(
    seed: int, size: int
) -> None:
    world = random_world(seed, size)
    made = run(world).plan
    conflicts = set(zip(made.conflicts["link"], made.conflicts["field"], strict=True))
    links = dict(zip(made.actions["action"], made.actions["link"], strict=True))
    systems = dict(zip(made.actions["action"], made.actions["system"], strict=True))
    for row in made.fields.iter_rows(named=True):
        link = links[row["action"]]
        if link is None or row["reason"] == "resolved" or (link, row["field"]) in conflicts:
            continue
        side = Side(systems[row["action"]])
        base = world.agreed.get((link, row["field"]))
        kind = world.definition.rule(row["field"]).column(side).kind
        before = getattr(base, side) if base else None
        told = f"random_world({seed}, {size}): {link} {row}"
        if base is None:
            assert row["reason"] == "backfill", told
        elif base.reason == "withheld" and before is None:
            # A default of the system in which we made the record is nobody's change.
            assert blank(row["before"]) or world.links[link].born == side.other, told
        else:
            assert blank(row["before"]) or same(row["before"], before, kind), told


@worlds(8)
def test_every_value_is_on_a_side_in_a_conflict_or_was_decided_by_a_person(seed: int, size: int) -> None:
    world = random_world(seed, size)
    before = deepcopy(world)
    made = run(world).plan
    apply(world, made)
    reported = {
        (row["link"], row["field"]): {row["spotio"], row["salesforce"]}
        for row in made.conflicts.iter_rows(named=True)
    }
    decided = {(each.link, each.field) for each in before.resolutions}
    for (link, key), base in before.agreed.items():
        rule, pair = before.definition.rule(key), before.links[link]
        for side, id in ((Side.SPOTIO, pair.spotio_id), (Side.SALESFORCE, pair.salesforce_id)):
            column = rule.column(side)
            value = before.rows(side)[id][column.name]
            changed = not same(value, getattr(base, side), column.kind)
            if not changed or blank(value) or (link, key) in decided or base.reason == "withheld":
                continue
            kept = same(world.rows(side)[id][column.name], value, column.kind)
            assert kept or value in reported.get((link, key), set()), f"random_world({seed}, {size}): {link} {key} {value}"  # fmt: skip


@worlds(6)
def test_the_order_of_rows_does_not_matter(seed: int, size: int) -> None:
    world = random_world(seed, size)
    facts, everybody = inputs(world), pools(world)
    shuffled = replace(facts, **{f.name: _shuffled(getattr(facts, f.name), seed) for f in fields(Inputs)})
    mixed = Pools(_shuffled(everybody.spotio, seed), _shuffled(everybody.salesforce, seed))
    assert differences(as_planned(_plan(world, shuffled, mixed)), as_planned(_plan(world, facts, everybody))) == []  # fmt: skip


@worlds(3)
def test_the_same_facts_give_the_same_plan_byte_for_byte(seed: int, size: int) -> None:
    world = random_world(seed, size)
    once, again = (_plan(world, inputs(world), pools(world)) for _ in range(2))
    for each in fields(Plan):
        assert getattr(once, each.name).write_ndjson() == getattr(again, each.name).write_ndjson()


def _shuffled(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    return frame.sample(fraction=1.0, shuffle=True, seed=seed) if frame.height else frame


def _plan(world: World, facts: Inputs, everybody: Pools) -> Plan:
    decide = partial(plan.plan, world.definition, facts, world.state, world.now)
    entering = plan.entries(world.definition, facts, world.state, world.now)
    ids = entering.ids(Side.SPOTIO), entering.ids(Side.SALESFORCE)
    return decide(entering, match.match(world.definition, facts, everybody, *ids))
