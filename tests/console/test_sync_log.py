"""The log of records on the page Log: narrowed by its address, leafed through by key, and shown to whom it may be shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import readers
from console.context import Context, set_context
from console.identity import CHOSEN, NotYoursError, Visitor, on_behalf_of
from console.lines.outcomes import OUTCOMES
from console.readers import lines as reading
from console.readers.lines import QueryRefusedError
from console.services import exports
from data import config, publishing
from data.store import Store
from tests.console.clashing import COMPANY, EMAIL, Clashing, clash
from tests.console.conftest import Open, texts
from tests.store import small_pair
from tests.store.conftest import url_of
from tests.store.small_pair import MINUTE, NOON, carry_out, update

HELD = "secret@new.example"
ANALYST = Visitor(role="analyst")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three links, something written, refused, blocked and asked; it is copied for each test."""
    path = tmp_path_factory.mktemp("lines") / "filled.duckdb"
    with Store.open(url_of(path)) as store:
        fill(Clashing.made(store))
    return path


def fill(office: Clashing) -> None:
    store = office.store
    one = update("u1", "salesforce", "00Q1", "l-1", EMAIL, "Email", HELD)
    carry_out(store, one, NOON + MINUTE, "00Q1")
    two = update("u2", "salesforce", "00Q2", "l-2", COMPANY, "Company", "Acme")
    refusal = {
        "state": "failed",
        "code": "NO",
        "text": "Salesforce refused: Acme is none of ours.",
        "error_fields": "Company",
    }
    carry_out(store, two, NOON + 2 * MINUTE, "00Q2", **refusal)
    three = update("u3", "salesforce", "00Q3", "l-3", EMAIL, "Email", HELD)
    refusal = {
        "state": "failed",
        "code": "NO",
        "text": f"Salesforce refused: {HELD} is taken.",
        "error_fields": "Email",
    }
    carry_out(store, three, NOON + 3 * MINUTE, "00Q3", **refusal)
    office.plan(clash(1, EMAIL, spotio=HELD), outcome="in_step", now=NOON + 4 * MINUTE)
    blocked = {
        "system": "spotio", "id": "s2", "link": "l-2", "outcome": "blocked", "step": "checks", "code": "not_an_email",
        "field": "Email", "seen": HELD, "text": f"Email is '{HELD}', which is no e-mail address.", "change": "Correct Email.",
    }  # fmt: skip
    small_pair.record(store, decisions=small_pair.decisions(blocked), now=NOON + 5 * MINUTE)


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "console.duckdb"
    shutil.copyfile(filled, path)
    with Store.open(url_of(path)) as store:
        yield store


@pytest.fixture
def served(store: Store) -> Iterator[Store]:
    """The readers' world, without a page, for an analyst."""
    set_context(Context(store, lambda _: True, ("spotio", "salesforce"), "America/Denver"))
    with on_behalf_of(ANALYST):
        yield store
    set_context(None)


def opened(open_page: Open, role: str = "analyst", **query: str) -> AppTest:
    app = open_page("log", role=role, **{"view": "Records", "since": "All time", **query})
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return texts(app).replace("\u2060", "").replace("\\", "")


def listed(app: AppTest) -> list[tuple[str, str]]:
    """The record and the outcome of each line."""
    rows = app.dataframe[0].value
    return [(name, next(iter(cell))) for name, cell in zip(rows["record"], rows["outcome"], strict=True)]


def lines(text: str = "", **chosen: Any) -> list[reading.Line]:
    return reading.lines(reading.line_filter(reading.search(text), **chosen))


@pytest.mark.requirement("CO-04")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"result": "Failed"}, [("Pham household", "Failed"), ("Delgado household", "Failed")]),
        ({"result": "Blocked"}, [("Delgado household", "Blocked")]),
        ({"field": "Company"}, [("Delgado household", "Failed")]),
        ({"of": "SPOTIO"}, [("Delgado household", "Blocked")]),
        ({"q": "none of OURS"}, [("Delgado household", "Failed")]),
        ({"q": "castell@old.example", "result": "Written", "field": "Email"}, [("Castell household", "Written")] * 2),
        ({"q": "castell h", "field": "Nonsense", "result": "Nonsense", "of": "Salesforce"}, [("Castell household", "Written")] * 2),
    ],
)  # fmt: skip
def test_a_link_opens_the_lines_as_narrowed_as_it_was_shared(
    open_page: Open, store: Store, query: dict[str, str], found: list[tuple[str, str]]
) -> None:
    assert listed(opened(open_page, **query)) == found


def test_what_matches_nothing_is_named_and_can_be_cleared(open_page: Open, store: Store) -> None:
    app = opened(open_page, q="nobody at all", result="Moved")
    assert "No lines match “nobody at all” and “Moved” in all" in said(app)
    app.button(key="clear-filters").click().run()
    app.selectbox(key="since").set_value("All time").run()
    assert len(listed(app)) == len(opened(open_page).dataframe[0].value)


def test_an_empty_log_says_what_leaves_a_line_in_it(open_page: Open, store: Store) -> None:
    with store.write() as cursor:
        cursor.execute("delete from sync.write")
        cursor.execute("delete from sync.decision")
    assert "No line yet" in said(opened(open_page))


@pytest.mark.requirement("CO-04")
def test_a_long_log_is_leafed_through_by_key_and_each_line_is_met_once(open_page: Open, store: Store) -> None:
    for number in range(110):
        plan = update(f"m{number}", "salesforce", "00Q1", "l-1", COMPANY, "Company", f"Company {number}")
        carry_out(store, plan, NOON + (10 + number) * MINUTE, "00Q1")
    app = opened(open_page, q="00Q1", result="Written")
    seen = list(app.dataframe[0].value["when"])
    assert "1–50 of 112" in said(app)
    app.button(key="older-lines").click().run()
    carry_out(
        store,
        update("new", "salesforce", "00Q1", "l-1", COMPANY, "Company", "New"),
        NOON + 500 * MINUTE,
        "00Q1",
    )
    seen += list(app.dataframe[0].value["when"])
    app.button(key="older-lines").click().run()
    seen += list(app.dataframe[0].value["when"])
    assert len(seen) == len(set(seen)) == 112
    assert seen == sorted(seen, reverse=True)
    assert app.button(key="older-lines").disabled
    app.button(key="newer-lines").click().run()
    assert list(app.dataframe[0].value["when"]) == seen[50:100]


def test_a_line_that_is_gone_is_said_to_be(open_page: Open, store: Store) -> None:
    assert "There is no line w-999 any more" in said(opened(open_page, line="w-999"))


@pytest.mark.requirement("CO-17")
def test_the_page_says_how_long_lines_are_kept(open_page: Open, store: Store) -> None:
    assert "Lines older than 400 days are removed each night" in said(opened(open_page))


def test_every_outcome_that_the_store_knows_has_a_segment(served: Store) -> None:
    known = {name for names in OUTCOMES.values() for name in names}
    assert {line.outcome for line in lines()} <= known


@pytest.mark.requirement("CO-03", "CO-08")
def test_a_file_of_lines_is_written_down_with_what_was_chosen(served: Store) -> None:
    rows = reading.all_lines(reading.line_filter(reading.search(""), outcomes=["failed"]))
    assert rows["record"].to_list() == ["Pham household", "Delgado household"]
    for kind in ("csv", "parquet"):
        assert exports.rows_as(kind, rows, {"page": "Log, records", "filters": "“Failed” in all"})
    with on_behalf_of(Visitor(role="admin")):
        assert [line.kind for line in readers.audit_lines(("export",))] == ["Export", "Export"]


# Whose it is.


def mask(store: Store, *columns: str) -> None:
    document = {
        **config.current(store).document,
        "access": {"people": [], "masks": {"analyst": list(columns)}},
    }
    publishing.publish(store, document, author="admin", note="", based_on=config.number(store), now=NOON)


@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize("column", ["salesforce.lead.email", "spotio.record.f_100006"])
def test_a_value_that_is_hidden_on_either_side_shows_in_no_line_no_field_and_no_file_and_is_not_found(
    served: Store, column: str
) -> None:
    assert any(HELD in str(vars(line)) for line in lines())
    everything = len(lines())
    mask(served, column)
    found = lines()
    assert len(found) == everything, "that something happened is not hidden"
    assert HELD not in str([vars(line) for line in found])
    assert {line.outcome for line in found if line.hidden} == {"failed", "blocked"}
    for line in found:
        values = [value for each in (*reading.written(line), *reading.clashing(line)) for value in (each.values, each.reason)] if line.is_write else []  # fmt: skip
        assert HELD not in str(values)
    assert [line.answer for line in found if line.answer] == ["Salesforce refused: Acme is none of ours."]
    assert HELD not in reading.all_lines(reading.line_filter(reading.search(""))).write_csv()
    assert lines("is taken") == [], "nor can it be guessed at by searching"
    with on_behalf_of(Visitor(role="admin")):
        assert len(lines("is taken")) == 1


@pytest.mark.requirement("CO-19")
def test_who_may_not_see_a_synced_table_sees_no_log_of_its_records(open_page: Open, served: Store) -> None:
    mask(served, "salesforce.lead.id")
    with pytest.raises(QueryRefusedError, match=r"salesforce\.lead, which is hidden from the role analyst"):
        lines()
    app = opened(open_page)
    assert app.warning[0].proto.title == "Not for your role"
    assert not app.dataframe


@pytest.mark.requirement("CO-08", "CO-19")
@pytest.mark.parametrize("role", ["manager", "rep"])
def test_managers_and_reps_reach_no_line_by_any_way(open_page: Open, served: Store, role: str) -> None:
    line, chosen = lines()[0], reading.line_filter(reading.search(""))
    calls = (
        lambda: reading.search("castell"),
        lambda: reading.lines(chosen),
        lambda: reading.line(line.id),
        lambda: reading.line_counts(chosen),
        lambda: reading.all_lines(chosen),
        lambda: reading.written(line),
        lambda: reading.clashing(line),
        lambda: reading.of_run("r-1"),
        lambda: reading.run_reads("r-1"),
        lambda: reading.log_choices(),
    )
    for call in calls:
        with on_behalf_of(Visitor(role=role, user_id="u1")), pytest.raises(NotYoursError):
            call()
    app = open_page("log", role=role, user_id="u1", view="Records", q="castell")
    assert not app.dataframe
    assert "Castell" not in said(app)


@pytest.mark.requirement("CO-08")
def test_forged_state_of_the_page_shows_nothing_to_who_is_no_analyst_any_more(
    open_page: Open, store: Store
) -> None:
    app = opened(open_page)
    app.session_state[CHOSEN] = Visitor(role="manager", user_id="u1")
    app.session_state["view"] = "Records"
    app.session_state["result"] = "Failed"
    app.run()
    assert not app.dataframe
    assert "Log is for admins and analysts" in said(app)
