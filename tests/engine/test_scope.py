"""Which records that belong to no link may enter, and how the others hear why not (T-01 to T-05, SF-05 to SF-08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.engine.definition import Clause, Column, Filter, Inbound, Kind, Outbound, Selective
from sync.engine.inputs import State
from tests.engine.small import (
    COMPANY,
    EMAIL,
    OWNER,
    SALESFORCE,
    SPOTIO,
    STAGE,
    decision,
    kinds,
    outcome,
    plan_of,
    world_of,
)
from tests.engine.worlds import NOW, ON_AT, Edit, Text, World

CHEMICALS = Filter((Clause(SALESFORCE, Column("Industry", "Industry", Kind.TEXT), "equals", ("Chemicals",)),))
PITCHED = Filter((Clause(SPOTIO, STAGE.spotio, "equals", ("3", "4"), ("Pitched", "Sold")),))


def incoming(
    scope: str, *, stood: bool, passed: bool = False, industry: Text = "Chemicals", **flags: Any
) -> World:
    """One Salesforce record that no link names."""
    world = world_of(COMPANY, inbound=Inbound(True, scope, CHEMICALS))  # type: ignore[arg-type]
    world.add(SALESFORCE, "f1", {"Company": "Acme", "Industry": industry}, **flags)
    if stood:
        world.snapshot[SALESFORCE, "f1"] = passed
    return world


@pytest.mark.requirement("SF-05", "SF-06")
@pytest.mark.rule("T-01", "T-02")
@pytest.mark.parametrize(
    ("world", "code"),
    [
        pytest.param(incoming("historical_and_forward", stood=True, passed=True), None, id="both: what stood enters"),
        pytest.param(incoming("historical_and_forward", stood=False), None, id="both: what came later enters"),
        pytest.param(incoming("historical_and_forward", stood=True), None, id="both: what passes only later enters"),
        pytest.param(incoming("historical_and_forward", stood=True, passed=True, industry="Retail"), "filtered", id="both: what does not pass now stays out"),
        pytest.param(incoming("historical_only", stood=True, passed=True), None, id="historical: what passed at the turn-on enters"),
        pytest.param(incoming("historical_only", stood=True, passed=True, industry="Retail"), None, id="historical: it is the filter of then that counts"),
        pytest.param(incoming("historical_only", stood=True), "failed_at_turn_on", id="historical: not even a record that passes later"),
        pytest.param(incoming("historical_only", stood=False), "came_later", id="historical: nothing that came later"),
        pytest.param(incoming("forward_only", stood=True, passed=True), "stood_before", id="forward: editing an old record never brings it in"),
        pytest.param(incoming("forward_only", stood=True), "stood_before", id="forward: nor one that did not pass then"),
        pytest.param(incoming("forward_only", stood=False), None, id="forward: what came later enters"),
        pytest.param(incoming("forward_only", stood=False, industry=None), "filtered", id="forward: a blank is not Chemicals"),
    ],
)  # fmt: skip
def test_mode_and_filters_decide_what_enters_from_salesforce(world: World, code: Text) -> None:
    plan = plan_of(world)
    assert outcome(plan, SALESFORCE, "f1") == (("out_of_scope", code) if code else ("planned", None))
    assert kinds(plan) == ([] if code else ["create_spotio"])


@pytest.mark.rule("L-08")
@pytest.mark.parametrize(
    ("flags", "told"),
    [
        pytest.param({"deleted": True}, ("deleted", "deleted"), id="a deleted record does not enter"),
        pytest.param({"visible": False}, ("out_of_scope", "not_visible"), id="nor one that we do not see"),
        pytest.param({"converted": True}, ("out_of_scope", "converted"), id="nor a converted lead"),
    ],
)
def test_only_living_records_enter(flags: dict[str, Any], told: tuple[str, str]) -> None:
    assert outcome(plan_of(incoming("historical_and_forward", stood=True, **flags)), SALESFORCE, "f1") == told


@pytest.mark.requirement("SF-15")
@pytest.mark.parametrize(
    ("switch", "code"), [("off", "direction_off"), ("paused", "direction_paused"), ("on", None)]
)
def test_nothing_enters_while_the_direction_is_not_on(switch: str, code: Text) -> None:
    world = incoming("historical_and_forward", stood=False)
    world.state = State(switch, "on", ON_AT, ON_AT)  # type: ignore[arg-type]
    assert decision(plan_of(world), SALESFORCE, "f1")["code"] == code


@pytest.mark.rule("T-05")
@pytest.mark.parametrize(
    ("kept_out", "told"),
    [
        pytest.param("barred", ("out_of_scope", "widened"), id="what only a widened filter lets in waits for a back-fill"),
        pytest.param("excluded", ("excluded", "excluded"), id="what a person excluded stays out"),
    ],
)  # fmt: skip
def test_a_record_can_be_kept_out_by_itself(kept_out: str, told: tuple[str, str]) -> None:
    world = incoming("historical_and_forward", stood=True)
    getattr(world, kept_out).add((SALESFORCE, "f1"))
    assert outcome(plan_of(world), SALESFORCE, "f1") == told


def outgoing(
    *, stood: bool = False, origin: Text = "human", was: Text = "Acme", edit: tuple[Text, str, float] | None = None,
    **members: Any,
) -> World:  # fmt: skip
    """One SPOTIO record that no link names; `edit` is (column, origin, days after the turn-on)."""
    world = world_of(COMPANY, OWNER, STAGE, outbound=Outbound(True, **members))
    world.add(SPOTIO, "s1", {"company": "Acme", "stage": "3", "owner": "u1"}, origin=origin)
    if stood:
        world.snapshot[SPOTIO, "s1"] = False
        world.held = {("s1", "company"): was, ("s1", "stage"): "3", ("s1", "owner"): "u2"}
    if edit:
        column, who, days = edit
        world.edits.append(Edit(SPOTIO, "s1", column, ON_AT + timedelta(days=days), "Ann", who))
    return world


@pytest.mark.requirement("SF-07")
@pytest.mark.rule("T-03", "T-01")
@pytest.mark.parametrize(
    ("world", "code"),
    [
        pytest.param(outgoing(), None, id="a record that a person made later is sent"),
        pytest.param(outgoing(origin="import"), "origin", id="an imported one is not"),
        pytest.param(outgoing(origin="import", origins=frozenset({"human", "import"})), None, id="unless imports are to be sent"),
        pytest.param(outgoing(origin=None), "origin", id="nor one of which nobody knows who made it"),
        pytest.param(outgoing(origin="fieldline"), "origin", id="nor one that we made"),
        pytest.param(outgoing(origin="import", edit=("company", "human", 1)), None, id="an imported one is sent once a person changed it"),
        pytest.param(outgoing(origin="import", edit=(None, "human", 1)), "origin", id="if the system tells of that very field"),
        pytest.param(outgoing(origin="fieldline", edit=("company", "human", 1)), "origin", id="what we made is never sent by itself"),
        pytest.param(outgoing(stood=True), "not_edited", id="turning on exports no history"),
        pytest.param(outgoing(stood=True, was="Other"), "not_edited", id="a difference that nobody made is no edit"),
        pytest.param(outgoing(stood=True, was="Other", edit=("company", "human", 1)), None, id="a person changed a mapped field since"),
        pytest.param(outgoing(stood=True, was="Other", edit=(None, "human", 1)), None, id="a person changed the record, and the field differs"),
        pytest.param(outgoing(stood=True, edit=("company", "human", 1)), "not_edited", id="changed and changed back is no change"),
        pytest.param(outgoing(stood=True, was="Other", edit=("company", "human", -1)), "not_edited", id="an edit before the turn-on is history"),
        pytest.param(outgoing(stood=True, was="Other", edit=("company", "fieldline", 1)), "not_edited", id="our own write does not count"),
        pytest.param(outgoing(stood=True, was="Other", edit=("company", "integration", 1)), "not_edited", id="nor does another integration's"),
        pytest.param(outgoing(stood=True, edit=("owner", "bulk", 1)), "not_edited", id="nor a bulk reassignment"),
        pytest.param(outgoing(stood=True, edit=(None, "human", 1)), "not_edited", id="an owner who changed with the territory means nobody"),
        pytest.param(outgoing(stood=True, edit=("owner", "human", 1)), None, id="a person gave this very record to somebody"),
        pytest.param(outgoing(stood=True, was="Acme ", edit=("company", "human", 1)), "not_edited", id="another form is no change"),
    ],
)  # fmt: skip
def test_outbound_sends_new_records_of_people_and_old_ones_that_a_person_changed(
    world: World, code: Text
) -> None:
    plan = plan_of(world)
    assert outcome(plan, SPOTIO, "s1") == (("out_of_scope", code) if code else ("planned", None))
    assert kinds(plan) == ([] if code else ["create_salesforce"])


@pytest.mark.requirement("SF-08")
@pytest.mark.parametrize(
    ("selective", "code"),
    [
        pytest.param((), None, id="without a selective filter every record is in scope"),
        pytest.param((Selective("hot", PITCHED),), None, id="it is at a stage of the filter"),
        pytest.param((Selective("won", Filter((Clause(SPOTIO, STAGE.spotio, "equals", ("4",)),))),), "filtered", id="it is not"),
        pytest.param((Selective("won", Filter((Clause(SPOTIO, STAGE.spotio, "equals", ("4",)),))), Selective("hot", PITCHED)), None, id="one of several will do"),
    ],
)  # fmt: skip
def test_selective_filters_choose_what_is_sent(selective: tuple[Selective, ...], code: Text) -> None:
    assert decision(plan_of(outgoing(selective=selective)), SPOTIO, "s1")["code"] == code


@pytest.mark.rule("T-03")
def test_the_first_export_sends_all_mapped_values() -> None:
    world = outgoing(stood=True, was="Other", edit=("company", "human", 1))
    plan = plan_of(world)
    assert set(plan.fields.drop_nulls("column")["column"]) == {"Company", "OwnerId", "Status"}


@pytest.mark.requirement("SF-07")
def test_a_record_that_was_linked_is_not_new_again() -> None:
    world = world_of(COMPANY, EMAIL)
    pair = world.add(SPOTIO, "s1", {"company": "Acme"}), world.add(SALESFORCE, "f1", {"Company": "Acme"})
    world.link("l-1", *pair, state="unlinked")
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == ("excluded", "unlinked")


@pytest.mark.rule("L-06")
def test_relative_dates_are_evaluated_anew_each_run() -> None:
    seen = Column("Seen__c", "Seen", Kind.DATE)
    recent = Filter((Clause(SALESFORCE, seen, "within_last_days", ("7",)),))
    world = world_of(COMPANY, inbound=Inbound(True, filter=recent))
    world.add(SALESFORCE, "f1", {"Company": "Acme", "Seen__c": "2026-11-25"})
    assert outcome(plan_of(world), SALESFORCE, "f1") == ("planned", None)
    assert outcome(plan_of(replace(world, now=NOW + timedelta(days=7))), SALESFORCE, "f1") == ("out_of_scope", "filtered")  # fmt: skip
