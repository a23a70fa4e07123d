"""Conflicts and standing differences: one row as long as they last, decided by people, restorable."""

from __future__ import annotations

from typing import Any

import pytest

from data.errors import NotOpenError
from data.store import Store
from data.syncs import asked, cases, conflicts, resolutions, standing
from data.syncs.conflicts import Rule
from data.syncs.seen import Seen
from tests.store import small_pair
from tests.store.small_pair import (
    EMAIL,
    MINUTE,
    NOON,
    WORTH,
    carry_out,
    create_lead,
    decisions,
    record,
    update,
)

DANA = "dana@example.com"
CLASH: dict[str, Any] = {
    "link": "l-1",
    "field": EMAIL,
    "base_spotio": "x",
    "base_salesforce": "x",
    "spotio": "a",
    "salesforce": "b",
}


@pytest.fixture
def linked(store: Store) -> Store:
    carry_out(store, create_lead("a1", "s1", "x"), NOON, "00Q1")
    carry_out(store, create_lead("a2", "s2", "y"), NOON, "00Q2")
    return store


def plan(store: Store, *found: dict[str, Any], outcome: str = "conflict", link: str = "l-1", run: str = "r-1") -> None:  # fmt: skip
    """A plan that looked at a link and found these conflicts."""
    looked = decisions({"system": "spotio", "id": "s1", "link": link, "outcome": outcome})
    record(store, conflicts=small_pair.conflicts(*found), decisions=looked, run=run)


def open_ones(store: Store) -> list[dict[str, Any]]:
    return conflicts.listed(store, "doors")


def resolved(store: Store) -> list[tuple[object, ...]]:
    return resolutions.waiting(store, "doors").select("link", "field", "take", "value", "spotio", "salesforce").rows()  # fmt: skip


@pytest.mark.requirement("SF-27")
def test_a_conflict_is_listed_with_both_values_their_bases_and_who_changed_them(linked: Store) -> None:
    plan(
        linked,
        CLASH | {"spotio_changed_by": "Ada", "salesforce_changed_by": "Bo", "salesforce_changed_at": NOON, "winner": None},
    )  # fmt: skip
    [found] = open_ones(linked)
    expected = {
        "id": "c-1", "link": "l-1", "spotio_id": "s1", "salesforce_id": "00Q1", "field": EMAIL, "base_spotio": "x",
        "base_salesforce": "x", "spotio": "a", "salesforce": "b", "changed_by": {"spotio": "Ada", "salesforce": "Bo"},
        "proposed": None,
    }  # fmt: skip
    assert found | expected == found


def test_found_again_with_the_same_values_it_stays_the_same_row(linked: Store) -> None:
    plan(linked, CLASH)
    conflicts.decide(linked, ["c-1"], "spotio", person=DANA, now=NOON)
    plan(linked, CLASH, run="r-2")
    assert [row["id"] for row in conflicts.listed(linked, states=["decided"])] == ["c-1"]
    assert resolved(linked) == [("l-1", EMAIL, "spotio", None, "a", "b")]


def test_found_with_other_values_it_is_asked_anew(linked: Store) -> None:
    plan(linked, CLASH)
    conflicts.decide(linked, ["c-1"], "spotio", person=DANA, now=NOON)
    plan(linked, CLASH | {"spotio": "later"})
    [found] = open_ones(linked)
    assert (found["id"], found["spotio"], found["take"]) == ("c-1", "later", None)
    assert resolved(linked) == []


def test_what_a_plan_looked_at_and_no_longer_finds_is_settled(linked: Store) -> None:
    plan(linked, CLASH, CLASH | {"link": "l-2"})
    plan(linked, outcome="in_step")
    # The other link was not looked at, so nobody knows.
    assert [row["link"] for row in open_ones(linked)] == ["l-2"]
    [settled] = conflicts.listed(linked, states=["settled"])
    assert (settled["link"], settled["settled_by"]) == ("l-1", "agreed")


def test_what_was_decided_waits_until_it_is_written(linked: Store) -> None:
    plan(linked, CLASH)
    conflicts.decide(linked, ["c-1"], "spotio", person=DANA, now=NOON)
    plan(linked, outcome="blocked")
    assert len(resolved(linked)) == 1
    carry_out(linked, update("a3", "salesforce", "00Q1", "l-1", EMAIL, "Email", "a"), NOON + MINUTE, "00Q1")
    assert resolved(linked) == []
    [settled] = conflicts.listed(linked, states=["settled"])
    assert (settled["settled_by"], settled["decided_by"]) == ("written", DANA)


def test_both_sides_coming_to_the_same_settles_it(linked: Store) -> None:
    plan(linked, CLASH)
    same = small_pair.rebases({"link": "l-1", "field": EMAIL, "spotio": "z", "salesforce": "z"})
    record(linked, rebases=same)
    assert open_ones(linked) == []


@pytest.mark.rule("F-02")
def test_fields_of_one_unit_are_decided_together(linked: Store) -> None:
    plan(
        linked,
        CLASH | {"unit": "name"},
        CLASH | {"unit": "name", "field": "b~lead.LastName"},
        CLASH | {"field": WORTH},
    )
    assert conflicts.decide(linked, ["c-1"], "salesforce", person=DANA, now=NOON) == 2
    assert [row["field"] for row in open_ones(linked)] == [WORTH]


def test_a_value_of_ones_own_is_of_one_field(linked: Store) -> None:
    plan(linked, CLASH | {"unit": "name"}, CLASH | {"unit": "name", "field": "b~lead.LastName"})
    assert conflicts.decide(linked, ["c-1"], "value", value="neither", person=DANA, now=NOON) == 1
    assert resolved(linked) == [("l-1", EMAIL, "value", "neither", "a", "b")]


def test_deciding_what_is_not_open_is_refused_and_decides_nothing(linked: Store) -> None:
    plan(linked, CLASH)
    with pytest.raises(NotOpenError, match="no open conflict c-9"):
        conflicts.decide(linked, ["c-1", "c-9"], "spotio", person=DANA, now=NOON)
    assert len(open_ones(linked)) == 1


@pytest.mark.requirement("SF-28")
def test_many_are_decided_by_a_rule_after_they_were_counted(linked: Store) -> None:
    plan(
        linked, CLASH | {"spotio_changed_by": "Ada"}, CLASH | {"link": "l-2", "salesforce_changed_by": "Ada"},
        CLASH | {"field": WORTH, "policy": "newest"},
    )  # fmt: skip
    assert conflicts.count_by_rule(linked, "doors", Rule()) == 3
    assert conflicts.count_by_rule(linked, "doors", Rule(policy="newest")) == 1
    assert conflicts.count_by_rule(linked, "doors", Rule(changed_by="Ada")) == 2
    rule = Rule(field=EMAIL, changed_by="Ada", side="spotio")
    with pytest.raises(NotOpenError, match="1 conflicts meet this now, not 2"):
        conflicts.decide_by_rule(linked, "doors", rule, "spotio", expected=2, person=DANA, now=NOON)
    assert conflicts.decide_by_rule(linked, "doors", rule, "spotio", expected=1, person=DANA, now=NOON) == 1
    assert [row["link"] for row in open_ones(linked)] == ["l-2", "l-1"]


@pytest.mark.requirement("SF-26")
def test_the_value_that_lost_is_restored_against_what_both_sides_hold_now(linked: Store) -> None:
    plan(linked, CLASH | {"winner": "salesforce"})
    sides = {"spotio": "b", "salesforce": "b"}
    carry_out(linked, update("a3", "spotio", "s1", "l-1", EMAIL, "100006", "b", **sides), NOON + MINUTE, "s1")
    assert conflicts.restore(linked, "c-1", person=DANA, now=NOON) == "c-2"
    assert resolved(linked) == [("l-1", EMAIL, "value", "a", "b", "b")]
    assert resolutions.waiting(linked, "doors")["value_of"].to_list() == ["spotio"]
    with pytest.raises(NotOpenError, match="no loser"):
        conflicts.restore(linked, "c-1", person=DANA, now=NOON)


def test_a_conflict_that_nobody_lost_cannot_be_restored(linked: Store) -> None:
    plan(linked, CLASH)
    plan(linked, outcome="in_step")
    with pytest.raises(NotOpenError, match="no loser"):
        conflicts.restore(linked, "c-1", person=DANA, now=NOON)


def differ(store: Store, *found: dict[str, Any]) -> None:
    record(store, standing=small_pair.standing(*found))


def test_a_difference_stands_until_its_field_is_agreed_on(linked: Store) -> None:
    differ(linked, {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "b"})
    differ(linked)
    assert [row["id"] for row in standing.listed(linked)] == ["s-1"]
    assert standing.decide(linked, ["s-1"], "salesforce", person=DANA, now=NOON) == 1
    assert resolved(linked) == [("l-1", EMAIL, "salesforce", None, "a", "b")]
    carry_out(linked, update("a3", "spotio", "s1", "l-1", EMAIL, "100006", "b"), NOON + MINUTE, "s1")
    assert standing.listed(linked) == []
    assert resolved(linked) == []


def test_a_difference_with_other_values_is_asked_anew(linked: Store) -> None:
    differ(linked, {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "b"})
    standing.decide(linked, ["s-1"], "salesforce", person=DANA, now=NOON)
    differ(linked, {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "c"})
    [found] = standing.listed(linked)
    assert (found["id"], found["salesforce"], found["take"]) == ("s-1", "c", None)


@pytest.mark.rule("L-01")
def test_the_differences_of_a_field_are_settled_by_one_choice(linked: Store) -> None:
    differ(
        linked, {"link": "l-1", "field": EMAIL, "spotio": None, "salesforce": "b"},
        {"link": "l-2", "field": EMAIL, "spotio": "a", "salesforce": "c"},
    )  # fmt: skip
    assert standing.field_counts(linked, "doors") == [
        {"field": EMAIL, "n": 2, "spotio_blank": 1, "salesforce_blank": 0}
    ]
    with pytest.raises(NotOpenError, match="1 differences meet this now"):
        standing.decide_field(linked, "doors", EMAIL, "blanks", expected=2, person=DANA, now=NOON)
    assert standing.decide_field(linked, "doors", EMAIL, "blanks", expected=1, person=DANA, now=NOON) == 1
    assert standing.decide_field(linked, "doors", EMAIL, "spotio", expected=1, person=DANA, now=NOON) == 1
    assert [row[:3] for row in resolved(linked)] == [("l-1", EMAIL, "salesforce"), ("l-2", EMAIL, "spotio")]


def test_a_field_that_is_agreed_on_as_it_stands_is_a_difference_from_then_on(linked: Store) -> None:
    sides = {"link": "l-1", "field": WORTH, "spotio": "1", "salesforce": "2"}
    record(linked, rebases=small_pair.rebases(sides), standing=small_pair.standing(sides))
    assert [row["field"] for row in standing.listed(linked)] == [WORTH]


@pytest.mark.rule("F-01")
@pytest.mark.rule("L-01")
def test_a_difference_goes_on_waiting_when_only_the_form_of_a_value_is_new(linked: Store) -> None:
    differ(linked, {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "b"})
    formed = {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "B "}
    record(linked, rebases=small_pair.rebases(formed | {"differs": True}))
    [found] = standing.listed(linked)
    assert (found["id"], found["spotio"], found["salesforce"]) == ("s-1", "a", "B ")
    record(linked, rebases=small_pair.rebases(formed | {"spotio": "b"}))
    assert standing.listed(linked) == []


@pytest.mark.rule("F-02")
def test_a_side_that_is_taken_for_one_field_leaves_what_a_person_typed_for_another(linked: Store) -> None:
    plan(
        linked, CLASH | {"unit": "name"}, CLASH | {"unit": "name", "field": "b~lead.LastName"},
        CLASH | {"unit": "name", "field": "c~lead.Title"},
    )  # fmt: skip
    conflicts.decide(linked, ["c-1"], "value", value="Typed", person=DANA, now=NOON)
    conflicts.decide(linked, ["c-2"], "salesforce", person=DANA, now=NOON)
    assert [(row[1], row[2], row[3]) for row in resolved(linked)] == [
        (EMAIL, "value", "Typed"), ("b~lead.LastName", "salesforce", None), ("c~lead.Title", "salesforce", None),
    ]  # fmt: skip
    conflicts.decide(linked, ["c-1"], "salesforce", person=DANA, now=NOON)
    assert {row[2] for row in resolved(linked)} == {"salesforce"}


@pytest.mark.rule("L-01")
def test_while_a_field_is_in_conflict_its_standing_difference_rests(linked: Store) -> None:
    differ(linked, {"link": "l-1", "field": EMAIL, "spotio": "a", "salesforce": "b"})
    standing.decide(linked, ["s-1"], "salesforce", person=DANA, now=NOON)
    plan(linked, CLASH | {"spotio": "d"})
    assert (standing.listed(linked), standing.field_counts(linked, "doors"), resolved(linked)) == ([], [], [])
    plan(linked, outcome="in_step")
    assert resolved(linked) == [("l-1", EMAIL, "salesforce", None, "a", "b")]


# Decided by two.


def test_what_somebody_saw_undecided_is_decided_only_as_long_as_it_is_so(linked: Store) -> None:
    plan(linked, CLASH, CLASH | {"link": "l-2"})
    seen = [Seen("c-1", "a", "b"), Seen("c-2", "a", "b")]
    conflicts.decide(linked, ["c-2"], "salesforce", person=DANA, now=NOON)
    with pytest.raises(NotOpenError, match=r"dana@example\.com decided c-2 meanwhile; nothing was decided"):
        conflicts.decide(linked, ["c-1", "c-2"], "spotio", seen=seen, person="omar", now=NOON)
    with pytest.raises(NotOpenError, match="c-1 shows other values by now"):
        conflicts.decide(linked, ["c-1"], "spotio", seen=[Seen("c-1", "a", "x")], person="omar", now=NOON)
    assert conflicts.decide(linked, ["c-1"], "spotio", seen=seen[:1], person="omar", now=NOON) == 1
    assert [row[:3] for row in resolved(linked)] == [("l-1", EMAIL, "spotio"), ("l-2", EMAIL, "salesforce")]


def test_a_difference_that_somebody_saw_undecided_is_not_decided_twice(linked: Store) -> None:
    differ(linked, {"link": "l-1", "field": EMAIL, "spotio": None, "salesforce": "b"})
    seen = [Seen("s-1", None, "b")]
    assert standing.decide(linked, ["s-1"], "salesforce", seen=seen, person=DANA, now=NOON) == 1
    with pytest.raises(NotOpenError, match=r"dana@example\.com decided s-1 meanwhile"):
        standing.decide(linked, ["s-1"], "spotio", seen=seen, person="omar", now=NOON)


def test_a_word_on_two_records_of_a_case_is_the_first_one_while_the_case_is_open(linked: Store) -> None:
    found = {
        "kind": "several",
        "key": "Email",
        "spotio_ids": ["s8"],
        "salesforce_ids": ["00Q8", "00Q9"],
        "text": "Two.",
    }
    record(linked, cases=small_pair.cases(found))
    cases.say(linked, "doors", "s8", "00Q8", same=False, person=DANA, now=NOON, of_case="m-1")
    with pytest.raises(NotOpenError, match=r"dana@example\.com said meanwhile that the two are different"):
        cases.say(linked, "doors", "s8", "00Q8", same=True, person="omar", now=NOON, of_case="m-1")
    with pytest.raises(NotOpenError, match="no open case m-2"):
        cases.say(linked, "doors", "s8", "00Q9", same=True, person="omar", now=NOON, of_case="m-2")
    assert [(row["salesforce_id"], row["same"]) for row in cases.said(linked, ["s8"])] == [("00Q8", False)]


# Page by page.


def test_what_is_asked_is_counted_by_sync_and_field_and_listed_in_pages(linked: Store) -> None:
    plan(linked, *(CLASH | {"field": f"f{number}"} for number in range(5)), CLASH | {"link": "l-2"})
    counted = [(row["kind"], row["field"], row["n"]) for row in asked.counts(linked)]
    assert counted == [("open", EMAIL, 1), *(("open", f"f{number}", 1) for number in range(5))]
    assert [row["id"] for row in conflicts.listed(linked, limit=2, offset=2)] == ["c-3", "c-4"]
    assert [row["id"] for row in conflicts.listed(linked, field=EMAIL)] == ["c-6"]
    assert asked.place_of(linked, "open", "c-4", "doors", None) == 3
    assert asked.place_of(linked, "open", "c-6", None, EMAIL) == 0
    assert asked.place_of(linked, "open", "c-9", None, None) is None


def test_what_was_decided_is_listed_the_last_first_with_what_can_be_restored(linked: Store) -> None:
    plan(linked, CLASH | {"winner": "salesforce"})
    sides = {"spotio": "b", "salesforce": "b"}
    carry_out(linked, update("a3", "spotio", "s1", "l-1", EMAIL, "100006", "b", **sides), NOON + MINUTE, "s1")
    differ(linked, {"link": "l-2", "field": EMAIL, "spotio": "a", "salesforce": "c"})
    standing.decide(linked, ["s-1"], "spotio", person=DANA, now=NOON + 2 * MINUTE)
    cases.say(linked, "doors", "s2", "00Q1", same=False, person=DANA, note="no", now=NOON + 3 * MINUTE)
    listed = [(row["kind"], row["take"], row["decided_by"]) for row in asked.decided(linked)]
    assert listed == [
        ("match", "different", DANA),
        ("standing", "spotio", DANA),
        ("conflict", "salesforce", None),
    ]
    assert [(row["side"], row["value"]) for row in conflicts.losers(linked, ["c-1"]).values()] == [
        ("spotio", "a")
    ]
    assert [row["id"] for row in asked.decided_by(linked, DANA, NOON + 2 * MINUTE)] == ["s-1"]
