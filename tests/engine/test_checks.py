"""What the target would refuse is said before it is asked, with what to do (SF-16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.engine.definition import Kind
from tests.engine.small import (
    COMPANY,
    EMAIL,
    FIRST,
    LAST,
    OWNER,
    SPOTIO,
    STAGE,
    decision,
    linked,
    plan_of,
    rule,
    world_of,
    writes,
)
from tests.engine.worlds import Text, World

TAG = rule("tag", "Tag__c", Kind.CHOICE, label="Tag", limits={"choices": {"a": "A"}, "restricted": True})
TAGS = rule(
    "tags",
    "Tags__c",
    Kind.CHOICES,
    label="Tags",
    limits={"choices": {"a": "A", "b": "B"}, "restricted": True},
)
AMOUNT = rule("value", "Amount", Kind.NUMBER, label="Amount", limits={"digits": 3})
DUE = rule("due", "Due__c", Kind.TEXT, theirs=Kind.DATE, label="Due")
SHORT = replace(COMPANY, salesforce=replace(COMPANY.salesforce, length=5))
NEEDED = replace(COMPANY, blanks="clear", salesforce=replace(COMPANY.salesforce, nillable=False))
LOCKED = rule("lock", "Lock__c", label="Lock", limits={"updateable": True})


def changed(field: Any, value: Text, was: tuple[Text, Text] = ("old", "old")) -> World:
    """A linked pair whose SPOTIO record was given a value."""
    world = world_of(field, COMPANY if field.spotio.name != "company" else EMAIL)
    linked(
        world, ({field.spotio.name: was[0]}, {field.salesforce.name: was[1]}),
        ({field.spotio.name: value}, {field.salesforce.name: was[1]}),
    )  # fmt: skip
    return world


@pytest.mark.requirement("SF-16", "SF-10")
@pytest.mark.parametrize(
    ("world", "step", "code", "text", "change"),
    [
        pytest.param(changed(SHORT, "Acme Limited"), "checks", "too_long", "Company has 12 characters; Salesforce takes 5 of Company.", "Shorten Company to 5 characters.", id="a text is too long"),
        pytest.param(changed(STAGE, "5", ("3", "Working")), "checks", "value_unmapped", "Stage is 'Lost' and has no counterpart in Salesforce.", "Add it to the value map of Stage.", id="a value has no counterpart"),
        pytest.param(changed(OWNER, "u7", ("u1", "U1")), "people", "owner_unmatched", "Owner is 'u7', who is nobody in Salesforce, and there is no default user.", "Match the user, or set a default user of Salesforce.", id="an owner is nobody there"),
        pytest.param(changed(TAG, "z", ("a", "a")), "checks", "not_a_choice", "Salesforce has no choice 'z' for Tag.", "Add the choice in Salesforce, or add the value to the value map of Tag.", id="a restricted choice is unknown"),
        pytest.param(changed(TAGS, "a;z", ("a", "a")), "checks", "not_a_choice", "Salesforce has no choice 'a;z' for Tags.", "Add the choice in Salesforce, or add the value to the value map of Tags.", id="one of several choices is unknown"),
        pytest.param(changed(AMOUNT, "many", ("1", "1")), "checks", "not_a_number", "Amount is 'many', which is no number that Amount of Salesforce takes.", "Correct Amount.", id="a text is no number"),
        pytest.param(changed(AMOUNT, "1000", ("1", "1")), "checks", "not_a_number", "Amount is '1000', which is no number that Amount of Salesforce takes.", "Correct Amount.", id="a number has too many digits"),
        pytest.param(changed(EMAIL, "ann at x", ("a@x.com", "a@x.com")), "checks", "not_an_email", "Email is 'ann at x', which is no e-mail address.", "Correct Email.", id="an address is none"),
        pytest.param(changed(DUE, "soon", ("2026-11-30", "2026-11-30")), "checks", "not_a_date", "Due is 'soon', which is no date.", "Correct Due.", id="a text is no date"),
        pytest.param(changed(NEEDED, None), "checks", "required_blank", "Salesforce does not let Company be empty.", "Give Company a value, or keep blanks from travelling.", id="a field must not be emptied"),
    ],
)  # fmt: skip
def test_what_the_target_would_refuse_is_said_in_words(
    world: World, step: str, code: str, text: str, change: str
) -> None:
    plan = plan_of(world)
    assert plan.actions.is_empty()
    told = decision(plan, SPOTIO, "s1")
    assert (told["outcome"], told["step"], told["code"]) == ("blocked", step, code)
    assert (told["text"], told["change"], told["towards"]) == (text, change, "salesforce")


@pytest.mark.requirement("SF-16")
@pytest.mark.parametrize(
    ("world", "column", "value"),
    [
        pytest.param(changed(SHORT, "Acme1"), "Company", "Acme1", id="a text that just fits"),
        pytest.param(changed(SHORT, "\u00e4\u00f6\u00fc\u00df\u00e9"), "Company", "\u00e4\u00f6\u00fc\u00df\u00e9", id="characters count, not bytes"),
        pytest.param(changed(TAGS, "b;a", ("a", "a")), "Tags__c", "b;a", id="choices that are all known"),
        pytest.param(changed(AMOUNT, "-999.5", ("1", "1")), "Amount", "-999.5", id="digits before the point count"),
        pytest.param(changed(DUE, "2026-12-01", ("2026-11-30", "2026-11-30")), "Due__c", "2026-12-01", id="a date is one"),
    ],
)  # fmt: skip
def test_what_will_do_is_written(world: World, column: str, value: Text) -> None:
    assert writes(plan_of(world)) == {("salesforce", column): value}


@pytest.mark.rule("F-02")
def test_a_faulty_field_keeps_its_group_from_being_written_and_nothing_else() -> None:
    world = world_of(COMPANY, replace(FIRST, salesforce=replace(FIRST.salesforce, length=3)), LAST)
    was = (
        {"company": "a", "first": "Ann", "last": "Smith"},
        {"Company": "a", "FirstName": "Ann", "LastName": "Smith"},
    )
    linked(world, was, ({"company": "b", "first": "Annabel", "last": "Jones"}, was[1]))
    plan = plan_of(world)
    assert writes(plan) == {("salesforce", "Company"): "b"}
    assert decision(plan, SPOTIO, "s1")["code"] == "too_long"


@pytest.mark.requirement("SF-16")
def test_a_field_that_cannot_be_written_is_never_tried() -> None:
    world = changed(replace(LOCKED, salesforce=replace(LOCKED.salesforce, updateable=False)), "new")
    assert plan_of(world).actions.is_empty()


@pytest.mark.requirement("SF-17")
def test_a_refused_write_is_not_tried_again_until_its_values_change() -> None:
    world = changed(SHORT, "Acme")
    world.refused = {plan_of(world).actions["action"][0]: "UNABLE_TO_LOCK_ROW"}
    told = decision(plan_of(world), SPOTIO, "s1")
    assert (told["outcome"], told["step"], told["code"]) == ("blocked", "apply", "UNABLE_TO_LOCK_ROW")
    world.spotio["s1"].values["company"] = "Acne"
    assert writes(plan_of(world)) == {("salesforce", "Company"): "Acne"}
