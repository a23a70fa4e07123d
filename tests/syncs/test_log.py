"""The log of records after real runs: what was written, refused, blocked and asked stands in it by run, record and field.

One office and two runs; the tests read the store that they left, through the page and through its readers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from console.context import Context, set_context
from console.identity import CHOSEN, Visitor, on_behalf_of
from console.readers import lines as reading
from data.store import Store
from tests.console.conftest import APP, program, texts
from tests.store.conftest import url_of
from tests.syncs.conftest import Opener
from tests.syncs.office import COMPANY, PHONE, Pair, Sync, mapped

REFUSAL = "Acme is no customer of ours."


@dataclass
class Told:
    """The pairs by story, what both runs reported, and the store that they left."""

    path: Path
    pairs: dict[str, Pair] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)  # the leads before they were edited
    first: Any = None
    second: Any = None


def configured(sync: Sync) -> None:
    sync["outbound"]["on"] = True
    mapped(sync, "Phone")["conflict"] = "ask"


@pytest.fixture(scope="module")
def told(open_office: Opener) -> Told:
    office = open_office()
    office.publish(configured)
    office.turn_on(outbound=True)
    told = Told(office.program.store, first=office.sync("--no-pull"))
    leads = office.seen().leads
    free = [pair for pair in office.pairs() if pair.born == "matched" and leads[pair.salesforce]["Email"]]
    for story in ("edited", "refused", "too long", "asked"):
        told.pairs[story] = pair = free.pop(0)
        told.before[story] = leads[pair.salesforce]
    office.act(
        "add_validation_rule", object="Lead", name="NoAcme", condition="Company = 'Acme'", message=REFUSAL, field="Company"
    )  # fmt: skip
    for story, value in (("edited", "Heron Works"), ("refused", "Acme"), ("too long", "x" * 300)):
        office.spotio.set_field(told.pairs[story].spotio, COMPANY, value)
    office.spotio.set_field(told.pairs["asked"].spotio, PHONE, "(303) 555-7002")
    office.salesforce.update("Lead", told.pairs["asked"].salesforce, Phone="(303) 555-7001")
    told.second = office.sync(code=1)
    return told


@pytest.fixture
def store(told: Told, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "log.duckdb"
    shutil.copyfile(told.path, path)
    with Store.open(url_of(path)) as store:
        set_context(
            Context(store, lambda _: True, ("spotio", "salesforce"), "America/Denver", command=program(store))
        )
        yield store
        set_context(None)


def page(role: str = "analyst", **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.session_state[CHOSEN] = Visitor(role=role)
    for name, value in query.items():
        app.query_params[name] = value
    app = app.switch_page("views/log.py").run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\u2060", "").replace("\\", "")


def doors(app: AppTest) -> dict[str, int]:
    """The numbers of the run that is open, by their words."""
    labels = [
        button.label.removeprefix(":primary[").removesuffix("]").rpartition(" ")
        for button in app.button
        if str(button.key).startswith("door-")
    ]
    return {word: int(number.replace(",", "")) for word, _, number in labels}


@pytest.mark.requirement("SF-17", "CO-04")
def test_a_run_tells_its_numbers_as_it_reported_them_and_each_is_the_door_to_its_records(
    told: Told, store: Store
) -> None:
    counts = told.second["counts"]
    app = page(run=told.second["run"])
    found = doors(app)
    assert (found["written"], found["failed"], found["blocked"]) == (
        counts["written"], counts["failed"], counts["blocked"],
    )  # fmt: skip
    assert (found["written"], found["failed"], found["blocked"]) == (1, 1, 1)
    assert found["read"] > 0
    assert found["to decide"] > 0
    for word in ("written", "failed", "blocked", "to decide"):
        app.button(key=f"door-{word}").click().run()
        assert len(app.dataframe[1].value) == found[word], word
    app.button(key="door-read").click().run()
    reads = app.dataframe[1].value
    assert reads["rows_read"].sum() == found["read"]
    first = page(run=told.first["run"], result="Read").dataframe[1].value
    assert not set(first["run"]) & set(reads["run"]), "what one run read again is not read for the next, too"


def test_of_the_first_run_every_link_and_every_new_record_has_a_line(told: Told, store: Store) -> None:
    counts = told.first["counts"]
    found = doors(page(run=told.first["run"]))
    assert (found["linked"], found["written"]) == (counts["linked"], counts["written"])


@pytest.mark.requirement("SF-17", "CO-04")
def test_a_written_record_shows_each_field_before_and_after_in_which_system_and_why(
    told: Told, store: Store
) -> None:
    app = page(run=told.second["run"], result="Written")
    assert "Written to Salesforce" in said(app)
    assert told.pairs["edited"].salesforce in said(app)
    assert "Company: edited in SPOTIO." in said(app)
    [row] = app.dataframe[2].value.to_dict("records")
    assert row == {
        "field": "Company", "Before": told.before["edited"]["Company"], "After": "Heron Works", "reason": "Changed",
    }  # fmt: skip


@pytest.mark.requirement("SF-17")
def test_a_refused_record_shows_what_the_system_answered(told: Told, store: Store) -> None:
    app = page(run=told.second["run"], result="Failed")
    assert f"Salesforce refused: {REFUSAL}" in said(app)
    assert "FIELD" in said(app), "the code stands behind"
    assert app.dataframe[2].value["Was to be"].tolist() == ["Acme"]


@pytest.mark.requirement("SF-16", "SF-17")
def test_a_blocked_record_says_why_and_what_changes_it(told: Told, store: Store) -> None:
    with on_behalf_of(Visitor(role="admin")):
        [line] = [
            line
            for line in reading.lines(reading.line_filter(reading.search(told.pairs["too long"].salesforce), outcomes=["blocked"]))
        ]  # fmt: skip
    app = page("admin", run=told.second["run"], line=line.id)
    assert "Company has 300 characters" in said(app)
    assert "What changes it:** Shorten Company" in said(app)


@pytest.mark.requirement("SF-24", "CO-04")
def test_a_conflict_shows_what_was_agreed_and_what_both_sides_hold(told: Told, store: Store) -> None:
    app = page(run=told.second["run"], result="To decide")
    [row] = app.dataframe[2].value.to_dict("records")
    assert (row["field"], row["SPOTIO"], row["Salesforce"]) == ("Phone", "(303) 555-7002", "(303) 555-7001")
    [base] = store.rows("select base_spotio, base_salesforce from sync.conflict where state = 'open'")
    assert row["Agreed"] == (" and ".join(dict.fromkeys(value for value in base.values() if value)) or None)


@pytest.mark.requirement("CO-04")
@pytest.mark.parametrize("form", ["spotio", "salesforce", "fifteen", "name", "reason", "e-mail"])
def test_one_search_finds_a_record_by_any_of_its_names_and_by_the_reason(
    told: Told, store: Store, form: str
) -> None:
    pair = told.pairs["refused"]
    lead = told.before["refused"]
    text = {
        "spotio": pair.spotio, "salesforce": pair.salesforce, "fifteen": pair.salesforce[:15],
        "name": lead["Name"].upper(), "reason": "no CUSTOMER of ours", "e-mail": lead["Email"],
    }[form]  # fmt: skip
    app = page(view="Records", q=text, since="All time")
    rows = app.dataframe[0].value
    failed = rows[[list(cell) == ["Failed"] for cell in rows["outcome"]]]
    assert len(failed) == 1
    if form in ("spotio", "salesforce", "fifteen"):
        assert len(rows) >= 2, "its link, and what became of its edit"


@pytest.mark.requirement("CO-03", "CO-04")
def test_the_file_holds_every_line_that_passes_with_both_ids(told: Told, store: Store) -> None:
    pair = told.pairs["edited"]
    with on_behalf_of(Visitor(role="analyst")):
        rows = reading.all_lines(reading.line_filter(reading.search(pair.spotio)))
    assert set(rows["outcome"]) == {"linked", "written"}
    assert rows.filter(pl.col("outcome") == "written").select("fields", "spotio_id", "salesforce_id").row(0) == (
        "Company", pair.spotio, pair.salesforce,
    )  # fmt: skip
