"""Decisions, match cases, verdicts, records kept out, plans and approvals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from data.store import Store
from data.syncs import cases, decisions, kept_out, plans
from tests.store import small_pair
from tests.store.small_pair import MINUTE, NOON, SECOND, record

DANA = "dana@example.com"


def keep(store: Store, *rows: dict[str, Any], after: int = 0) -> int:
    """A plan so many minutes after noon decided this."""
    return record(store, decisions=small_pair.decisions(*rows), now=NOON + after * MINUTE)


def test_a_decision_is_written_down_when_it_changes_and_not_when_it_is_made_again(store: Store) -> None:
    blocked = {"system": "spotio", "id": "s1", "outcome": "blocked", "code": "too_long", "seen": "abc"}
    other = {"system": "salesforce", "id": "s1", "outcome": "in_step"}
    assert keep(store, blocked, other) == 2
    assert keep(store, blocked, other, after=1) == 0
    assert keep(store, blocked | {"seen": None}, after=2) == 1
    assert keep(store, {"system": "spotio", "id": "s1", "outcome": "in_step"}, after=3) == 1
    assert keep(store) == 0
    log = decisions.of_record(store, "spotio", "s1")
    assert [(row["outcome"], row["seen"], row["current"]) for row in log] == [
        ("in_step", None, True),
        ("blocked", None, False),
        ("blocked", "abc", False),
    ]
    assert decisions.current(store, "doors", outcome="in_step")["id"].to_list() == ["s1", "s1"]
    assert decisions.outcome_counts(store, "doors") == [
        {"system": "salesforce", "outcome": "in_step", "code": None, "n": 1},
        {"system": "spotio", "outcome": "in_step", "code": None, "n": 1},
    ]


def test_a_case_stays_open_until_its_records_are_looked_at_and_it_is_not_found(store: Store) -> None:
    case: dict[str, Any] = {
        "kind": "several", "key": "Email", "spotio_ids": ["s2", "s1"], "salesforce_ids": ["00Q1"], "text": "Two could be it.",
    }  # fmt: skip

    def plan(*found: dict[str, Any], looked: str = "s1") -> None:
        seen = small_pair.decisions({"system": "spotio", "id": looked, "outcome": "undecided"})
        record(store, cases=small_pair.cases(*found), decisions=seen)

    plan(case)
    plan(case | {"key": "Phone", "spotio_ids": ["s1", "s2"]})
    assert [(row["id"], row["spotio_ids"]) for row in cases.listed(store)] == [("m-1", ["s1", "s2"])]
    plan(looked="s9")
    assert len(cases.listed(store)) == 1
    plan()
    assert cases.listed(store) == []
    plan(case)
    assert [row["id"] for row in cases.listed(store, "doors")] == ["m-2"]


def test_the_last_word_about_a_pair_counts(store: Store) -> None:
    for same in (False, True):
        cases.say(store, "doors", "s1", "00Q1", same=same, person=DANA, now=NOON)
    cases.say(store, "doors", "s2", "00Q1", same=False, person=DANA, now=NOON)
    assert cases.verdicts(store, "doors").rows() == [("s1", "00Q1", True), ("s2", "00Q1", False)]


def test_records_are_kept_out_with_a_reason_and_let_in_again(store: Store) -> None:
    out = kept_out.keep_out(store, "doors", "spotio", ["s1", "s2"], "excluded", person=DANA, note="our own house", now=NOON)  # fmt: skip
    assert out == 2
    assert kept_out.keep_out(store, "doors", "spotio", ["s2"], "excluded", person=DANA, now=NOON) == 0
    kept_out.keep_out(store, "doors", "salesforce", ["00Q1"], "barred", person=DANA, note="wider", now=NOON)
    assert kept_out.let_in(store, "doors", "spotio", ["s2", "s9"], "excluded", now=NOON + SECOND) == 1
    assert kept_out.ids(store, "doors", "excluded").rows() == [("spotio", "s1", "our own house")]
    assert kept_out.ids(store, "doors", "barred").rows() == [("salesforce", "00Q1", "wider")]
    assert {row["id"] for row in kept_out.listed(store)} == {"s1", "00Q1"}


def plan_rows(*rows: Mapping[str, object]) -> pl.DataFrame:
    """Rows of a plan of `doors`, by default updates of Salesforce that go on."""
    usual = {
        "sync": "doors",
        "kind": "update",
        "class": "update_salesforce",
        "held": False,
        "system": "salesforce",
    }
    return pl.DataFrame([{**usual, **row} for row in rows], schema=dict(plans.ROW))


def fields(*told: Mapping[str, object]) -> str:
    return json.dumps(told)


def test_a_plan_is_kept_as_it_was_shown(store: Store) -> None:
    shown = {"counts": {"update_salesforce": 2}}
    rows = plan_rows(
        {"digest": "d1", "id": "00Q1", "name": "Castell", "fields": fields({"label": "Email", "to": "a@b.example"})},
        {"digest": "d2", "id": "00Q2", "name": "Delgado", "held": True, "fields": fields({"label": "Phone", "to": None})},
    )  # fmt: skip
    saved = plans.save(store, shown, rows, syncs=["doors"], version=3, person=DANA, now=NOON)
    assert saved == "p-1"
    read = plans.read(store, saved)
    assert read is not None
    assert read["document"] == shown
    assert (read["syncs"], read["version"]) == (["doors"], 3)
    assert plans.read(store, "p-9") is None
    assert (plans.newest(store, "doors"), plans.newest(store, "other")) == ("p-1", None)
    assert plans.digests(store, "p-1", "doors") == {"d1", "d2"}
    found = plans.rows(store, "p-1", "doors", limit=None)
    assert [row["name"] for row in found] == ["Delgado", "Castell"]  # what is held comes first
    assert found[1]["fields"] == [{"label": "Email", "to": "a@b.example"}]


def test_rows_of_a_plan_are_found_by_name_id_and_field(store: Store) -> None:
    rows = plan_rows(
        {"digest": "d1", "id": "00Q1", "spotio_id": "s1", "name": "Castell", "fields": fields({"label": "Email"})},
        {"digest": "d2", "id": "00Q2", "name": "Delgado", "fields": fields({"label": "Phone"}, {"label": "Owner"})},
        {"kind": "blocked", "class": None, "system": "spotio", "id": "s3", "name": "Ek", "code": "too_long", "field": "Company"},
    )  # fmt: skip
    plan = plans.save(store, {}, rows, syncs=["doors"], version=1, person=DANA, now=NOON)

    def found(text: str = "", kind: str | None = None) -> list[str]:
        return [row["name"] for row in plans.rows(store, plan, "doors", kind=kind, text=text, limit=None)]

    assert found("cast") == found("s1") == found("EMAIL") == ["Castell"]
    assert found("owner") == ["Delgado"]
    assert found("company") == found(kind="blocked") == ["Ek"]
    assert found("00Q") == []  # a part of an id says nothing
    counted = {(each["kind"], each["n"], each["causes"]) for each in plans.counts(store, plan, "doors", "")}
    assert counted == {("update", 2, 0), ("blocked", 1, 1)}
    assert [each["n"] for each in plans.counts(store, plan, "doors", "phone")] == [1]


def test_what_held_actions_have_in_common_is_told_with_who_did_it(store: Store) -> None:
    given = {"key": "owner", "label": "Owner", "to": "005b", "by": "Marek", "at": "2026-10-12T17:52:00Z"}
    rows = plan_rows(
        *({"digest": f"d{n}", "held": True, "fields": fields(given | {"from": f"005{n}"})} for n in range(3)),
        {"digest": "d9", "held": True, "fields": fields(given | {"by": None, "at": None, "from": "005a"})},
        {"digest": "d8", "held": False, "fields": fields(given)},
    )
    plan = plans.save(store, {}, rows, syncs=["doors"], version=1, person=DANA, now=NOON)
    [first, second] = plans.held_causes(store, plan, "doors", "update_salesforce")
    assert (first["label"], first["afters"], first["after"], first["by"], first["n"]) == (
        "Owner",
        1,
        "005b",
        "Marek",
        3,
    )
    assert first["first"] == first["last"] == datetime(2026, 10, 12, 17, 52, tzinfo=UTC)
    assert (second["by"], second["n"]) == (None, 1)


def test_old_plans_go_when_a_new_one_is_saved(store: Store) -> None:
    for day in (0, 20, 31):
        now = NOON + timedelta(days=day)
        rows = plan_rows({"digest": f"d{day}"})
        plans.save(store, {}, rows, syncs=["doors"], version=1, person=DANA, now=now)
    assert plans.read(store, "p-1") is None
    assert plans.digests(store, "p-1", "doors") == set()
    assert plans.digests(store, "p-2", "doors") == {"d20"}
    assert plans.newest(store, "doors") == "p-3"


def test_what_was_approved_of_a_plan_can_be_withdrawn_until_a_run_made_use_of_it(store: Store) -> None:
    until = NOON + timedelta(hours=1)
    for named in ("create_salesforce", "owner_salesforce"):
        plans.approve(store, "doors", {named: 7}, plan="p-1", person=DANA, now=NOON, until=until)
    plans.use(store, "doors", "r-1", ["create_salesforce"], plan="p-1")
    assert plans.withdraw(store, "p-1", "doors", NOON + SECOND) == 1
    assert plans.approved(store, "doors", plan="p-1", now=NOON + SECOND) == {}
    told = {
        each["class"]: (each["until"], each["used_run"]) for each in plans.approvals(store, "p-1", "doors")
    }
    assert told == {"create_salesforce": (until, "r-1"), "owner_salesforce": (NOON + SECOND, None)}
    assert plans.withdraw(store, "p-1", "doors", NOON + SECOND) == 0


def test_an_approval_is_bounded_for_one_run_and_for_its_plan(store: Store) -> None:
    plans.approve(
        store, "doors", {"delete_spotio": 3}, person=DANA, now=NOON, until=NOON + timedelta(hours=1)
    )
    plans.approve(store, "doors", {"create_salesforce": 700}, plan="p-1", person=DANA, now=NOON)
    assert plans.approved(store, "doors", now=NOON) == {"delete_spotio": 3}
    assert plans.approved(store, "doors", plan="p-1", now=NOON) == {
        "create_salesforce": 700,
        "delete_spotio": 3,
    }
    assert plans.approved(store, "other", now=NOON) == {}
    assert plans.approved(store, "doors", now=NOON + timedelta(hours=2)) == {}
    plans.use(store, "doors", "r-1", ["create_salesforce"], plan="p-1")
    assert plans.approved(store, "doors", plan="p-1", now=NOON) == {"delete_spotio": 3}
