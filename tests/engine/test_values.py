"""Canonical forms, and what a value is on the other side."""

from __future__ import annotations

import polars as pl
import pytest

from sync.engine.definition import FieldRule, Kind
from sync.engine.values import Persons, blank, same, translated
from tests.engine.small import OWNER, SALESFORCE, SPOTIO, STAGE, rule
from tests.engine.worlds import Text


def _one(expression: pl.Expr) -> object:
    return pl.select(expression).item()


@pytest.mark.rule("F-01")
@pytest.mark.parametrize(
    ("kind", "one", "other", "alike"),
    [
        pytest.param(Kind.TEXT, " Acme ", "Acme", True, id="space at the ends is no change of a text"),
        pytest.param(Kind.TEXT, "Caf\u00e9", "Cafe\u0301", True, id="an accent may be a sign of its own"),
        pytest.param(Kind.TEXT, "one\r\ntwo", "one\ntwo", True, id="lines may end in two ways"),
        pytest.param(Kind.TEXT, "Acme", "ACME", False, id="another case is another text"),
        pytest.param(Kind.TEXT, "", None, True, id="an empty text is none"),
        pytest.param(Kind.TEXT, "  ", None, True, id="nothing but space is none"),
        pytest.param(Kind.EMAIL, "Ann@X.com", "ann@x.com", True, id="e-mail addresses have no case"),
        pytest.param(Kind.PHONE, "(555) 010-1111", "555.010.1111", True, id="telephone numbers are their digits"),
        pytest.param(Kind.PHONE, "+1 555 010 1111", "5550101111", True, id="North America's 1 may be left out"),
        pytest.param(Kind.PHONE, "+44 555 010 1111", "5550101111", False, id="another country's prefix may not"),
        pytest.param(Kind.PHONE, "n/a", "none", False, id="telephone numbers without a digit stay what they are"),
        pytest.param(Kind.NUMBER, "1", "1.0", True, id="a number is its value"),
        pytest.param(Kind.NUMBER, "1e3", "1000", True, id="a number may have an exponent"),
        pytest.param(Kind.NUMBER, "-0.5", "0.5", False, id="the sign of a number counts"),
        pytest.param(Kind.NUMBER, "-0", "0", True, id="zero has no sign"),
        pytest.param(Kind.BOOLEAN, "True", "true", True, id="yes and no have no case"),
        pytest.param(Kind.DATE, "2026-11-30T00:00:00Z", "2026-11-30", True, id="a date has no time"),
        pytest.param(Kind.DATETIME, "2026-11-30T10:00:00.000+0000", "2026-11-30T10:00:00Z", True, id="instants are whole seconds of UTC"),
        pytest.param(Kind.DATETIME, "2026-11-30T10:00:00Z", "2026-11-30T10:00:01Z", False, id="a second is a change"),
        pytest.param(Kind.CHOICES, "b; a;", "a;b", True, id="several choices have no order"),
        pytest.param(Kind.CHOICES, "a", "a;b", False, id="one choice more is a change"),
        pytest.param(Kind.CHOICES, ";", None, True, id="no choice is none"),
        pytest.param(Kind.CHOICE, "Open ", "Open", True, id="a choice has no space at its end"),
    ],
)  # fmt: skip
def test_two_values_are_the_same_in_canonical_form(kind: Kind, one: Text, other: Text, alike: bool) -> None:
    assert _one(same(pl.lit(one, pl.String), pl.lit(other, pl.String), kind)) is alike


NUMBER = rule("value", "Amount", Kind.NUMBER, limits={"scale": 1})
TAGS = rule("tags", "Tags__c", Kind.CHOICES, to_salesforce={"a": "x", "b": "y"}, to_spotio={"x": "a"})
INSTANT = rule("due", "Due__c", Kind.DATETIME, theirs=Kind.DATE)
PEOPLE = Persons({"U1": "u1"}, "u9")


@pytest.mark.requirement("SF-10", "SF-19")
@pytest.mark.rule("F-07")
@pytest.mark.parametrize(
    ("of", "to", "value", "becomes"),
    [
        pytest.param(STAGE, SALESFORCE, "2", "Open", id="a stage becomes a status"),
        pytest.param(STAGE, SPOTIO, "Open", "1", id="a status becomes the stage that leads back"),
        pytest.param(STAGE, SALESFORCE, "5", None, id="a stage without a status becomes nothing"),
        pytest.param(STAGE, SPOTIO, "Nurturing", None, id="a status without a stage becomes nothing"),
        pytest.param(STAGE, SALESFORCE, "New", None, id="a label is no value"),
        pytest.param(TAGS, SALESFORCE, "a; b", "x;y", id="each of several choices is looked up"),
        pytest.param(TAGS, SALESFORCE, "a;c", None, id="half a list is nothing"),
        pytest.param(TAGS, SALESFORCE, ";a;", "x", id="an empty choice is none"),
        pytest.param(rule("tags", "T", Kind.CHOICES, to_salesforce={}), SALESFORCE, "a", None, id="an empty map knows nobody"),
        pytest.param(NUMBER, SALESFORCE, "1.24", "1.2", id="a number is rounded to what the target keeps"),
        pytest.param(NUMBER, SALESFORCE, "-0.5", "-0.5", id="a rounded number keeps its sign"),
        pytest.param(NUMBER, SALESFORCE, "many", "many", id="what is no number is left for the checks"),
        pytest.param(NUMBER, SPOTIO, "1.24", "1.24", id="and left alone where nothing is said"),
        pytest.param(INSTANT, SALESFORCE, "2026-11-30T10:00:00Z", "2026-11-30", id="an instant becomes a date"),
        pytest.param(INSTANT, SPOTIO, "2026-11-30", "2026-11-30T00:00:00Z", id="a date becomes an instant"),
        pytest.param(rule("email", "Email", Kind.EMAIL), SALESFORCE, " Ann@X.com ", "Ann@X.com", id="an address keeps its case"),
        pytest.param(STAGE, SALESFORCE, " ", None, id="a blank becomes none"),
        pytest.param(OWNER, SPOTIO, "U1", "u1", id="a user becomes the one that they are"),
        pytest.param(OWNER, SPOTIO, "Q1", "u9", id="whoever nobody has listed becomes the default user"),
        pytest.param(OWNER, SPOTIO, None, None, id="no owner becomes none"),
    ],
)  # fmt: skip
def test_a_value_becomes_something_on_the_other_side(
    of: FieldRule, to: object, value: Text, becomes: Text
) -> None:
    side = SPOTIO if to is SPOTIO else SALESFORCE
    assert _one(translated(pl.lit(value, pl.String), of, side, PEOPLE)) == becomes


def test_without_a_default_user_nobody_is_made_up() -> None:
    assert _one(translated(pl.lit("Q1"), OWNER, SPOTIO, Persons({"U1": "u1"}))) is None


@pytest.mark.parametrize(("value", "is_blank"), [(None, True), ("", True), (" \t", True), ("0", False)])
def test_a_blank_is_nothing_or_white_space(value: Text, is_blank: bool) -> None:
    assert _one(blank(pl.lit(value, pl.String))) is is_blank
