"""Plan: what the next run would write, down to the field; what a limit holds, why, and its approval within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import readers
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import plans as reading
from console.services import plans as planning
from data.store import Store
from data.syncs import plans, states
from tests.console import planned
from tests.console.conftest import Open, Runner, program, texts
from tests.console.doors import NAME, SURVEYED, Doors
from tests.console.planned import CALLED, EDITED, LIMIT
from tests.store.conftest import url_of

HELD = "update_spotio"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with work to do; it is copied, for to fill one takes longer than most tests."""
    path = tmp_path_factory.mktemp("planned") / "filled.duckdb"
    with Store.open(url_of(path)) as store:
        planned.at_work(store)
    return path


@pytest.fixture
def served(store: Store, runner: Runner) -> Iterator[Runner]:
    """The readers' and services' world, without a page, for an admin."""
    set_context(
        Context(
            store, lambda _: True, ("spotio", "salesforce"), "America/Denver", request_sync=runner.request_sync,
            command=program(store),
        )
    )  # fmt: skip
    with on_behalf_of(Visitor(role="admin")):
        yield runner
    set_context(None)


def said(app: AppTest) -> str:
    assert not app.exception
    return texts(app).replace("\u2060", "").replace("\\", "")


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def list_of(app: AppTest) -> Any:
    return next(frame.value for frame in app.dataframe if "does" in frame.value)


def fields_of(app: AppTest) -> list[dict[str, Any]]:
    return next(frame.value.to_dict("records") for frame in app.dataframe if "after" in frame.value)


def audited(store: Store) -> list[str]:
    with on_behalf_of(Visitor(role="admin")):
        return [line.text for line in readers.audit_lines(("plan",))]


# What is shown.


@pytest.mark.requirement("CO-07")
def test_the_page_shows_what_the_next_run_would_write_and_writes_nothing(
    open_page: Open, store: Store
) -> None:
    app = open_page("plan")
    assert metrics(app) == {"Create": "1", "Update": "5", "Delete": "0", "Link": "0", "Blocked": "1"}
    assert "doors · planned" in app.caption[0].value
    assert "version 2 · plan p-1" in app.caption[0].value
    records = list_of(app)
    # What waits for a person comes first.
    assert set(records["record"][:4]) == {name for _, _, name in EDITED}
    assert [state[0] for state in records["state"]] == ["Held"] * 4 + ["Will write"] * 2 + ["Blocked"]
    assert store.rows("select count(*) as n from sync.write") == [{"n": 0}]


@pytest.mark.requirement("CO-07")
def test_an_action_is_shown_down_to_the_field_with_who_changed_it(open_page: Open) -> None:
    app = open_page("plan")
    [field] = fields_of(app)
    assert (field["field"], field["now"], field["after"]) == ("Company", "Household 0", "Household 0 Ltd")
    shown = said(app)
    assert "Update SPOTIO Lead" in shown
    assert "Company: edited in Salesforce." in shown
    assert "last changed by Ada Rep" in shown
    assert "3 mapped fields of it stay as they are." in shown


def test_a_stage_is_told_by_its_name(open_page: Open) -> None:
    app = open_page("plan", find="Nilsson")
    written = {field["field"]: field["after"] for field in fields_of(app)}
    assert written["Stage"] == "New"
    assert written["Company"] == "Nilsson Acids"


@pytest.mark.requirement("CO-07")
def test_a_record_that_is_blocked_says_why_and_what_would_change_it(open_page: Open) -> None:
    app = open_page("plan", find="Pham")
    assert list(list_of(app)["record"]) == ["Pham household"]
    shown = said(app)
    assert "Stage is 'Site survey' and has no counterpart in Salesforce." in shown
    assert "Add it to the value map of Stage." in shown


def test_the_plan_is_searched_by_name_id_and_field(open_page: Open) -> None:
    assert list(list_of(open_page("plan", find="ibarra"))["record"]) == [CALLED[2]]
    assert list(list_of(open_page("plan", find=SURVEYED))["record"]) == ["Pham household"]
    assert len(list_of(open_page("plan", find="company"))) == 5  # four edits, and the new record
    app = open_page("plan", find="nobody")
    assert "Nothing in the plan has “nobody”" in said(app)
    app.button(key="clear-filters").click().run()
    assert len(list_of(app)) == 7


def test_a_plan_that_is_not_there_is_said_and_the_newest_is_shown(open_page: Open) -> None:
    app = open_page("plan", plan="p-99")
    assert "There is no plan p-99 of doors any more" in said(app)
    assert metrics(app)["Update"] == "5"


def test_a_plan_stays_as_it_was_made_until_somebody_plans_again(open_page: Open, store: Store) -> None:
    open_page("plan")
    made = Doors(store)
    record, _, name = CALLED
    made.record(record, "4@household.example", name=name, f_100004=name, f_100005="614 555 0204")
    app = open_page("plan")
    assert metrics(app)["Update"] == "5"
    app.button(key="plan-again").click().run()
    assert metrics(app)["Update"] == "4"
    assert "plan p-2" in app.caption[0].value


def test_a_sync_that_is_off_is_planned_when_somebody_asks(open_page: Open, store: Store) -> None:
    states.turn_off(store, NAME, person="admin", now=datetime.now(UTC))
    app = open_page("plan")
    assert "doors is off" in said(app)
    assert plans.newest(store, NAME) is None
    app.button(key="plan-first").click().run()
    assert "This is what its first run would write if it were turned on now." in said(app)
    assert not [button for button in app.button if "Approve" in button.label]
    with on_behalf_of(Visitor(role="admin")):
        shown = reading.plan("p-1", NAME)
    assert shown is not None
    assert shown.preview


def test_without_a_sync_the_page_says_what_one_is(open_page: Open, store: Store) -> None:
    Doors(store).publish()
    assert "No sync yet" in said(open_page("plan"))


def test_all_rows_are_taken_away_with_the_values_as_people_read_them(served: Runner) -> None:
    made = planning.make(NAME)
    shown = reading.plan(made.plan, NAME)
    assert shown is not None
    rows = reading.all_rows(shown, kind="update", text="household 2")
    [row] = rows.to_dicts()
    assert (row["action"], row["held"], row["system"], row["field"]) == ("update", True, "spotio", "Company")
    assert (row["now"], row["after"], row["changed_by"]) == ("Household 2", "Household 2 Ltd", "Ada Rep")


# What is held, and approved.


@pytest.mark.requirement("SF-30", "CO-07")
def test_what_a_limit_holds_is_said_with_its_cause_and_what_can_be_undone(open_page: Open) -> None:
    shown = said(open_page("plan"))
    assert "Held: 4 updates of SPOTIO records" in shown
    assert f"4 updates of SPOTIO records are planned; the limit is {LIMIT}." in shown
    assert "All of them set Company; Ada Rep changed them" in shown
    assert "cannot be taken back" in shown


@pytest.mark.requirement("SF-30")
@pytest.mark.rule("C-06")
def test_an_approval_is_for_this_plan_for_so_many_and_for_an_hour_and_asks_for_its_run(
    served: Runner, store: Store
) -> None:
    plan = planning.make(NAME).plan
    answer = planning.approve(plan, NAME, {HELD: 3})
    assert not answer.refused
    assert answer.text == f"Approved at most 3 updates of SPOTIO records of plan {plan}"
    assert answer.until is not None
    now = datetime.now(UTC)
    assert now < answer.until <= now + timedelta(hours=1)
    assert plans.approved(store, NAME, plan=plan, now=now) == {HELD: 3}
    assert plans.approved(store, NAME, now=now) == {}  # another run than the plan's makes no use of it
    assert plans.approved(store, NAME, plan=plan, now=answer.until + timedelta(seconds=1)) == {}
    assert served.syncs == [(NAME, plan)]
    assert audited(store) == [f"Approved at most 3 updates of SPOTIO records of plan {plan} of doors"]


@pytest.mark.rule("C-06")
@pytest.mark.parametrize("classes", [{HELD: 5}, {HELD: 0}, {"update_salesforce": 1}, {"delete_spotio": 1}])
def test_no_more_is_approved_than_the_plan_holds(
    served: Runner, store: Store, classes: dict[str, int]
) -> None:
    plan = planning.make(NAME).plan
    answer = planning.approve(plan, NAME, classes)
    assert answer.refused
    assert "nothing was approved" in answer.text
    assert plans.approvals(store, plan, NAME) == []
    assert served.syncs == []
    assert audited(store) == []


@pytest.mark.rule("C-06")
def test_a_plan_of_a_former_version_is_not_approved(open_page: Open, served: Runner, store: Store) -> None:
    plan = planning.make(NAME).plan
    Doors(store).publish(planned.configuration(match=[["Email"], ["Phone"]]))
    answer = planning.approve(plan, NAME, {HELD: 3})
    assert answer.refused
    assert (
        "was made from version 2 of the configuration, and 3 is in force; nothing was approved."
        in answer.text
    )
    app = open_page("plan", plan=plan)
    assert "This plan is of a former version" in said(app)
    assert not [button for button in app.button if "Approve" in button.label]


def test_an_approval_is_withdrawn_as_long_as_no_run_made_use_of_it(
    open_page: Open, served: Runner, store: Store
) -> None:
    plan = planning.make(NAME).plan
    planning.approve(plan, NAME, {HELD: 4})
    app = open_page("plan", plan=plan)
    assert "approved at most 4 updates of SPOTIO records" in said(app)
    assert not [button for button in app.button if "Approve" in button.label]  # it is approved
    app.button(key="withdraw").click().run()
    assert "Withdrew what was approved of plan p-1. What it holds stays held." in said(app)
    assert plans.approved(store, NAME, plan=plan, now=datetime.now(UTC)) == {}
    assert [button.label for button in app.button if "Approve" in button.label]
    assert planning.withdraw(plan, NAME).refused


def test_what_no_limit_holds_can_be_carried_out_now(open_page: Open, runner: Runner, store: Store) -> None:
    app = open_page("plan")
    assert app.button(key="carry-out").label == "Write 2 now"
    app.button(key="carry-out").click().run()
    assert runner.syncs == [(NAME, "p-1")]
    assert audited(store) == ["Asked for a run of plan p-1 of doors"]
    runner.waiting = True
    app.button(key="carry-out").click().run()
    assert "A run of plan p-1 is waiting already; nothing more was asked for." in said(app)


# Whose it is.


@pytest.mark.parametrize("role", ["analyst", "manager", "rep"])
@pytest.mark.requirement("CO-07")
def test_the_plan_is_for_admins_whatever_a_browser_sends(
    open_page: Open, served: Runner, store: Store, role: str
) -> None:
    plan = planning.make(NAME).plan
    shown = reading.plan(plan, NAME)
    assert shown is not None
    app = open_page("plan", role=role, user_id="u1", plan=plan)
    assert "Plan is for admins" in said(app)
    assert not app.dataframe
    with on_behalf_of(Visitor(role=role, user_id="u1")):
        for act in (
            lambda: reading.syncs(), lambda: reading.newest(NAME), lambda: reading.plan(plan, NAME),
            lambda: reading.rows(shown), lambda: reading.all_rows(shown), lambda: planning.make(NAME),
            lambda: planning.approve(plan, NAME, {HELD: 1}), lambda: planning.withdraw(plan, NAME),
            lambda: planning.carry_out(plan, NAME),
        ):  # fmt: skip
            with pytest.raises(NotYoursError):
                act()
    assert plans.approvals(store, plan, NAME) == []
    assert served.syncs == []
