"""Three-way, a field and a group at a time: each side against its own value at the last agreement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sync.engine.definition import FieldRule, Kind
from sync.engine.inputs import State
from tests.engine.applying import apply
from tests.engine.small import (
    COMPANY,
    FIRST,
    LAST,
    OWNER,
    SALESFORCE,
    SPOTIO,
    STAGE,
    Values,
    agreements,
    kinds,
    linked,
    outcome,
    plan_of,
    rule,
    told,
    world_of,
    writes,
)
from tests.engine.worlds import NOW, ON_AT, Agreed, Resolution, Text, World

PHONE = rule("phone", "Phone", Kind.PHONE)


def one_field(
    was: tuple[Text, Text], now: tuple[Text, Text], field: FieldRule = COMPANY, **members: Any
) -> World:
    """A linked pair with one field, as (SPOTIO's value, Salesforce's value)."""
    made = replace(field, **members)
    world = world_of(made)
    shape = [({made.spotio.name: ours}, {made.salesforce.name: theirs}) for ours, theirs in (was, now)]
    linked(world, shape[0], shape[1])
    return world


@pytest.mark.requirement("SF-21", "SF-09", "SF-26", "SF-24")
@pytest.mark.rule("F-01")
@pytest.mark.parametrize(
    ("world", "written"),
    [
        pytest.param(one_field(("a", "a"), ("a", "a")), {}, id="nothing changed"),
        pytest.param(one_field(("a", "a"), ("b", "a")), {"Company": "b"}, id="SPOTIO changed"),
        pytest.param(one_field(("a", "a"), ("a", "b")), {"company": "b"}, id="Salesforce changed"),
        pytest.param(one_field(("a", "a"), ("b", "b")), {}, id="both changed to the same"),
        pytest.param(one_field(("a", "a"), ("b", "c")), {}, id="both changed, and a person is asked"),
        pytest.param(one_field(("a", "b"), ("a", "b")), {}, id="they differ as they did when they agreed"),
        pytest.param(one_field(("a", "b"), ("c", "b")), {"Company": "c"}, id="each side is compared with its own base"),
        pytest.param(one_field(("a", "b"), ("a", "a")), {}, id="one came to what the other shows"),
        pytest.param(one_field(("5550101111", "(555) 010-1111"), ("555 010 1111", "5550101111"), PHONE), {}, id="only forms changed"),
        pytest.param(one_field(("a", "a"), (None, "a")), {}, id="a blank does not overwrite"),
        pytest.param(one_field(("a", "a"), ("a", " ")), {}, id="nor does white space"),
        pytest.param(one_field(("a", "a"), (None, "a"), blanks="clear"), {"Company": None}, id="unless blanks are to clear"),
        pytest.param(one_field(("a", "a"), (None, "b")), {"company": "b"}, id="what was emptied is filled when the other side changes"),
        pytest.param(one_field(("a", "a"), ("a", None), blanks="clear"), {"company": None}, id="blanks clear the other way, too"),
        pytest.param(one_field(("a", "a"), ("b", "a"), direction="to_spotio"), {}, id="a mapping of one way is of one way"),
        pytest.param(one_field(("a", "a"), ("a", "b"), direction="to_spotio"), {"company": "b"}, id="and goes that way"),
        pytest.param(one_field(("a", "a"), ("b", "a"), stopped="It is gone."), {}, id="a stopped mapping stands still"),
    ],
)  # fmt: skip
def test_a_write_only_replaces_the_side_that_did_not_change(world: World, written: dict[str, Text]) -> None:
    plan = plan_of(world)
    assert {column: value for (_, column), value in writes(plan).items()} == written
    if len(written) == 1:
        assert kinds(plan) == ["update_spotio" if "company" in written else "update_salesforce"]


@pytest.mark.rule("F-01")
@pytest.mark.parametrize(
    ("world", "agreed"),
    [
        pytest.param(one_field(("a", "a"), ("b", "b")), ("b", "b"), id="both came to the same"),
        pytest.param(one_field(("5550101111", "5550101111"), ("555 010 1111", "5550101111"), PHONE), ("555 010 1111", "5550101111"), id="another form is adopted"),
        pytest.param(one_field(("1", "5550101111"), ("1 ", "5550101111"), PHONE), ("1 ", "5550101111"), id="also where the two differ"),
        pytest.param(one_field(("a", "a"), (None, "a")), (None, "a"), id="an emptied field that stays empty"),
        pytest.param(one_field(("a", "a"), ("a", "a")), None, id="nothing is new where nothing moved"),
    ],
)  # fmt: skip
def test_what_needs_no_write_is_agreed_on(world: World, agreed: tuple[Text, Text] | None) -> None:
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert list(agreements(plan).values()) == ([agreed] if agreed else [])


@pytest.mark.requirement("SF-24")
@pytest.mark.rule("F-05")
@pytest.mark.parametrize(
    ("policy", "ours", "theirs", "winner"),
    [
        pytest.param("ask", 10, 60, None, id="the mapping says to ask"),
        pytest.param("spotio", None, None, "spotio", id="SPOTIO wins"),
        pytest.param("salesforce", None, None, "salesforce", id="Salesforce wins"),
        pytest.param("newest", 10, 60, "spotio", id="the newest wins: SPOTIO's"),
        pytest.param("newest", 60, 10, "salesforce", id="the newest wins: Salesforce's"),
        pytest.param("newest", 60, None, None, id="nobody knows when Salesforce's changed"),
        pytest.param("newest", None, 60, None, id="nobody knows when SPOTIO's changed"),
        pytest.param("newest", 57, 60, None, id="both changed within one poll"),
        pytest.param("newest", 55, 60, None, id="one poll apart is still within"),
        pytest.param("newest", 54.9, 60, "spotio", id="more than one poll apart"),
    ],
)  # fmt: skip
def test_a_conflict_is_settled_by_the_policy(policy: str, ours: float | None, theirs: float | None, winner: Text) -> None:  # fmt: skip
    world = one_field(("a", "a"), ("b", "c"), conflict=policy)
    if ours is not None:
        told(world, SPOTIO, "company", minutes=ours, by="Ann")
    if theirs is not None:
        told(world, SALESFORCE, "Company", minutes=theirs, by="Bob")
    told(world, SALESFORCE, None, minutes=1, by="Cy")
    plan = plan_of(world)
    [conflict] = plan.conflicts.rows(named=True)
    assert (conflict["spotio"], conflict["salesforce"], conflict["winner"]) == ("b", "c", winner)
    assert (conflict["base_spotio"], conflict["base_salesforce"]) == ("a", "a")
    assert conflict["salesforce_changed_by"] == ("Bob" if theirs is not None else "Cy")
    wanted = {"spotio": {("salesforce", "Company"): "b"}, "salesforce": {("spotio", "company"): "c"}}
    assert writes(plan) == wanted.get(winner or "", {})
    assert outcome(plan, SPOTIO, "s1") == (("planned", None) if winner else ("conflict", "conflict"))


def a_group(now: tuple[Values, Values], **members: Any) -> World:
    """First and last name, decided together; both sides agreed on Ann Smith."""
    world = world_of(*(replace(each, **members) for each in (FIRST, LAST)))
    linked(world, ({"first": "Ann", "last": "Smith"}, {"FirstName": "Ann", "LastName": "Smith"}), now)
    return world


@pytest.mark.rule("F-02")
def test_fields_of_a_group_travel_together() -> None:
    world = a_group(({"first": "Bob", "last": "Smith"}, {"FirstName": "Ann", "LastName": "Smith"}))
    world.agreed["l-1", LAST.key] = Agreed("Smith", "Jones")
    world.salesforce["f1"].values["LastName"] = "Jones"
    assert writes(plan_of(world)) == {("salesforce", "FirstName"): "Bob", ("salesforce", "LastName"): "Smith"}


@pytest.mark.rule("F-02")
@pytest.mark.parametrize(
    ("policy", "written"),
    [
        ("ask", {}),
        ("spotio", {("salesforce", "FirstName"): "Bob", ("salesforce", "LastName"): "Smith"}),
        ("salesforce", {("spotio", "first"): "Ann", ("spotio", "last"): "Jones"}),
    ],
)
def test_a_conflict_of_a_group_is_settled_for_all_of_it(
    policy: str, written: dict[tuple[str, str], Text]
) -> None:
    # One side changed the first name, the other the last one: half of each would be nobody's name.
    changed = ({"first": "Bob", "last": "Smith"}, {"FirstName": "Ann", "LastName": "Jones"})
    plan = plan_of(a_group(changed, conflict=policy))
    assert plan.conflicts.height == 2
    assert writes(plan) == written


@pytest.mark.rule("F-02")
def test_where_the_policies_of_a_group_disagree_a_person_is_asked() -> None:
    changed = ({"first": "Bob", "last": "Smith"}, {"FirstName": "Ann", "LastName": "Jones"})
    world = a_group(changed)
    world.definition = replace(
        world.definition, fields=(replace(FIRST, conflict="spotio"), replace(LAST, conflict="salesforce"))
    )
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert plan.conflicts["winner"].to_list() == [None, None]


@pytest.mark.requirement("SF-24")
def test_other_fields_travel_while_one_waits_for_a_person() -> None:
    world = world_of(COMPANY, PHONE)
    linked(world, ({"company": "a", "phone": "1"}, {"Company": "a", "Phone": "1"}),
           ({"company": "b", "phone": "2"}, {"Company": "c", "Phone": "1"}))  # fmt: skip
    assert writes(plan_of(world)) == {("salesforce", "Phone"): "2"}


@pytest.mark.requirement("SF-24")
@pytest.mark.parametrize(
    ("resolution", "written"),
    [
        pytest.param(Resolution("l-1", COMPANY.key, "spotio", "b", "c"), {("salesforce", "Company"): "b"}, id="a person takes SPOTIO's"),
        pytest.param(Resolution("l-1", COMPANY.key, "salesforce", "b", "c"), {("spotio", "company"): "c"}, id="a person takes Salesforce's"),
        pytest.param(Resolution("l-1", COMPANY.key, "value", "b", "c", "d"), {("spotio", "company"): "d"}, id="a person types another value"),
        pytest.param(Resolution("l-1", COMPANY.key, "value", "b", "c", "b "), {("salesforce", "Company"): "b"}, id="whoever types what SPOTIO shows takes SPOTIO's"),
        pytest.param(Resolution("l-1", COMPANY.key, "spotio", "x", "c"), {}, id="SPOTIO's value is not the one that the person saw"),
        pytest.param(Resolution("l-1", COMPANY.key, "salesforce", "b", "x"), {}, id="nor is Salesforce's"),
    ],
)  # fmt: skip
def test_a_persons_word_settles_the_values_that_the_person_saw(
    resolution: Resolution, written: dict[tuple[str, str], Text]
) -> None:
    world = one_field(("a", "a"), ("b", "c"))
    world.resolutions = [resolution]
    plan = plan_of(world)
    assert writes(plan) == written
    assert outcome(plan, SPOTIO, "s1")[0] == ("planned" if written else "conflict")


@pytest.mark.rule("F-02")
def test_a_persons_word_on_a_group_holds_as_long_as_all_of_it_is_what_the_person_saw() -> None:
    changed = ({"first": "Bob", "last": "Brown"}, {"FirstName": "Cy", "LastName": "Jones"})
    world = a_group(changed)
    world.resolutions = [
        Resolution("l-1", FIRST.key, "spotio", "Bob", "Cy"),
        Resolution("l-1", LAST.key, "spotio", "Brown", "Smith"),
    ]
    assert plan_of(world).actions.is_empty()
    world.resolutions[1] = replace(world.resolutions[1], salesforce="Jones")
    assert writes(plan_of(world)) == {("salesforce", "FirstName"): "Bob", ("salesforce", "LastName"): "Brown"}
    world.resolutions[1] = replace(world.resolutions[1], take="salesforce")
    assert plan_of(world).actions.is_empty()


@pytest.mark.rule("F-02")
@pytest.mark.parametrize(("rest", "last"), [("spotio", "Brown"), ("salesforce", "Jones")])
def test_a_typed_value_of_a_group_goes_with_the_side_that_was_taken_for_the_rest(
    rest: str, last: str
) -> None:
    world = a_group(({"first": "Bob", "last": "Brown"}, {"FirstName": "Cy", "LastName": "Jones"}))
    world.resolutions = [
        Resolution("l-1", FIRST.key, "value", "Bob", "Cy", "Dee"),
        Resolution("l-1", LAST.key, rest, "Brown", "Jones"),
    ]
    for _ in range(2):
        apply(world, plan_of(world))
    assert world.spotio["s1"].values == {"first": "Dee", "last": last}
    assert world.salesforce["f1"].values == {"FirstName": "Dee", "LastName": last}


@pytest.mark.rule("L-01")
@pytest.mark.parametrize(("take", "written"), [("spotio", "Company"), ("salesforce", "company")])
def test_a_standing_difference_is_settled_by_a_persons_choice(take: str, written: str) -> None:
    world = one_field(("a", "b"), ("a", "b"))
    world.resolutions = [Resolution("l-1", COMPANY.key, take, "a", "b")]
    assert [column for _, column in writes(plan_of(world))] == [written]


@pytest.mark.rule("F-06")
@pytest.mark.requirement("SF-19")
def test_what_automation_rewrote_flows_back_once_and_then_is_a_conflict() -> None:
    world = one_field(("3", "Working"), ("3", "Closed"), STAGE)
    told(world, SALESFORCE, "Status", origin="automation")
    plan = plan_of(world)
    assert plan.fields["reason"].to_list() == ["automation"]
    apply(world, plan)
    world.salesforce["f1"].values["Status"] = "Open"
    again = plan_of(world)
    assert again.actions.is_empty()
    assert again.conflicts["why"].to_list() == ["It changes again and again without a person."]
    world.edits.clear()
    told(world, SALESFORCE, "Status", origin="human")
    assert writes(plan_of(world)) == {("spotio", "stage"): "1"}


@pytest.mark.requirement("SF-19", "SF-10")
@pytest.mark.rule("F-07")
@pytest.mark.parametrize(
    ("was", "now", "written"),
    [
        pytest.param(("1", "Open"), ("3", "Open"), {("salesforce", "Status"): "Working"}, id="a stage that moved shows in Salesforce"),
        pytest.param(("1", "Open"), ("1", "Closed"), {("spotio", "stage"): "4"}, id="a status that moved shows in SPOTIO"),
        pytest.param(("1", "Open"), ("2", "Open"), {}, id="two stages that are one status are no difference"),
        pytest.param(("2", "Open"), ("2", "Open"), {}, id="a translation that loses something does not come back"),
        pytest.param(("3", "Working"), ("5", "Working"), {}, id="a stage without a status is not guessed"),
    ],
)  # fmt: skip
def test_stages_and_statuses_follow_each_other(
    was: tuple[Text, Text], now: tuple[Text, Text], written: dict[tuple[str, str], Text]
) -> None:
    assert writes(plan_of(one_field(was, now, STAGE))) == written


@pytest.mark.requirement("SF-14", "SF-33")
@pytest.mark.rule("U-02")
@pytest.mark.parametrize(
    ("was", "now", "written"),
    [
        pytest.param(("u1", "U1"), ("u1", "Q1"), {("spotio", "owner"): "u9"}, id="a queue becomes the default user"),
        pytest.param(("u9", "Q1"), ("u9", "Q2"), {}, id="another queue is the default user still"),
        pytest.param(("u9", "Q1"), ("u9", "Q1"), {}, id="the default user is never written back"),
        pytest.param(("u9", "Q1"), ("u2", "Q1"), {("salesforce", "OwnerId"): "U2"}, id="until a person reassigns"),
        pytest.param(("u1", "U1"), ("u1", "U3"), {("spotio", "owner"): "u9"}, id="an inactive user's record goes to the default user"),
    ],
)  # fmt: skip
def test_owners_who_are_nobody_on_the_other_side_become_the_default_user(
    was: tuple[Text, Text], now: tuple[Text, Text], written: dict[tuple[str, str], Text]
) -> None:
    world = one_field(was, now, OWNER)
    world.definition = replace(world.definition, default_spotio_user="u9")
    world.persons += [
        replace(world.persons[0], id="u3", active=False, partner="U3"),
        replace(world.persons[0], system=SALESFORCE, id="U3", partner="u3"),
    ]
    assert writes(plan_of(world)) == written


@pytest.mark.requirement("SF-33")
@pytest.mark.rule("U-02")
@pytest.mark.parametrize(
    ("was", "now", "written"),
    [
        pytest.param(("u1", "U1"), ("u7", "U1"), {("salesforce", "OwnerId"): "U9"}, id="one whom Salesforce does not know becomes its default user"),
        pytest.param(("u7", "U9"), ("u8", "U9"), {}, id="another one is the default user still"),
        pytest.param(("u7", "U9"), ("u7", "U9"), {}, id="the default user is never written back"),
        pytest.param(("u7", "U9"), ("u7", "U2"), {("spotio", "owner"): "u2"}, id="until a person reassigns"),
    ],
)  # fmt: skip
def test_owners_whom_salesforce_does_not_know_become_its_default_user(
    was: tuple[Text, Text], now: tuple[Text, Text], written: dict[tuple[str, str], Text]
) -> None:
    world = one_field(was, now, OWNER)
    world.definition = replace(world.definition, default_salesforce_user="U9")
    assert writes(plan_of(world)) == written


@pytest.mark.requirement("SF-07")
@pytest.mark.rule("T-03")
@pytest.mark.parametrize(
    ("now", "policy", "written"),
    [
        pytest.param(("b", "a"), "ask", {}, id="what changed before the outbound direction was on is not exported"),
        pytest.param(("c", "a"), "ask", {("salesforce", "Company"): "c"}, id="what changed after it is"),
        pytest.param(("b", "x"), "salesforce", {("spotio", "company"): "x"}, id="it clashes when the other side changes, too"),
        pytest.param(("b", "x"), "spotio", {}, id="and no policy exports it"),
    ],
)  # fmt: skip
def test_turning_outbound_on_exports_no_history(
    now: tuple[Text, Text], policy: str, written: dict[tuple[str, str], Text]
) -> None:
    world = one_field(("a", "a"), now, conflict=policy)
    world.agreed["l-1", COMPANY.key] = Agreed("a", "a", at=ON_AT - timedelta(days=1))
    world.held = {("s1", "company"): "b"}
    for _ in range(2):
        plan = plan_of(world)
        assert writes(plan) == written
        if written:
            return
        apply(world, plan)


@pytest.mark.requirement("SF-26")
@pytest.mark.parametrize(
    ("backfill", "now", "written"),
    [
        pytest.param(False, ("a", None), {}, id="a mapping that came later fills nothing by itself"),
        pytest.param(True, ("a", None), {("salesforce", "Company"): "a"}, id="with back-fill it fills blanks of Salesforce"),
        pytest.param(True, (None, "b"), {("spotio", "company"): "b"}, id="and of SPOTIO"),
        pytest.param(True, ("a", "b"), {}, id="but replaces nothing"),
    ],
)  # fmt: skip
def test_a_mapping_that_came_later_back_fills_only_where_it_says_so(
    backfill: bool, now: tuple[Text, Text], written: dict[tuple[str, str], Text]
) -> None:
    world = one_field((None, None), now, backfill=backfill)
    world.agreed.clear()
    plan = plan_of(world)
    assert writes(plan) == written
    if not written:
        assert plan.standing["field"].to_list() == [COMPANY.key]
        assert agreements(plan) == {COMPANY.key: now}


@pytest.mark.rule("T-04")
@pytest.mark.parametrize("switch", ["paused", "off"])
def test_changes_wait_while_a_direction_is_not_on_and_are_caught_up(switch: str) -> None:
    world = one_field(("a", "a"), ("b", "a"))
    world.state = State("on", switch, ON_AT, ON_AT)  # type: ignore[arg-type]
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert plan.rebases.is_empty()
    assert outcome(plan, SPOTIO, "s1") == ("waiting", "direction_closed")
    world.state = State("on", "on", ON_AT, ON_AT)
    assert writes(plan_of(world)) == {("salesforce", "Company"): "b"}


@pytest.mark.rule("T-04")
def test_where_nothing_may_travel_nobody_is_asked_anything() -> None:
    world = one_field(("a", "a"), ("b", "c"), conflict="spotio")
    world.state = State("paused", "paused", ON_AT, ON_AT)
    plan = plan_of(world)
    assert plan.conflicts.is_empty()
    assert outcome(plan, SPOTIO, "s1") == ("waiting", "direction_closed")


def test_an_edit_against_the_way_of_a_mapping_waits_for_nothing_and_is_not_lost() -> None:
    world = one_field(("a", "a"), ("b", "a"), direction="to_spotio")
    assert outcome(plan_of(world), SPOTIO, "s1") == ("in_step", None)
    world.salesforce["f1"].values["Company"] = "c"
    assert plan_of(world).conflicts.height == 1


@pytest.mark.requirement("SF-10")
def test_a_default_that_salesforce_filled_in_does_not_replace_a_value_that_could_not_be_sent() -> None:
    world = one_field(("5", "Open"), ("5", "Open"), replace(STAGE, conflict="salesforce"))
    world.links["l-1"].born = "spotio"
    world.agreed["l-1", STAGE.key] = Agreed(None, None, "withheld")
    plan = plan_of(world)
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == ("blocked", "value_unmapped")
    told(world, SALESFORCE, "Status")
    assert writes(plan_of(world)) == {("spotio", "stage"): "1"}


@pytest.mark.rule("F-01")
def test_our_own_write_is_no_edit_when_it_comes_back() -> None:
    world = one_field(("a", "a"), ("b", "a"))
    apply(world, plan_of(world))
    told(world, SALESFORCE, "Company", origin="fieldline", minutes=0)
    plan = plan_of(replace(world, now=NOW + timedelta(minutes=5)))
    assert plan.actions.is_empty()
    assert plan.rebases.is_empty()


@pytest.mark.rule("F-01")
@pytest.mark.rule("L-01")
def test_a_new_form_of_a_value_settles_no_difference_that_waits_for_a_word() -> None:
    world = one_field(("5550100001", "5550100002"), ("5550100001", "+1 5550100002"), PHONE)
    plan = plan_of(world)
    assert plan.actions.is_empty()
    (agreed,) = plan.rebases.iter_rows(named=True)
    assert (agreed["spotio"], agreed["salesforce"], agreed["differs"]) == (
        "5550100001",
        "+1 5550100002",
        True,
    )
    world.salesforce["f1"].values["Phone"] = "+1 555-010-0001"
    (agreed,) = plan_of(world).rebases.iter_rows(named=True)
    assert not agreed["differs"]


@pytest.mark.rule("L-01")
def test_a_word_on_a_difference_holds_when_a_value_takes_another_form() -> None:
    world = one_field(("5550100001", "5550100002"), ("5550100001", "+1 5550100002"), PHONE)
    world.resolutions = [Resolution("l-1", PHONE.key, "spotio", "5550100001", "5550100002")]
    assert writes(plan_of(world)) == {("salesforce", "Phone"): "5550100001"}
