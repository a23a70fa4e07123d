"""What a guard holds of a plan is approved on the page Plan, and the plan's own run carries out that much of it and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from data.store import Store
from data.syncs import plans
from sync.errors import StalePlanError
from sync.operations import Operations
from sync.settings import Settings
from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, NAME, Office, Pair, Sync, mapped

HELD = "update_spotio"


@dataclass
class Approved:
    """Five edits that a limit holds, three of them approved, and one made anew after the plan."""

    office: Office
    edited: list[Pair]
    moved: Pair
    plan: str
    shown: Any
    another: Any  # a run without the plan, while the approval stands
    carried_out: Any
    again: Any  # the plan carried out once more


def configured(sync: Sync) -> None:
    sync["guard"]["writes"] = 1
    mapped(sync, "Company")["conflict"] = "salesforce"


def approve(office: Office, plan: str, **classes: int) -> Any:
    """As the page does it, through the program's own command."""
    with Store.open(f"duckdb:////{str(office.program.store)[1:]}") as store:
        asked = {"plan": plan, "sync": NAME, "classes": classes, "person": "admin"}
        return Operations(store, None, Settings.load()).run("approve_plan", asked, lambda _: None)


def companies(office: Office, pairs: list[Pair]) -> list[str]:
    return [str(office.record(pair.spotio).get(COMPANY)) for pair in pairs]


@pytest.fixture(scope="module")
def approved(open_office: Opener) -> Approved:
    office = open_office()
    office.publish(configured)
    office.turn_on()
    office.sync("--no-pull")
    edited = [pair for pair in office.pairs() if pair.born == "matched"][:5]
    for number, pair in enumerate(edited):
        office.salesforce.update("Lead", pair.salesforce, Company=f"Approved {number}")
    office.run("pull")
    shown = office.run("plan", "--save")
    approve(office, shown["plan_id"], update_spotio=3)
    another = office.sync("--no-pull", code=3)
    first = next(action["link"] for action in shown["actions"] if action["class"] == HELD)
    moved = next(pair for pair in edited if pair.link == first)
    office.salesforce.update("Lead", moved.salesforce, Company="Moved since")
    carried_out = office.sync("--plan", shown["plan_id"], code=1)
    again = office.sync("--no-pull", "--plan", shown["plan_id"], code=3)
    return Approved(office, edited, moved, shown["plan_id"], shown, another, carried_out, again)


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_what_is_approved_of_a_plan_is_for_no_other_run(approved: Approved) -> None:
    assert [held["class"] for held in approved.shown["held"]] == [HELD]
    assert approved.another["counts"]["written"] == 0


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_the_plans_run_writes_at_most_what_was_approved_and_leaves_out_what_moved(approved: Approved) -> None:
    written = [company for company in companies(approved.office, approved.edited) if "Approved" in company]
    assert 1 <= len(written) <= 3
    assert approved.carried_out["counts"]["written"] == len(written)
    assert companies(approved.office, [approved.moved]) != ["Moved since"]


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_an_approval_is_used_up_by_its_run(approved: Approved) -> None:
    assert approved.again["counts"]["written"] == 0
    with Store.open(f"duckdb:////{str(approved.office.program.store)[1:]}") as store:
        [one] = plans.approvals(store, approved.plan, NAME)
    assert (one["class"], one["most"], one["used_run"]) == (HELD, 3, approved.carried_out["run"])


@pytest.mark.rule("C-06")
def test_nothing_is_approved_of_a_plan_of_a_former_version(approved: Approved) -> None:
    approved.office.publish(lambda sync: sync["guard"].update(writes=5))
    with pytest.raises(StalePlanError, match=r"nothing was approved"):
        approve(approved.office, approved.plan, update_spotio=1)
