"""Why a record did or did not sync: the first step that did not pass, the value seen, the smallest change (CO-06)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.engine.definition import (
    Clause,
    Column,
    Definition,
    Filter,
    Inbound,
    Kind,
    MatchKey,
    Outbound,
    Selective,
    Side,
)
from sync.engine.inputs import State
from sync.engine.why import STEPS, Told, tell
from tests.engine.small import (
    COMPANY,
    EMAIL,
    OWNER,
    SALESFORCE,
    SPOTIO,
    STAGE,
    linked,
    plan_of,
    rule,
    told,
    world_of,
)
from tests.engine.worlds import NOW, ON_AT, World, inputs

INDUSTRY = Column("Industry", "Industry", Kind.TEXT)
CHEMICALS = Filter((Clause(SALESFORCE, INDUSTRY, "equals", ("Chemicals",)),))
NOT_BOB = Clause(SALESFORCE, Column("Owner.Name", "Owner name", Kind.TEXT), "not_equals", ("Bob",))
HOT = Selective("hot", Filter((Clause(SPOTIO, STAGE.spotio, "equals", ("3", "4"), ("Pitched", "Sold")),)))


def why(world: World, side: Side, id: str) -> Told:
    found = tell(world.definition, inputs(world), plan_of(world), side, id, world.now)
    assert found is not None
    return found


def lead(**members: Any) -> World:
    """One Salesforce record of Retail, owned by Bob, that no link names."""
    world = world_of(COMPANY, **({"inbound": Inbound(True, filter=CHEMICALS)} | members))
    world.add(SALESFORCE, "f1", {"Company": "Acme", "Industry": "Retail", "Owner.Name": "Bob"})
    return world


def prospect(**members: Any) -> World:
    """One SPOTIO record that a person made, at the stage New."""
    world = world_of(COMPANY, STAGE, **members)
    world.add(SPOTIO, "s1", {"company": "Acme", "stage": "1"})
    return world


def old(world: World) -> World:
    side = SALESFORCE if world.salesforce else SPOTIO
    world.snapshot = {(side, id): False for id in world.rows(side)}
    return world


def flagged(world: World, **flags: Any) -> World:
    for record in (*world.spotio.values(), *world.salesforce.values()):
        for name, value in flags.items():
            setattr(record, name, value)
    return world


def kept_out(world: World, how: str) -> World:
    getattr(world, how).add((SALESFORCE, "f1"))
    return world


def two_of_one_address() -> World:
    world = world_of(EMAIL, match=(MatchKey((EMAIL.key,), "Email"),))
    world.add(SPOTIO, "s1", {"email": "ann@x.com"})
    for id in ("f1", "f2"):
        world.add(SALESFORCE, id, {"Email": "ann@x.com"})
    return world


def pair(*rules: Any, ours: str = "a", theirs: str = "a", **members: Any) -> World:
    """A linked pair that agreed on "a", with what its Company shows now."""
    world = world_of(COMPANY, *rules, **members)
    linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": ours}, {"Company": theirs}))
    return world


def stage_moved(to: str, **members: Any) -> World:
    world = world_of(STAGE, **members)
    linked(world, ({"stage": "3"}, {"Status": "Working"}), ({"stage": to}, {"Status": "Working"}))
    return world


def refused(world: World) -> World:
    world.refused = {plan_of(world).actions["action"][0]: "UNABLE_TO_LOCK_ROW"}
    return world


PAUSED = State("paused", "paused", ON_AT, ON_AT)
HISTORICAL, FORWARD = Inbound(True, "historical_only"), Inbound(True, "forward_only")


@pytest.mark.requirement("CO-06", "SF-06")
@pytest.mark.parametrize(
    ("world", "who", "step", "text", "change"),
    [
        pytest.param(lead(), (SALESFORCE, "f1"), "scope", "Industry is 'Retail'; the filter wants Chemicals.", "Set Industry to Chemicals, or let the filter take it.", id="a filter"),
        pytest.param(lead(inbound=Inbound(True, filter=Filter((NOT_BOB,)))), (SALESFORCE, "f1"), "scope", "Owner name is 'Bob'; the filter wants anything but Bob.", "Set Owner name to anything but Bob, or let the filter take it.", id="a filter that keeps out"),
        pytest.param(prospect(outbound=Outbound(True, (HOT,))), (SPOTIO, "s1"), "scope", "Stage is 'New'; the filter wants Pitched or Sold.", "Set Stage to Pitched or Sold, or let the filter take it.", id="a selective filter, with stages by name"),
        pytest.param(flagged(lead(), values={}), (SALESFORCE, "f1"), "scope", "Industry is blank; the filter wants Chemicals.", "Set Industry to Chemicals, or let the filter take it.", id="a blank"),
        pytest.param(old(lead(inbound=FORWARD)), (SALESFORCE, "f1"), "scope", "It stood before the sync was turned on, and only what comes later is brought in.", "Bring it in by a back-fill, or link it by hand.", id="it stood before"),
        pytest.param(lead(inbound=HISTORICAL), (SALESFORCE, "f1"), "scope", "It came after the sync was turned on, and only what stood then is brought in.", "Choose “historical and going forward”.", id="it came later"),
        pytest.param(old(lead(inbound=HISTORICAL)), (SALESFORCE, "f1"), "scope", "It did not pass the filters when the sync was turned on, and only what did is brought in.", "Bring it in by a back-fill, or link it by hand.", id="it did not pass then"),
        pytest.param(old(prospect()), (SPOTIO, "s1"), "scope", "It stood before the outbound direction was turned on, and no person changed a mapped field of it since.", "Change a mapped field of it in SPOTIO, or send it by a back-fill.", id="nobody changed it"),
        pytest.param(flagged(prospect(), origin="import"), (SPOTIO, "s1"), "scope", "It was not made by a person, and only such records are sent to Salesforce.", "Let the outbound direction send imported records too, or change a mapped field of it.", id="it was imported"),
        pytest.param(kept_out(lead(inbound=Inbound(True)), "excluded"), (SALESFORCE, "f1"), "scope", "It is excluded by hand.", "Include it again.", id="a person excluded it"),
        pytest.param(kept_out(lead(inbound=Inbound(True)), "barred"), (SALESFORCE, "f1"), "scope", "Only a filter that was widened later lets it in.", "Bring it in by a back-fill.", id="the filter was widened"),
        pytest.param(flagged(lead(), visible=False), (SALESFORCE, "f1"), "scope", "Our account does not see it any more.", "Give the account behind the connection access to it.", id="we do not see it"),
        pytest.param(replace(prospect(), state=PAUSED), (SPOTIO, "s1"), "scope", "The outbound direction of doors is paused.", "Resume doors.", id="the direction is paused"),
        pytest.param(two_of_one_address(), (SPOTIO, "s1"), "match", "By Email, 1 in SPOTIO and 2 in Salesforce may be the same.", "Say which of them are the same.", id="several may be the same"),
        pytest.param(flagged(pair(), visible=False), (SPOTIO, "s1"), "life_cycle", "One of its records is not visible to our account any more; nothing is written until it is.", "Give the account behind the connection access to it.", id="a partner is not visible"),
        pytest.param(pair(ours="b", theirs="c"), (SPOTIO, "s1"), "fields", "Company was changed on both sides: SPOTIO has b, Salesforce c.", "Decide the conflict.", id="both sides changed"),
        pytest.param(stage_moved("5"), (SPOTIO, "s1"), "checks", "Stage is 'Lost' and has no counterpart in Salesforce.", "Add it to the value map of Stage.", id="a value has no counterpart"),
        pytest.param(refused(pair(ours="b")), (SALESFORCE, "f1"), "apply", "Refused.", "Correct what was refused; it is tried again when its values change, or when you retry it.", id="the write was refused"),
        pytest.param(replace(pair(ours="b"), state=PAUSED), (SPOTIO, "s1"), "scope", "Company was changed, but the outbound direction is not open for it.", "Turn on or resume the outbound direction.", id="a change waits"),
    ],
)  # fmt: skip
def test_the_first_step_that_does_not_pass_is_told_with_the_smallest_change(
    world: World, who: tuple[Side, str], step: str, text: str, change: str
) -> None:
    found = why(world, *who)
    assert found.first_failure is not None
    assert (found.first_failure["step"], found.text, found.first_failure["change"]) == (step, text, change)
    passed = [each["passed"] for each in found.trace if each["step"] != "condition"]
    at = STEPS.index(step)
    assert passed == [True] * at + [False] + [None] * (len(STEPS) - at - 1)


@pytest.mark.requirement("CO-06")
def test_an_owner_whom_nobody_is_fails_at_the_people() -> None:
    world = world_of(OWNER, user_names={"u7": "Bob Brown"})
    linked(world, ({"owner": "u1"}, {"OwnerId": "U1"}), ({"owner": "u7"}, {"OwnerId": "U1"}))
    found = why(world, SPOTIO, "s1")
    assert found.text == "Owner is 'Bob Brown', who is nobody in Salesforce, and there is no default user."
    assert found.first_failure is not None
    assert (found.first_failure["step"], found.first_failure["seen"]) == ("people", "Bob Brown")


@pytest.mark.requirement("CO-06")
@pytest.mark.parametrize(
    ("world", "outcome", "text"),
    [
        pytest.param(pair(), "in_step", "Both sides agree.", id="nothing is to be done"),
        pytest.param(pair(ours="b"), "planned", "Company: edited in SPOTIO.", id="something is"),
    ],
)
def test_a_record_that_passes_every_step_says_so(world: World, outcome: str, text: str) -> None:
    found = why(world, SPOTIO, "s1")
    assert (found.outcome, found.text, found.first_failure) == (outcome, text, None)
    assert all(each["passed"] for each in found.trace)
    assert why(world, SALESFORCE, "f1").text == text


@pytest.mark.requirement("CO-06", "SF-20")
def test_each_condition_is_told_with_the_value_seen() -> None:
    both = Filter((CHEMICALS.parts[0], NOT_BOB))
    trace = why(lead(inbound=Inbound(True, filter=both)), SALESFORCE, "f1").trace
    assert [
        (each["passed"], each["text"], each["seen"]) for each in trace if each["step"] == "condition"
    ] == [
        (False, "Industry is Chemicals", "Retail"),
        (False, "Owner name is not Bob", "Bob"),
    ]


@pytest.mark.requirement("CO-06")
def test_a_conflict_names_stages_and_not_their_ids() -> None:
    world = stage_moved("4")
    world.salesforce["f1"].values["Status"] = "Open"
    assert (
        why(world, SPOTIO, "s1").text == "Stage was changed on both sides: SPOTIO has Sold, Salesforce Open."
    )


def test_of_a_record_that_was_not_looked_at_nothing_is_told() -> None:
    world = pair()
    assert tell(world.definition, inputs(world), plan_of(world), SPOTIO, "s9", NOW) is None


@pytest.mark.requirement("CO-07")
def test_every_action_says_in_a_sentence_why_it_is_done() -> None:
    world = pair(rule("phone", "Phone", Kind.PHONE), ours="b")
    world.add(SPOTIO, "s2", {"company": "New"})
    assert plan_of(world).actions["why"].to_list() == [
        "New in SPOTIO, with no match in Salesforce.",
        "Company: edited in SPOTIO.",
    ]


def test_a_conflict_says_who_changed_what_when() -> None:
    world = pair(ours="b", theirs="c")
    told(world, SPOTIO, "company", minutes=10, by="Ann")
    told(world, SALESFORCE, "Company", minutes=20, by="Bob")
    [row] = plan_of(world).conflicts.rows(named=True)
    assert (row["spotio_changed_by"], row["salesforce_changed_by"]) == ("Ann", "Bob")
    assert row["spotio_changed_at"] == NOW - timedelta(minutes=10)
    assert row["why"] == "The mapping says to ask."


def test_a_definition_names_each_column_once() -> None:
    definition = Definition(
        "doors", 1, "10", "Prospect", fields=(COMPANY,), inbound=Inbound(True, filter=CHEMICALS)
    )
    assert [column.name for column in definition.needed(SALESFORCE)] == ["Company", "Industry"]
