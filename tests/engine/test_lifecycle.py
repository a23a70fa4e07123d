"""What becomes of linked records that are deleted, merged, hidden, converted, or leave a scope (C-04, L-06, L-08)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.engine.definition import Clause, Column, Filter, Inbound, Kind, Outbound, Selective
from sync.engine.inputs import State
from tests.engine.applying import apply
from tests.engine.small import (
    COMPANY,
    SALESFORCE,
    SPOTIO,
    kinds,
    link_state,
    linked,
    outcome,
    plan_of,
    rule,
    told,
    world_of,
    writes,
)
from tests.engine.worlds import ON_AT, Resolution, Text, World

INDUSTRY = rule("industry", "Industry")
CHEMICALS = Filter((Clause(SALESFORCE, Column("Industry", "Industry", Kind.TEXT), "equals", ("Chemicals",)),))
HOT = Selective("hot", Filter((Clause(SPOTIO, Column("company", "Company", Kind.TEXT), "equals", ("hot",)),)))


def deleted(side: str, *, edited: bool = False, origin: str = "human", **members: Any) -> World:
    """A linked pair of which one side is deleted, and the other perhaps edited since they agreed."""
    world = world_of(COMPANY, **members)
    shown = {"spotio": ("a", "b"), "salesforce": ("b", "a")}[side] if edited else ("a", "a")
    linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": shown[0]}, {"Company": shown[1]}))
    (world.spotio["s1"] if side == "spotio" else world.salesforce["f1"]).deleted = True
    if edited:
        other = SALESFORCE if side == "spotio" else SPOTIO
        told(world, other, "Company" if other is SALESFORCE else "company", origin=origin)
    return world


@pytest.mark.requirement("SF-23")
@pytest.mark.rule("C-04")
@pytest.mark.parametrize("side", ["spotio", "salesforce"])
@pytest.mark.parametrize(("policy", "done"), [("report", False), ("follow", True)])
def test_a_deletion_is_reported_or_followed(side: str, policy: str, done: bool) -> None:
    world = deleted(side, deletes=policy)
    plan = plan_of(world)
    other = "salesforce" if side == "spotio" else "spotio"
    assert kinds(plan) == ([f"delete_{other}"] if done else [])
    assert link_state(plan) == ("deleted", True, True, f"deleted_in_{side}")
    assert plan.link_states["after"].is_null().to_list() == [not done]
    assert outcome(plan, SPOTIO, "s1") == (("planned", None) if done else ("deleted", f"deleted_in_{side}"))


@pytest.mark.requirement("SF-23", "SF-24")
@pytest.mark.rule("C-04")
@pytest.mark.parametrize("side", ["spotio", "salesforce"])
def test_a_deletion_that_meets_an_edit_of_a_person_is_a_conflict(side: str) -> None:
    plan = plan_of(deleted(side, edited=True, deletes="follow"))
    assert plan.actions.is_empty()
    assert plan.link_states.is_empty()
    assert plan.conflicts["field"].to_list() == ["deletion"]
    assert {plan.conflicts["spotio"][0], plan.conflicts["salesforce"][0]} == {"deleted", "edited"}
    assert outcome(plan, SALESFORCE, "f1") == ("conflict", "conflict")


@pytest.mark.rule("C-04")
@pytest.mark.parametrize("origin", ["automation", "fieldline", "integration", "import"])
def test_an_edit_of_no_person_does_not_hold_up_a_deletion(origin: str) -> None:
    assert kinds(plan_of(deleted("spotio", edited=True, origin=origin, deletes="follow"))) == ["delete_salesforce"]  # fmt: skip


@pytest.mark.rule("C-04")
@pytest.mark.parametrize(
    ("take", "seen", "actions", "state"),
    [
        pytest.param("spotio", ("deleted", "edited"), ["delete_salesforce"], "deleted", id="a person lets the deletion stand"),
        pytest.param("salesforce", ("deleted", "edited"), [], "unlinked", id="a person keeps the edited record, apart"),
        pytest.param("salesforce", ("edited", "deleted"), [], None, id="what was said of another deletion does not hold"),
    ],
)  # fmt: skip
def test_a_person_decides_between_a_deletion_and_an_edit(
    take: str, seen: tuple[str, str], actions: list[str], state: Text
) -> None:
    world = deleted("spotio", edited=True, deletes="follow")
    world.resolutions = [Resolution("l-1", "deletion", take, *seen)]
    plan = plan_of(world)
    assert kinds(plan) == actions
    assert (link_state(plan) or (None,))[0] == state


@pytest.mark.requirement("SF-23")
@pytest.mark.rule("C-04", "L-08")
@pytest.mark.parametrize("side", ["spotio", "salesforce"])
def test_a_deletion_is_not_followed_into_a_record_that_nobody_sees(side: str) -> None:
    world = deleted(side, deletes="follow")
    (world.salesforce["f1"] if side == "spotio" else world.spotio["s1"]).visible = False
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == outcome(plan, SALESFORCE, "f1") == ("frozen", "not_visible")
    (world.salesforce["f1"] if side == "spotio" else world.spotio["s1"]).visible = True
    assert kinds(plan_of(world)) == [f"delete_{'salesforce' if side == 'spotio' else 'spotio'}"]


@pytest.mark.rule("C-04")
@pytest.mark.parametrize("edited", [False, True])
def test_a_converted_lead_takes_no_deletion_and_nobody_is_asked_about_one(edited: bool) -> None:
    world = deleted("spotio", edited=edited, deletes="follow")
    world.salesforce["f1"].converted = True
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert plan.conflicts.is_empty()
    assert outcome(plan, SALESFORCE, "f1") == ("frozen", "converted")
    assert link_state(plan) == ("deleted", True, True, "converted")


@pytest.mark.requirement("SF-23")
@pytest.mark.rule("C-04")
def test_nothing_deleted_is_made_again() -> None:
    world = deleted("spotio")
    apply(world, plan_of(world))
    world.salesforce["f1"].values["Company"] = "c"
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SALESFORCE, "f1") == ("deleted", "deleted_in_spotio")


@pytest.mark.requirement("SF-23")
@pytest.mark.rule("C-04")
def test_an_undelete_revives_the_link_and_what_changed_travels() -> None:
    world = deleted("spotio")
    apply(world, plan_of(world))
    world.spotio["s1"].deleted = False
    world.salesforce["f1"].values["Company"] = "c"
    plan = plan_of(world)
    assert link_state(plan) == ("active", True, True, None)
    assert writes(plan) == {("spotio", "company"): "c"}


@pytest.mark.rule("C-04")
def test_a_deletion_that_was_refused_leaves_the_link_as_it_is() -> None:
    world = deleted("spotio", deletes="follow")
    world.refused = {plan_of(world).actions["action"][0]: "DELETE_FAILED"}
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert plan.link_states.is_empty()
    assert outcome(plan, SALESFORCE, "f1") == ("blocked", "DELETE_FAILED")


@pytest.mark.rule("L-08")
@pytest.mark.parametrize("side", [SPOTIO, SALESFORCE])
@pytest.mark.parametrize("how", ["hidden", "absent"])
def test_absence_is_not_deletion(side: Any, how: str) -> None:
    world = world_of(COMPANY, deletes="follow")
    linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": "b"}, {"Company": "c"}))
    rows = world.rows(side)
    [id] = rows
    if how == "hidden":
        rows[id].visible = False
    else:
        del rows[id]
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert plan.link_states.is_empty()
    assert plan.conflicts.is_empty()
    assert outcome(plan, side, id) == ("frozen", "not_visible")


@pytest.mark.requirement("SF-23")
@pytest.mark.parametrize(
    ("flags", "code", "state"),
    [
        pytest.param({"deleted": True, "merged_into": "f2"}, "merged_in_salesforce", "case", id="a merged record is a case for a person"),
        pytest.param({"converted": True}, "converted", "active", id="a converted lead takes no changes"),
    ],
)  # fmt: skip
def test_what_became_another_record_is_frozen(flags: dict[str, object], code: str, state: str) -> None:
    world = world_of(COMPANY, deletes="follow")
    _, lead = linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": "b"}, {"Company": "a"}))
    for name, value in flags.items():
        setattr(lead, name, value)
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert link_state(plan) == (state, True, True, code)
    assert outcome(plan, SPOTIO, "s1") == ("frozen", code)


@pytest.mark.parametrize(
    ("link", "told_as"),
    [
        ({"state": "unlinked"}, ("excluded", "unlinked")),
        ({"state": "case", "reason": "linked_already"}, ("frozen", "linked_already")),
    ],
)
def test_a_link_that_is_none_or_a_case_carries_nothing(
    link: dict[str, Any], told_as: tuple[str, str]
) -> None:
    world = world_of(COMPANY)
    linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": "b"}, {"Company": "a"}), **link)
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == told_as


def test_an_excluded_record_stands_still_with_its_partner() -> None:
    world = world_of(COMPANY)
    linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": "b"}, {"Company": "a"}))
    world.excluded = {(SALESFORCE, "f1")}
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == ("excluded", "excluded")


def leaving(how: str, *, born: str = "salesforce", **changes: Any) -> World:
    """A link of a filtered sync whose Salesforce record is no longer Chemicals."""
    world = world_of(COMPANY, INDUSTRY, inbound=Inbound(True, filter=CHEMICALS, leaving=how))  # type: ignore[arg-type]
    was = ({"company": "a", "industry": "Chemicals"}, {"Company": "a", "Industry": "Chemicals"})
    linked(world, was, (was[0] | changes.get("spotio", {}), was[1] | {"Industry": "Retail"}), born=born)
    return world


@pytest.mark.requirement("SF-25")
@pytest.mark.rule("L-06")
@pytest.mark.parametrize(
    ("how", "done", "state"),
    [
        pytest.param("last_update", ["update_spotio"], ("active", False, False, "left_filter"), id="the change that takes it out still travels"),
        pytest.param("stop", [], ("active", False, False, "left_filter"), id="or nothing does"),
        pytest.param("unlink", ["unlink"], None, id="or the two are taken apart"),
    ],
)  # fmt: skip
def test_a_record_that_leaves_the_inbound_filters_is_handled_as_chosen(
    how: str, done: list[str], state: Any
) -> None:
    plan = plan_of(leaving(how))
    assert kinds(plan) == done
    assert link_state(plan) == state


@pytest.mark.requirement("SF-25")
@pytest.mark.rule("L-06")
def test_the_link_freezes_with_its_last_update_and_keeps_its_base_for_coming_back() -> None:
    world = leaving("last_update")
    plan = plan_of(world)
    assert plan.link_states["after"].to_list() == plan.actions["action"].to_list()
    apply(world, plan)
    world.salesforce["f1"].values["Company"] = "b"
    frozen = plan_of(world)
    assert frozen.actions.is_empty()
    assert outcome(frozen, SALESFORCE, "f1") == ("frozen", "left_filter")
    world.salesforce["f1"].values["Industry"] = "Chemicals"
    back = plan_of(world)
    assert link_state(back) == ("active", True, True, None)
    assert writes(back) == {("spotio", "company"): "b", ("spotio", "industry"): "Chemicals"}


@pytest.mark.rule("L-06")
@pytest.mark.parametrize(
    ("world", "why"),
    [
        pytest.param(replace(leaving("last_update"), state=State("paused", "on", ON_AT, ON_AT)), "waiting", id="its last update waits for a paused direction"),
        pytest.param(leaving("last_update", spotio={"industry": "Retail food"}), "conflict", id="its last update waits for a person"),
    ],
)  # fmt: skip
def test_a_link_stays_open_until_its_last_update_is_through(world: World, why: str) -> None:
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert link_state(plan) is None
    assert outcome(plan, SALESFORCE, "f1")[0] == ("frozen" if why == "waiting" else why)


@pytest.mark.rule("L-06")
def test_a_last_update_that_was_refused_keeps_the_link_open() -> None:
    world = leaving("last_update")
    world.refused = {plan_of(world).actions["action"][0]: "UNABLE_TO_LOCK_ROW"}
    assert link_state(plan_of(world)) is None


@pytest.mark.rule("L-07")
def test_a_link_born_in_spotio_is_exempt_from_the_inbound_filters() -> None:
    plan = plan_of(leaving("stop", born="spotio"))
    assert writes(plan) == {("spotio", "industry"): "Retail"}
    assert link_state(plan) is None


def selected(how: str, *, born: str) -> World:
    """A link of a selective sync whose SPOTIO record is no longer hot."""
    world = world_of(COMPANY, outbound=Outbound(True, (HOT,), leaving=how))  # type: ignore[arg-type]
    linked(
        world, ({"company": "hot"}, {"Company": "hot"}), ({"company": "cold"}, {"Company": "hot"}), born=born
    )
    return world


@pytest.mark.requirement("SF-25", "SF-08")
@pytest.mark.rule("L-06")
@pytest.mark.parametrize(
    ("how", "born", "done", "state"),
    [
        pytest.param("last_update", "spotio", ["update_salesforce"], ("active", False, False, "left_selection"), id="Salesforce hears that it is cold"),
        pytest.param("last_update", "salesforce", ["update_salesforce"], ("active", True, False, "left_selection"), id="what came from Salesforce still comes from there"),
        pytest.param("stop", "spotio", [], ("active", False, False, "left_selection"), id="or Salesforce hears nothing"),
        pytest.param("unlink", "spotio", ["unlink"], None, id="or the two are taken apart"),
        pytest.param("unlink", "salesforce", [], ("active", True, False, "left_selection"), id="but not what the other direction still wants"),
    ],
)  # fmt: skip
def test_a_record_that_leaves_the_outbound_selection_is_handled_as_chosen(
    how: str, born: str, done: list[str], state: Any
) -> None:
    plan = plan_of(selected(how, born=born))
    assert kinds(plan) == done
    assert link_state(plan) == state


@pytest.mark.requirement("SF-08")
def test_the_selection_is_asked_of_the_value_that_is_there_now() -> None:
    world = selected("stop", born="spotio")
    world.spotio["s1"].values["company"] = "hot"
    world.salesforce["f1"].values["Company"] = "cold"
    assert writes(plan_of(world)) == {("spotio", "company"): "cold"}


@pytest.mark.requirement("SF-05")
@pytest.mark.rule("T-02")
@pytest.mark.parametrize(
    ("updates", "born", "written"),
    [
        pytest.param(
            True, "salesforce", {("spotio", "company"): "b"}, id="once linked, a record keeps updating"
        ),
        pytest.param(False, "salesforce", {}, id="import once, then stop updating"),
        pytest.param(False, "spotio", {("spotio", "company"): "b"}, id="what SPOTIO made was not imported"),
    ],
)
def test_historical_only_can_import_once(
    updates: bool, born: str, written: dict[tuple[str, str], Text]
) -> None:
    inbound = Inbound(True, "historical_only", updates_after_import=updates)
    world = world_of(COMPANY, inbound=inbound)
    linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": "a"}, {"Company": "b"}), born=born)
    assert writes(plan_of(world)) == written


@pytest.mark.requirement("SF-21")
@pytest.mark.rule("T-02")
def test_once_linked_a_record_keeps_updating_in_every_mode() -> None:
    for scope in ("historical_and_forward", "historical_only", "forward_only"):
        world = world_of(COMPANY, inbound=Inbound(True, scope))
        linked(world, ({"company": "a"}, {"Company": "a"}), ({"company": "a"}, {"Company": "b"}))
        assert writes(plan_of(world)) == {("spotio", "company"): "b"}, scope
