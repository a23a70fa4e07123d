"""Pairs that exist on both sides already (SF-27, L-01, L-02)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.engine.definition import Clause, Column, Filter, Inbound, Kind, MatchKey
from tests.engine.applying import apply
from tests.engine.compare import run
from tests.engine.small import (
    COMPANY,
    EMAIL,
    FIRST,
    LAST,
    OWNER,
    PHONE,
    SALESFORCE,
    SPOTIO,
    kinds,
    outcome,
    plan_of,
    world_of,
)
from tests.engine.worlds import Text, World

RULES = (COMPANY, EMAIL, PHONE, FIRST, LAST)
KEYS = (MatchKey((EMAIL.key,), "Email"), MatchKey((PHONE.key, LAST.key), "Phone + Last name"))
Row = tuple[str, Text, Text, Text]  # id, e-mail, telephone, last name


def people(ours: list[Row], theirs: list[Row], *, keys: tuple[MatchKey, ...] = KEYS) -> World:
    """Records of both sides that no link names; those of SPOTIO were made by people."""
    world = world_of(*RULES, match=keys)
    for id, email, phone, last in ours:
        world.add(SPOTIO, id, {"email": email, "phone": phone, "last": last})
    for id, email, phone, last in theirs:
        world.add(SALESFORCE, id, {"Email": email, "Phone": phone, "LastName": last})
    return world


def found(world: World) -> set[tuple[str, str]]:
    pairs = run(world).matches.found
    return set(zip(pairs["spotio_id"], pairs["salesforce_id"], strict=True))


def cases(world: World) -> set[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    rows = run(world).matches.cases.iter_rows(named=True)
    return {(row["kind"], row["key"], tuple(row["spotio_ids"]), tuple(row["salesforce_ids"])) for row in rows}


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-02")
@pytest.mark.parametrize(
    ("ours", "theirs", "pairs"),
    [
        pytest.param([("s1", "ann@x.com", None, None)], [("f1", "Ann@X.com", None, None)], {("s1", "f1")}, id="one on each side with the same e-mail address"),
        pytest.param([("s1", "a.b@x.com", None, None)], [("f1", "a-b@x.com", None, None)], set(), id="an address with another sign is another address"),
        pytest.param([("s1", None, "(555) 010-1111", "O'Neil")], [("f1", None, "5550101111", "o neil")], {("s1", "f1")}, id="the second key where the first says nothing"),
        pytest.param([("s1", None, "5550101111", None)], [("f1", None, "5550101111", None)], set(), id="a key that lacks a part says nothing"),
        pytest.param([("s1", "none", None, None)], [("f1", "none", None, None)], set(), id="what is no e-mail address says nothing"),
        pytest.param([("s1", None, "n/a", "Smith")], [("f1", None, "n/a", "Smith")], set(), id="what is no telephone number says nothing"),
        pytest.param([("s1", None, "12", "Smith")], [("f1", None, "12", "Smith")], set(), id="an extension alone says nothing"),
        pytest.param([("s1", "ann@x.com", None, None), ("s2", "bob@x.com", None, None)], [("f1", "ann@x.com", None, None), ("f2", "bob@x.com", None, None)], {("s1", "f1"), ("s2", "f2")}, id="each with its own"),
    ],
)  # fmt: skip
def test_exactly_one_candidate_on_each_side_links(
    ours: list[Row], theirs: list[Row], pairs: set[tuple[str, str]]
) -> None:
    world = people(ours, theirs)
    assert found(world) == pairs
    assert not cases(world)


@pytest.mark.rule("L-02")
def test_the_first_key_decides_and_whoever_shares_a_later_one_is_a_case() -> None:
    world = people([("s1", "ann@x.com", "5550101111", "Smith")], [("f1", "ann@x.com", None, None), ("f2", None, "5550101111", "Smith")])  # fmt: skip
    assert found(world) == {("s1", "f1")}
    assert cases(world) == {("linked_already", "Phone + Last name", ("s1",), ("f2",))}


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-02")
@pytest.mark.parametrize(
    ("ours", "theirs", "case"),
    [
        pytest.param([("s1", "ann@x.com", None, None)], [("f1", "ann@x.com", None, None), ("f2", "ann@x.com", None, None)],
                     ("several", "Email", ("s1",), ("f1", "f2")), id="two in Salesforce"),
        pytest.param([("s1", "ann@x.com", None, None), ("s2", "ann@x.com", None, None)], [("f1", "ann@x.com", None, None)],
                     ("several", "Email", ("s1", "s2"), ("f1",)), id="two in SPOTIO"),
        pytest.param([("s1", "ann@x.com", "5550101111", "Smith")], [("f1", "ann@x.com", "5550101111", "Smith"), ("f2", "ann@x.com", None, None)],
                     ("several", "Email", ("s1",), ("f1", "f2")), id="a second key does not settle what the first left open"),
        pytest.param([("s1", "ann@x.com", None, "Smith")], [("f1", "ann@x.com", None, "Jones")],
                     ("doubtful", "Email", ("s1",), ("f1",)), id="one of another name may be somebody else of the household"),
    ],
)  # fmt: skip
def test_what_is_not_clear_waits_for_a_person_and_nothing_is_created(
    ours: list[Row], theirs: list[Row], case: tuple[str, str, tuple[str, ...], tuple[str, ...]]
) -> None:
    world = people(ours, theirs)
    plan = plan_of(world)
    assert cases(world) == {case}
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s1") == outcome(plan, SALESFORCE, "f1") == ("undecided", "undecided_match")


@pytest.mark.rule("L-02")
def test_hundreds_of_one_value_are_one_case_and_none_of_them_is_created() -> None:
    ours: list[Row] = [(f"s{n}", "info@x.com", None, None) for n in range(30)]
    theirs: list[Row] = [(f"f{n}", "info@x.com", None, None) for n in range(30)]
    world = people(ours, theirs)
    [(kind, _, spotio_ids, salesforce_ids)] = cases(world)
    assert (kind, len(spotio_ids), len(salesforce_ids)) == ("several", 30, 30)
    assert plan_of(world).actions.is_empty()


@pytest.mark.rule("L-03")
def test_a_candidate_that_is_linked_already_is_a_case_and_keeps_its_link() -> None:
    world = people([("s1", "ann@x.com", None, None), ("s2", "ann@x.com", None, None)], [("f1", "ann@x.com", None, None)])  # fmt: skip
    world.link("l-1", world.spotio["s1"], world.salesforce["f1"])
    plan = plan_of(world)
    assert cases(world) == {("linked_already", "Email", ("s2",), ("f1",))}
    assert plan.actions.is_empty()
    assert outcome(plan, SPOTIO, "s2") == ("undecided", "undecided_match")


@pytest.mark.rule("L-05")
@pytest.mark.parametrize("bearer", ["salesforce", "spotio"])
def test_a_record_that_bears_the_others_id_is_its_partner_before_all_keys(bearer: str) -> None:
    world = people(
        [("s1", "ann@x.com", None, None)], [("f1", None, None, None), ("f2", "ann@x.com", None, None)]
    )
    if bearer == "salesforce":
        world.salesforce["f1"].outside = "s1"
    else:
        world.spotio["s1"].outside = "f1"
    assert found(world) == {("s1", "f1")}


@pytest.mark.rule("L-05")
def test_ids_that_name_several_are_one_case() -> None:
    world = people([("s1", None, None, None)], [("f1", None, None, None), ("f2", None, None, None)])
    world.salesforce["f1"].outside = world.salesforce["f2"].outside = "s1"
    assert cases(world) == {("several", "the other system's id", ("s1",), ("f1", "f2"))}


@pytest.mark.rule("L-02")
def test_what_people_said_of_a_case_settles_it() -> None:
    world = people([("s1", "ann@x.com", None, None)], [("f1", "ann@x.com", None, None), ("f2", "ann@x.com", None, None)])  # fmt: skip
    assert found(replace(world, verdicts={("s1", "f1"): False})) == {("s1", "f2")}
    assert found(replace(world, verdicts={("s1", "f1"): True})) == {("s1", "f1")}


@pytest.mark.rule("L-03")
def test_two_words_on_one_record_are_a_case_and_no_two_links() -> None:
    world = people([("s1", None, None, None)], [("f1", None, None, None), ("f2", None, None, None)])
    world.verdicts = {("s1", "f1"): True, ("s1", "f2"): True}
    assert found(world) == set()
    assert cases(world) == {("several", "a person's word", ("s1",), ("f1", "f2"))}


def test_an_excluded_record_is_nobodys_candidate_whatever_was_said_before() -> None:
    world = people([("s1", "ann@x.com", None, None)], [("f1", "ann@x.com", None, None)])
    world.verdicts = {("s1", "f1"): True}
    world.excluded = {(SALESFORCE, "f1")}
    assert found(world) == set()


@pytest.mark.rule("L-01")
def test_linking_two_records_writes_nothing_and_lists_what_differs() -> None:
    world = people([("s1", "ann@x.com", "5550101111", "Smith")], [("f1", "Ann@X.com", None, "Smith")])
    plan = plan_of(world)
    assert kinds(plan) == ["link"]
    assert plan.fields.drop_nulls("column").is_empty()
    bases = {row["field"]: (row["spotio"], row["salesforce"], row["reason"]) for row in plan.fields.iter_rows(named=True)}  # fmt: skip
    assert bases[EMAIL.key] == ("ann@x.com", "Ann@X.com", "linked")
    assert bases[PHONE.key] == ("5550101111", None, "standing")


@pytest.mark.rule("L-07")
@pytest.mark.parametrize(("industry", "born"), [("Chemicals", "matched"), ("Retail", "spotio")])
def test_what_the_filters_keep_out_comes_in_with_its_spotio_record_alone_and_is_exempt_from_them(
    industry: str, born: str
) -> None:
    world = people([("s1", "ann@x.com", None, None)], [("f1", "ann@x.com", None, None)])
    chemicals = Clause(SALESFORCE, Column("Industry", "Industry", Kind.TEXT), "equals", ("Chemicals",))
    world.definition = replace(world.definition, inbound=Inbound(True, filter=Filter((chemicals,))))
    world.salesforce["f1"].values["Industry"] = industry
    assert plan_of(world).actions["born"].to_list() == [born]


def test_owners_of_matched_records_are_compared_as_people() -> None:
    world = world_of(EMAIL, OWNER, match=(KEYS[0],))
    world.add(SPOTIO, "s1", {"email": "ann@x.com", "owner": "u1"})
    world.add(SALESFORCE, "f1", {"Email": "ann@x.com", "OwnerId": "U1"})
    assert set(plan_of(world).fields["reason"]) == {"linked"}


def created(world: World) -> list[tuple[Text, Text]]:
    """Of whom something is made, as (SPOTIO's id, Salesforce's id)."""
    actions = plan_of(world).actions
    return [
        (row["spotio_id"], row["salesforce_id"])
        for row in actions.iter_rows(named=True)
        if row["kind"] == "create"
    ]


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-02")
def test_of_twins_that_are_new_at_once_one_is_made_and_the_other_is_left_to_a_person() -> None:
    world = people([("s1", "ann@x.com", None, None), ("s2", "Ann@X.com", None, None), ("s3", "bob@x.com", None, None)], [])  # fmt: skip
    plan = plan_of(world)
    assert created(world) == [("s1", None), ("s3", None)]
    assert outcome(plan, SPOTIO, "s2") == ("undecided", "undecided_match")
    apply(world, plan)
    assert created(world) == []
    assert {(kind, ours) for kind, _, ours, _ in cases(world)} == {("linked_already", ("s2",))}


@pytest.mark.requirement("SF-27")
@pytest.mark.rule("L-02")
def test_a_twin_that_nothing_can_be_made_of_holds_up_nobody() -> None:
    world = people([("s1", "ann@x.com", None, None), ("s2", "ann@x.com", "5550101111", None)], [])
    phone = replace(PHONE, salesforce=replace(PHONE.salesforce, required=True))
    world.definition = replace(
        world.definition, fields=tuple(phone if rule.key == PHONE.key else rule for rule in RULES)
    )
    assert outcome(plan_of(world), SPOTIO, "s1")[0] == "blocked"
    assert created(world) == [("s2", None)]


@pytest.mark.rule("L-02")
def test_twins_in_salesforce_are_told_apart_by_every_key() -> None:
    world = people([], [("f1", "ann@x.com", "5550101111", "Lee"), ("f2", "an@x.com", "5550101111", "Lee"), ("f3", "an@x.com", None, None)])  # fmt: skip
    # f2 may be f1 by telephone and waits; f3 shares its address with f2, of whom nothing is made.
    assert created(world) == [(None, "f1"), (None, "f3")]
