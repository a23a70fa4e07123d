"""Errors: causes with their records and words, what is done about them, and what mends them on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from console import readers
from console.causes import wording
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import errors as reading
from console.readers.errors import Cause
from console.services import errors as acts
from data import config
from data.store import Store
from data.syncs import failures, links
from sync.connectors.spotio import tables
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
    "Status “Nurturing” has no counterpart in SPOTIO",
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with every kind of cause; it is copied, for to fill one takes longer than most tests."""
    path = tmp_path_factory.mktemp("blocked") / "filled.duckdb"
    with Store.open(url_of(path)) as store:
        all_kinds(store)
    return path


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


@pytest.mark.requirement("CO-17")
@pytest.mark.rule("N-03")
def test_of_a_person_who_was_erased_no_record_is_listed_and_no_note_is_kept(served: Blocked) -> None:
    acts.ignore(
        cause_of("Site survey"),
        [row.who for row in reading.records(cause_of("Site survey"))][:1],
        "Ada's cousin",
    )
    erased = {"confirmed": True, "delete_copies": False, "asked_by": "ops", "why": "asked for"}
    for number in (1, 2, 14):
        served.do("erase", person=f"spotio.record:{record_id(number)}", **erased)
    assert "Site survey" not in " ".join(name for name, _ in titled(reading.causes()))
    assert (TITLES[0], 2) in titled(reading.causes())
    assert reading.causes(ignored=True).causes == 0
    assert served.store.rows("select note from sync.set_aside") == [{"note": None}]


# What mends it on the spot.


@pytest.mark.requirement("SF-10", "CO-02", "CO-13", "CO-14")
def test_a_value_without_a_counterpart_gets_one_among_the_live_ones_of_the_other_system(
    open_page: Open, served: Blocked
) -> None:
    cause = cause_of("Site survey")
    app = open_page("errors", cause=cause.id)
    choice = app.selectbox(key=f"fix-{cause.id}-value")
    assert (choice.label, choice.options) == (
        "Stage “Site survey” is, in Salesforce",
        ["Open", "Closed", "Nurturing"],
    )
    app = choice.set_value("Closed").run()
    assert "doors: stage Site survey is Closed now, it was nothing." in said(app)
    assert "It would release all 2 records; the next run writes them." in said(app)
    assert config.number(served.store) == 1, "seeing what changes publishes nothing"
    app = press(app, f"publish-{cause.id}")
    assert "Published version 2: doors: stage Site survey is Closed now, it was nothing." in said(app)
    assert "It releases all 2 records; the next run writes them." in said(app)
    assert served.published()["value_maps"]["stage"]["Site survey"] == "Closed"
    assert served.plan().counts["update_salesforce"] == 2
    assert "Site survey" not in [name for name, _ in titled(reading.causes())]
    [line] = audited()
    assert (
        line.text
        == "Mended it with version 2, of “Stage “Site survey” has no counterpart in Salesforce” in doors"
    )
    assert config.audit(served.store, what="syncs").row(0, named=True)["person"] == ADMIN


@pytest.mark.requirement("SF-10", "CO-14")
@pytest.mark.parametrize(
    ("stage", "there", "back"),
    [
        pytest.param("Site survey", "Nurturing", None, id="a stage without a counterpart is mapped both ways"),
        pytest.param("Sold", None, "Sold", id="of a stage that has one, only the way back is new"),
    ],
)  # fmt: skip
def test_a_salesforce_value_is_led_back_to_a_stage(
    served: Blocked, stage: str, there: str | None, back: str | None
) -> None:
    cause = cause_of("Nurturing")
    drafted = acts.draft(cause, "value", stage)
    assert (drafted.mistakes, drafted.released) == ((), 1)
    assert not acts.publish(cause, drafted).refused
    sync = served.published()
    assert sync["value_maps"]["stage"].get("Site survey") == there
    assert sync["value_maps"]["stage"]["Sold"] == "Closed", "what was mapped stays as it was"
    assert sync.get("value_maps_back", {}).get("stage", {}).get("Nurturing") == back
    planned = served.plan()
    [given] = planned.plan.fields.filter(pl.col("column") == "stage").to_dicts() or [{"after": None}]
    assert given["after"] == {"Site survey": SURVEY, "Sold": "6"}[stage]


@pytest.mark.requirement("SF-02", "CO-14")
@pytest.mark.rule("F-04")
def test_a_required_field_without_a_value_gets_a_constant_for_new_records(
    open_page: Open, served: Blocked
) -> None:
    cause = cause_of("requires Company")
    app = open_page("errors", cause=cause.id)
    app = app.text_input(key=f"fix-{cause.id}-constant").set_value("Resident").run()
    assert "doors: Company → lead.Company is filled with Resident now, it was nothing." in said(app)
    app = press(app, f"publish-{cause.id}")
    assert "It releases all 2 records; the next run writes them." in said(app)
    given = served.plan().plan.fields.filter(
        (pl.col("column") == "Company") & (pl.col("after") == "Resident")
    )
    assert given.height == 2


def test_a_fix_that_does_not_help_says_so_before_it_is_published(served: Blocked) -> None:
    drafted = acts.draft(cause_of("requires Phone"), "constant", "614 555 0100")
    told = wording.released(drafted.released, drafted.written, drafted.of, done=False)
    assert told == "It would release none of the 1 record: something else keeps them back, too."


@pytest.mark.requirement("CO-02")
def test_who_published_meanwhile_is_said_and_nothing_of_theirs_is_overwritten(
    open_page: Open, served: Blocked
) -> None:
    cause = cause_of("Site survey")
    app = open_page("errors", cause=cause.id)
    app = app.selectbox(key=f"fix-{cause.id}-value").set_value("Closed").run()
    theirs = {**served.published(), "deletes": "follow"}
    served.publish_checked(theirs, author=DANA)
    app = press(app, f"publish-{cause.id}")
    assert f"{DANA} published version 2" in said(app)
    assert served.published() == theirs
    app = press(app, f"publish-{cause.id}")
    assert "Published version 3" in said(app)
    assert served.published()["deletes"] == "follow", "the fix was put on top of theirs"


def test_a_draft_that_is_discarded_leaves_nothing(open_page: Open, served: Blocked) -> None:
    cause = cause_of("Site survey")
    app = open_page("errors", cause=cause.id)
    app = app.selectbox(key=f"fix-{cause.id}-value").set_value("Closed").run()
    app = press(app, f"discard-{cause.id}")
    assert app.selectbox(key=f"fix-{cause.id}-value").value is None
    assert "What changes" not in said(app)
    assert not [button for button in app.button if str(button.key).startswith("publish")]


def test_what_was_chosen_in_another_window_is_not_published_unseen(served: Blocked) -> None:
    cause = cause_of("Site survey")
    seen = acts.draft(cause, "value", "Closed")
    acts.draft(cause, "value", "Open")
    answer = acts.publish(cause, seen)
    assert answer.refused
    assert "You chose something else for it in another window; nothing was published." in answer.text
    assert config.number(served.store) == 1


def test_a_choice_that_is_not_offered_is_refused(served: Blocked) -> None:
    cause = cause_of("Site survey")
    for way, choice in (("value", "Won"), ("constant", "x"), ("default_user", "ada@example.com")):
        assert acts.draft(cause, way, choice).refused
    assert acts.publish(cause, acts.Draft("value", "Closed")).refused
    assert config.number(served.store) == 1


@pytest.mark.requirement("SF-33", "CO-14")
@pytest.mark.rule("U-01")
def test_an_owner_whom_salesforce_does_not_take_is_matched_with_somebody_who_is_there(
    served: Blocked,
) -> None:
    owned_by(served, "u2", default="ada@example.com")
    served.refuse(
        [record_id(5)], "INACTIVE_OWNER_OR_USER", "Salesforce refused: operation performed with inactive user"
    )
    cause = cause_of("Bo Rep is not active in Salesforce any more")
    assert [fix.way for fix in reading.fixes(cause)] == ["match_user", "default_user"]
    drafted = acts.draft(cause, "match_user", "ada@example.com")
    assert drafted.mistakes == ()
    assert not acts.publish(cause, drafted).refused
    assert served.published()["users"]["explicit"] == {"bo@example.com": "ada@example.com"}


@pytest.mark.requirement("SF-33", "CO-14")
@pytest.mark.rule("U-02")
def test_for_owners_who_are_nobody_there_the_default_user_is_picked(served: Blocked) -> None:
    owned_by(served, "u3")
    cause = cause_of("Cy Rep owns records and is nobody in Salesforce")
    assert (
        "No default user of Salesforce is named"
        in acts.draft(cause, "match_user", "bo@example.com").mistakes[0]
    )
    drafted = acts.draft(cause, "default_user", "bo@example.com")
    assert drafted.mistakes == ()
    assert "It releases 1 record; the next run writes it." in acts.publish(cause, drafted).text
    assert served.published()["users"]["default_salesforce"] == "bo@example.com"


def owned_by(blocked: Blocked, user: str, default: str | None = None) -> None:
    """A linked record goes to a user of SPOTIO; Salesforce does not know u3."""
    blocked.see(tables.USER, {"id": "u3", "firstName": "Cy", "lastName": "Rep", "email": "cy@example.com", "status": "active", "suspended": "false"})  # fmt: skip
    sync = blocked.published()
    owner = {"spotio": "owner", "salesforce": "lead.OwnerId", "conflict": "salesforce"}
    users = {"default_spotio": "ada@example.com"} | ({"default_salesforce": default} if default else {})
    blocked.publish({**sync, "fields": [*sync["fields"], owner], "users": users})
    [link] = [row["link"] for row in links.find(blocked.store, "spotio", record_id(5))]
    agreed = pl.DataFrame([{"link": link, "field": "owner~lead.OwnerId", "spotio": "u1", "salesforce": "005a", "differs": False}])  # fmt: skip
    with blocked.store.write() as cursor:
        links.agree(cursor, agreed, run=None, now=blocked.now)
    blocked.see_record(5, "Ramos", company="Ramos", owner=user)
    blocked.plan()


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
    cause, cause_of_survey = cause_of(RULE), cause_of("Site survey")
    calls: tuple[Callable[[], object], ...] = (
        lambda: acts.retry(cause, None),
        lambda: acts.ignore(cause, None, "no"),
        lambda: acts.restore(cause.id, None),
        lambda: acts.assign(cause, DANA, None),
        lambda: acts.draft(cause_of_survey, "value", "Closed"),
        lambda: acts.publish(cause_of_survey, acts.Draft("value", "Closed")),
        lambda: reading.fixes(cause),
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
