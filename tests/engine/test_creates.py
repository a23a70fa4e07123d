"""What a new record is given, what is agreed on from then on, and what keeps it from being made (F-04, SF-14, SF-16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.engine.definition import Column, FieldRule, Fill, Kind, Part, Side
from tests.engine.applying import apply
from tests.engine.small import (
    COMPANY,
    EMAIL,
    FIRST,
    LAST,
    OWNER,
    SALESFORCE,
    SPOTIO,
    STAGE,
    Values,
    decision,
    kinds,
    outcome,
    plan_of,
    rule,
    told,
    world_of,
    writes,
)
from tests.engine.worlds import Text, World


def new(side: Side, values: Values, *rules: FieldRule, **members: Any) -> World:
    """One record that is new on `side`."""
    world = world_of(*rules, **members)
    world.add(side, "s1" if side is SPOTIO else "f1", values)
    return world


def given(world: World) -> dict[str, Text]:
    return {column: value for (_, column), value in writes(plan_of(world)).items()}


def bases(world: World) -> dict[Text, tuple[Text, Text]]:
    rows = plan_of(world).fields.drop_nulls("field").iter_rows(named=True)
    return {row["field"]: (row["spotio"], row["salesforce"]) for row in rows}


def fill(
    side: Side, name: str, *parts: Part, kind: Kind = Kind.TEXT, days: int | None = None, **limits: Any
) -> Fill:
    return Fill(side, Column(name, name, kind, **limits), parts, days)


REQUIRED_LAST = replace(LAST, salesforce=replace(LAST.salesforce, required=True))
RESIDENT = fill(SALESFORCE, "LastName", Part("Resident"), required=True)
HOUSEHOLD = fill(SALESFORCE, "Company", Part(column="first"), Part(" "), Part(column="last"), length=12)


@pytest.mark.requirement("SF-09")
@pytest.mark.parametrize(
    ("world", "values"),
    [
        pytest.param(new(SPOTIO, {"company": "Acme", "email": "ann@x.com"}, COMPANY, EMAIL), {"Company": "Acme", "Email": "ann@x.com"}, id="mapped fields travel to Salesforce"),
        pytest.param(new(SALESFORCE, {"Company": "Acme", "Email": None}, COMPANY, EMAIL), {"company": "Acme"}, id="blanks are not sent"),
        pytest.param(new(SPOTIO, {"company": "Acme", "email": "ann@x.com"}, COMPANY, replace(EMAIL, direction="to_spotio")), {"Company": "Acme"}, id="a mapping of the other way is not sent"),
        pytest.param(new(SPOTIO, {"company": "Acme", "email": "ann@x.com"}, COMPANY, replace(EMAIL, stopped="It is gone.")), {"Company": "Acme"}, id="a stopped mapping is not sent"),
        pytest.param(new(SPOTIO, {"stage": "3"}, STAGE), {"Status": "Working"}, id="values are translated"),
        pytest.param(new(SALESFORCE, {"Company": "Acme", "OwnerId": "U1"}, COMPANY, OWNER), {"company": "Acme", "owner": "u1"}, id="the owner comes along"),
    ],
)  # fmt: skip
def test_a_new_record_gets_the_mapped_values(world: World, values: dict[str, Text]) -> None:
    assert given(world) == values


@pytest.mark.rule("F-04")
@pytest.mark.parametrize(
    ("fills", "values", "filled"),
    [
        pytest.param([RESIDENT], {"company": "Acme"}, {"LastName": "Resident"}, id="a constant fills a blank"),
        pytest.param([RESIDENT], {"company": "Acme", "last": "Smith"}, {"LastName": "Smith"}, id="a mapped value goes before it"),
        pytest.param([HOUSEHOLD], {"first": "Ann", "last": "Smith"}, {"Company": "Ann Smith"}, id="a template puts values together"),
        pytest.param([HOUSEHOLD], {"last": "Smith"}, {"Company": "Smith"}, id="a template leaves no gap"),
        pytest.param([HOUSEHOLD], {}, {}, id="a template of blanks is blank"),
        pytest.param([fill(SALESFORCE, "Street", Part(column="street"), Part(", "), Part(column="city"))], {"city": "Bonn"}, {"Street": "Bonn"}, id="a template leaves no comma at its ends"),
        pytest.param([fill(SALESFORCE, "Source", Part("Door  to door, "))], {}, {"Source": "Door  to door, "}, id="a constant stays as it is written"),
        pytest.param([fill(SALESFORCE, "CloseDate", kind=Kind.DATE, days=30)], {}, {"CloseDate": "2026-12-30"}, id="a date counts from today"),
        pytest.param([fill(SALESFORCE, "Due__c", kind=Kind.DATETIME, days=0)], {}, {"Due__c": "2026-11-30T00:00:00Z"}, id="an instant begins its day"),
        pytest.param([RESIDENT, fill(SALESFORCE, "LastName", Part("Other"))], {}, {"LastName": "Resident"}, id="the first of two constants counts"),
    ],
)  # fmt: skip
def test_constants_and_templates_fill_what_spotio_does_not_know(
    fills: list[Fill], values: Values, filled: dict[str, Text]
) -> None:
    names = replace(FIRST, group=""), replace(LAST, group="")
    world = new(SPOTIO, values, *names, fills=tuple(fills))
    assert {name: value for name, value in given(world).items() if name in {each.column.name for each in fills}} == filled  # fmt: skip


@pytest.mark.rule("F-04")
def test_a_constant_fills_a_blank_and_not_a_value_that_has_no_counterpart() -> None:
    fills = (fill(SALESFORCE, "Status", Part("Open")),)
    assert given(new(SPOTIO, {"company": "Acme", "stage": "5"}, COMPANY, STAGE, fills=fills)) == {
        "Company": "Acme"
    }
    assert given(new(SPOTIO, {"company": "Acme"}, COMPANY, STAGE, fills=fills)) == {
        "Company": "Acme",
        "Status": "Open",
    }


@pytest.mark.rule("F-04", "F-01")
def test_what_a_constant_filled_in_does_not_come_back_as_an_edit() -> None:
    world = new(SPOTIO, {"first": "Ann"}, FIRST, REQUIRED_LAST, fills=(RESIDENT,))
    assert bases(world)[LAST.key] == (None, "Resident")
    apply(world, plan_of(world))
    assert plan_of(world).actions.is_empty()


@pytest.mark.requirement("SF-14")
@pytest.mark.rule("U-02")
def test_the_default_user_owns_what_comes_from_an_owner_who_is_nobody_in_spotio() -> None:
    world = new(SALESFORCE, {"Company": "Acme", "OwnerId": "Q1"}, COMPANY, OWNER, default_spotio_user="u9")
    assert given(world)["owner"] == "u9"
    apply(world, plan_of(world))
    assert plan_of(world).actions.is_empty()


@pytest.mark.requirement("SF-14")
@pytest.mark.parametrize("rules", [(COMPANY,), (COMPANY, replace(OWNER, direction="to_salesforce"))])
def test_the_default_user_owns_what_comes_without_an_owner(rules: tuple[FieldRule, ...]) -> None:
    values = {"Company": "Acme", "OwnerId": "U1"}
    world = new(SALESFORCE, values, *rules, default_spotio_user="u2")
    assert given(world) == {"company": "Acme", "owner": "u2"}
    apply(world, plan_of(world))
    assert plan_of(world).actions.is_empty()


LONG = "A name that is far too long"
SHORT = replace(COMPANY, salesforce=replace(COMPANY.salesforce, length=12))


@pytest.mark.requirement("SF-16", "SF-10")
@pytest.mark.parametrize(
    ("world", "code"),
    [
        pytest.param(new(SPOTIO, {"first": "Ann"}, FIRST, REQUIRED_LAST), "required_missing", id="what Salesforce requires is not there"),
        pytest.param(new(SPOTIO, {"company": LONG}, replace(SHORT, salesforce=replace(SHORT.salesforce, required=True))), "too_long", id="what it requires is too long"),
        pytest.param(new(SPOTIO, {"stage": "5"}, replace(STAGE, salesforce=replace(STAGE.salesforce, required=True))), "value_unmapped", id="what it requires has no counterpart"),
        pytest.param(new(SALESFORCE, {"OwnerId": "Q1"}, replace(OWNER, spotio=replace(OWNER.spotio, required=True))), "owner_unmatched", id="the owner is nobody in SPOTIO"),
        pytest.param(new(SPOTIO, {"first": "x" * 50, "last": "Smith"}, replace(FIRST, salesforce=replace(FIRST.salesforce, length=40)), REQUIRED_LAST), "too_long", id="a field of its group keeps it back"),
        pytest.param(new(SPOTIO, {"last": LONG}, replace(REQUIRED_LAST, salesforce=replace(REQUIRED_LAST.salesforce, length=12)), fills=(RESIDENT,)), "too_long", id="a constant does not stand in for a faulty value"),
        pytest.param(new(SPOTIO, {"first": LONG}, replace(FIRST, group=""), fills=(replace(HOUSEHOLD, column=replace(HOUSEHOLD.column, required=True)),)), "too_long", id="what a template makes is checked, too"),
    ],
)  # fmt: skip
def test_a_record_that_lacks_what_the_target_demands_is_not_made(world: World, code: str) -> None:
    plan = plan_of(world)
    [(system, id)] = [(SPOTIO, id) for id in world.spotio] or [(SALESFORCE, id) for id in world.salesforce]
    assert outcome(plan, system, id) == ("blocked", code)
    assert decision(plan, system, id)["towards"] == str(system.other)
    assert plan.actions.is_empty()
    assert plan.fields.is_empty()


@pytest.mark.requirement("SF-16", "SF-10")
def test_a_value_that_would_be_refused_is_held_back_and_goes_as_soon_as_it_can() -> None:
    world = new(SPOTIO, {"company": LONG, "email": "ann@x.com", "stage": "5"}, SHORT, EMAIL, STAGE)
    assert given(world) == {"Email": "ann@x.com"}
    assert bases(world)[SHORT.key] == (None, None)
    apply(world, plan_of(world), defaults={"Status": "Open"})
    assert outcome(plan_of(world), SPOTIO, "s1")[0] == "blocked"
    assert plan_of(world).actions.is_empty()
    world.spotio["s1"].values |= {"company": "Acme", "stage": "3"}
    assert given(world) == {"Company": "Acme", "Status": "Working"}


@pytest.mark.rule("F-02")
def test_a_faulty_field_keeps_its_whole_group_back() -> None:
    short = replace(FIRST, salesforce=replace(FIRST.salesforce, length=3))
    world = new(SPOTIO, {"company": "Acme", "first": "Annabel", "last": "Smith"}, COMPANY, short, LAST)
    assert given(world) == {"Company": "Acme"}
    apply(world, plan_of(world))
    world.spotio["s1"].values["first"] = "Ann"
    assert given(world) == {"FirstName": "Ann", "LastName": "Smith"}


def test_what_can_only_be_updated_goes_with_the_first_update() -> None:
    size = rule("size", "Size__c", limits={"createable": False})
    world = new(SPOTIO, {"company": "Acme", "size": "7"}, COMPANY, size)
    assert given(world) == {"Company": "Acme"}
    apply(world, plan_of(world))
    assert given(world) == {"Size__c": "7"}


@pytest.mark.requirement("SF-17")
@pytest.mark.rule("L-05")
def test_a_refused_create_is_not_tried_again_by_itself() -> None:
    world = new(SPOTIO, {"company": "Acme"}, COMPANY)
    world.refused = {plan_of(world).actions["action"][0]: "DUPLICATES_DETECTED"}
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == ("blocked", "DUPLICATES_DETECTED")
    world.spotio["s1"].values["company"] = "Acme Ltd"
    assert kinds(plan_of(world)) == ["create_salesforce"]


def test_who_made_a_link_is_known() -> None:
    assert plan_of(new(SPOTIO, {"company": "Acme"}, COMPANY)).actions["born"].to_list() == ["spotio"]
    assert plan_of(new(SALESFORCE, {"Company": "Acme"}, COMPANY)).actions["born"].to_list() == ["salesforce"]


def test_an_update_of_a_record_just_made_needs_an_edit() -> None:
    world = new(SALESFORCE, {"Company": "Acme"}, COMPANY)
    apply(world, plan_of(world))
    told(world, SALESFORCE, "Company")
    assert plan_of(world).actions.is_empty()
