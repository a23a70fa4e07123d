"""Errors: causes with their records and words, what is done about them, and what mends them on the spot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import readers
from console.causes import wording
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import errors as reading
from console.readers.errors import Cause
from console.services import errors as acts
from data.store import Store
from data.syncs import failures
from tests.console.blocked import RULE, SURVEY, URL, Blocked, all_kinds, lead_id, record_id
from tests.console.conftest import Open, texts
from tests.store.conftest import url_of

ADMIN, DANA = "admin at this machine", "dana@example.com"
TITLES = [
    "Salesforce refused: Call them before they are closed",
    "Salesforce requires Company, and there is no value for it",
    "Stage “Site survey” has no counterpart in Salesforce",
    "Company is longer than Salesforce takes",
    "Salesforce requires Phone",
    "Stage “Nurturing” has no counterpart in SPOTIO",
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with every kind of cause; it is copied, for to fill one takes longer than most tests."""
    path = tmp_path_factory.mktemp("blocked") / "filled.duckdb"
    with Store.open(url_of(path)) as store:
        all_kinds(store)
    return path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "console.duckdb"
    shutil.copyfile(filled, path)
    with Store.open(url_of(path)) as store:
        yield store


@pytest.fixture
def blocked(store: Store, monkeypatch: pytest.MonkeyPatch) -> Blocked:
    monkeypatch.setenv("FIELDLINE_SALESFORCE__URL", URL)
    return Blocked(store)


@pytest.fixture
def served(blocked: Blocked) -> Iterator[Blocked]:
    """The readers' and services' world, without a page, for an admin."""
    set_context(
        Context(
            blocked.store, lambda _: True, ("spotio", "salesforce"), "America/Denver",
            command=lambda command, asked: blocked.do(command, **asked),
        )
    )  # fmt: skip
    with on_behalf_of(Visitor(role="admin")):
        yield blocked
    set_context(None)


def titled(found: reading.Causes) -> list[tuple[str, int]]:
    return [(wording.title(cause), cause.number) for cause in found.rows]


def cause_of(title: str, *, ignored: bool = False) -> Cause:
    return next(cause for cause in reading.causes(ignored=ignored).rows if title in wording.title(cause))


def press(app: AppTest, key: str) -> AppTest:
    assert not app.exception
    return app.button(key=key).click().run()


def said(app: AppTest) -> str:
    assert not app.exception
    return texts(app).replace("\u2060", "").replace("\\", "")


def audited() -> list[Any]:
    with on_behalf_of(Visitor(role="admin")):
        return readers.audit_lines(("cause",))


# What is shown.


@pytest.mark.requirement("CO-14", "SF-17")
def test_what_is_not_written_is_a_card_a_cause_most_records_first(open_page: Open, blocked: Blocked) -> None:
    app = open_page("errors")
    shown = said(app)
    heads = [header.value.replace("\\", "").split("] ", 1)[1] for header in app.header]
    assert sorted(heads[:3]) == sorted(TITLES[:3])
    assert sorted(heads[3:]) == sorted(TITLES[3:])
    assert heads[0] == TITLES[0]
    assert "6 causes keep 10 records from being written" in shown
    assert "**3 records** since" in shown
    assert list(app.dataframe[0].value["record"]) == [
        "Abara household",
        "Brandt household",
        "Costa household",
    ]


@pytest.mark.requirement("SF-10", "SF-16", "CO-14")
def test_the_records_of_a_cause_are_told_once_each_with_what_was_seen(served: Blocked) -> None:
    found = reading.records(cause_of("Site survey"))
    assert [(row.name, row.spotio_id, row.salesforce_id, row.seen) for row in found] == [
        ("Castell household", record_id(1), lead_id(1), "Site survey"),
        ("Delgado household", record_id(2), lead_id(2), "Site survey"),
    ]
    assert found[0].url == f"{URL}/{lead_id(1)}"


def test_a_link_opens_its_cause_and_one_whose_cause_is_mended_says_so(
    open_page: Open, served: Blocked
) -> None:
    cause = cause_of("Company is longer")
    app = open_page("errors", cause=cause.id)
    assert list(app.dataframe[0].value["record"]) == ["Pham household"]
    assert "keeps no record back any more" in said(open_page("errors", cause="e-000000000000"))


def test_what_salesforce_refused_says_where_in_its_set_up_that_is_changed(served: Blocked) -> None:
    cause = cause_of(RULE)
    assert cause.set_up == (
        "its validation rules",
        f"{URL}/lightning/setup/ObjectManager/Lead/ValidationRules/view",
    )
    assert "in its validation rules" in wording.advice(cause)


@pytest.mark.parametrize("code", [*wording._BY_CHECKS])
def test_every_reason_of_the_checks_has_words_of_its_own(served: Blocked, code: str) -> None:
    cause = replace(cause_of("Site survey"), code=code)
    assert wording.title(cause) != cause.text.rstrip(".") or code == "value_unmapped"


def test_a_refusal_that_was_mended_since_is_no_error_any_more(served: Blocked) -> None:
    served.plan()  # the run after the one in which it was refused
    served.see_record(14, "Abara", company="Abara & Daughters")
    served.plan()  # other values: this run sends them
    assert ("Salesforce refused: Call them before they are closed", 2) in titled(reading.causes())


def test_many_records_come_page_by_page(open_page: Open, served: Blocked) -> None:
    for number in range(100, 160):
        served.see_record(number, f"Many{number}", company=None)
    served.plan()
    cause = cause_of("requires Company")
    assert (cause.number, len(reading.records(cause))) == (62, 50)
    app = open_page("errors", cause=cause.id)
    assert "1–50 of 62" in said(app)
    first = set(app.dataframe[0].value["id"])
    app = press(app, "next-records")
    assert "51–62 of 62" in said(app)
    assert not first & set(app.dataframe[0].value["id"])


# What is done about it.


@pytest.mark.requirement("SF-28", "CO-14")
def test_all_of_a_cause_are_tried_again_and_no_others(open_page: Open, served: Blocked) -> None:
    cause = cause_of(RULE)
    app = press(open_page("errors", cause=cause.id), f"retry-{cause.id}")
    assert "3 refused writes are tried again by the next run." in said(app)
    assert [row["spotio_id"] for row in failures.listed(served.store)] == [record_id(17)]
    [line] = audited()
    assert (line.person, line.kind) == (ADMIN, "Error")
    assert line.text == f"Retry: 3 refused writes are tried again by the next run, of “{RULE}” in doors"


@pytest.mark.requirement("SF-28")
def test_those_that_are_ticked_are_tried_again_alone(open_page: Open, served: Blocked) -> None:
    cause = cause_of(RULE)
    app = open_page("errors", cause=cause.id)
    app.session_state[f"kept-{cause.id}-spotio:{record_id(14)}-spotio:{record_id(16)}-3"] = {
        "selection": {"rows": [1], "columns": [], "cells": []}
    }
    press(app.run(), f"retry-{cause.id}")
    assert {row["spotio_id"] for row in failures.listed(served.store)} == {record_id(n) for n in (14, 16, 17)}


@pytest.mark.requirement("SF-28")
@pytest.mark.parametrize("title", ["Site survey", RULE])
def test_records_are_ignored_with_a_note_and_that_is_undone(
    open_page: Open, served: Blocked, title: str
) -> None:
    cause = cause_of(title)
    app = open_page("errors", cause=cause.id)
    app = press(app, f"ignore-{cause.id}")
    assert "Say why it is ignored; nothing was ignored." in said(app)
    app.text_input(key=f"note-{cause.id}").set_value("Test data").run()
    app = press(app, f"ignore-{cause.id}")
    assert title not in [name for name, _ in titled(reading.causes())]
    [row] = [one for one in reading.causes(ignored=True).rows if one.id == cause.id]
    assert {kept.note for kept in reading.records(row, ignored=True)} == {"Test data"}
    assert audited()[0].after["note"] == "Test data"
    press(app, "undo")
    assert cause_of(title).number == cause.number
    assert reading.causes(ignored=True).causes == 0


def test_others_that_come_to_a_cause_of_which_all_were_ignored_are_listed(served: Blocked) -> None:
    acts.ignore(cause_of("Site survey"), None, "Test data")
    served.see_record(5, "Ramos", company="Ramos", stage=SURVEY)
    served.plan()
    cause = cause_of("Site survey")
    assert (cause.number, cause.ignored) == (1, 2)


@pytest.mark.requirement("SF-28", "CO-14")
def test_a_cause_is_given_to_somebody_until_a_day(open_page: Open, served: Blocked) -> None:
    cause = cause_of(RULE)
    people = {"people": [{"email": DANA, "role": "analyst"}]}
    served.do("config-import", text=json.dumps({"access": people}), publish=True, author="ops", note="")
    app = open_page("errors", cause=cause.id)
    app.selectbox(key=f"owner-of-{cause.id}").set_value(DANA)
    app.date_input(key=f"due-of-{cause.id}").set_value(date(2030, 1, 31)).run()
    app = press(app, f"give-{cause.id}")
    assert f"{DANA}’s" in said(app)
    assert "due Thu 31 Jan" in said(app)
    assert (cause_of(RULE).assigned, cause_of(RULE).due) == (DANA, date(2030, 1, 31))
    assert {row["assigned"] for row in failures.listed(served.store)} == {DANA, None}, (
        "the command line says so, too"
    )
    assert audited()[0].text == f"Gave it to {DANA}, due 31 Jan 2030, of “{RULE}” in doors"


def test_what_somebody_else_gave_away_meanwhile_is_said_and_not_overwritten(served: Blocked) -> None:
    seen = cause_of("Site survey")
    assert not acts.assign(seen, DANA, None).refused
    answer = acts.assign(seen, "omar@example.com", None)
    assert (answer.refused, answer.text) == (
        True,
        f"{ADMIN} gave it to {DANA} meanwhile; nothing was decided.",
    )
    assert cause_of("Site survey").assigned == DANA


def test_what_was_tried_again_by_somebody_else_meanwhile_is_said(served: Blocked) -> None:
    seen = cause_of(RULE)
    acts.retry(seen, None)
    answer = acts.retry(seen, None)
    assert answer.refused
    assert "waits for nobody any more" in answer.text
    assert len(audited()) == 1


# Whose it is.


@pytest.mark.requirement("CO-08")
def test_an_analyst_reads_and_is_offered_nothing_to_press(open_page: Open, served: Blocked) -> None:
    app = open_page("errors", role="analyst")
    assert "6 causes keep 10 records from being written" in said(app)
    assert {str(button.key).split("-")[0] for button in app.button} == {"open"}
    assert not app.text_input


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize("role", ["analyst", "manager", "rep"])
def test_nobody_but_an_admin_does_anything(served: Blocked, role: str) -> None:
    cause = cause_of(RULE)
    calls: tuple[Callable[[], object], ...] = (
        lambda: acts.retry(cause, None),
        lambda: acts.ignore(cause, None, "no"),
        lambda: acts.restore(cause.id, None),
        lambda: acts.assign(cause, DANA, None),
    )
    for call in calls:
        with on_behalf_of(Visitor(role=role, user_id="u1")), pytest.raises(NotYoursError):
            call()
    assert len(titled(reading.causes())) == 6
    assert audited() == []


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize("role", ["manager", "rep"])
def test_managers_and_reps_read_nothing_of_it(open_page: Open, served: Blocked, role: str) -> None:
    cause = cause_of(RULE)
    calls: tuple[Callable[[], object], ...] = (
        reading.causes,
        partial(reading.records, cause),
        reading.helpers,
    )
    for call in calls:
        with on_behalf_of(Visitor(role=role, user_id="u1")), pytest.raises(NotYoursError):
            call()
    assert "Errors is for admins and analysts" in said(open_page("errors", role=role, user_id="u1"))


@pytest.mark.requirement("CO-08")
def test_a_press_of_somebody_who_is_no_admin_any_more_does_nothing(open_page: Open, served: Blocked) -> None:
    cause = cause_of(RULE)
    app = open_page("errors", cause=cause.id)
    app.session_state["identity.chosen"] = Visitor(role="analyst")
    app = press(app, f"retry-{cause.id}")
    assert len(failures.listed(served.store)) == 4
    assert audited() == []


@pytest.mark.requirement("CO-19")
@pytest.mark.rule("N-03")
def test_causes_about_columns_that_are_hidden_from_analysts_are_not_told_to_them(
    open_page: Open, served: Blocked
) -> None:
    hide = {"people": [], "masks": {"analyst": ["spotio.record.stageid"]}}
    served.do("config-import", text=json.dumps({"access": hide}), publish=True, author="ops", note="")
    survey = cause_of("Site survey")
    with on_behalf_of(Visitor(role="analyst")):
        found = reading.causes()
        assert [name for name, _ in titled(found) if "Stage" in name or "refused" in name] == []
        assert found.left_out == 3
        assert reading.causes(id=survey.id).rows == ()
        assert reading.records(survey) == []
    assert "3 causes more are about fields that are hidden from you." in said(
        open_page("errors", role="analyst")
    )
