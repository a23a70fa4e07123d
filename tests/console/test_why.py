"""Why: any record by any of its names, the verdict of each sync with the first step it did not pass, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console import why_words
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers import why as reading
from data.store import Store
from data.syncs import states
from sync.connectors.salesforce.ids import full_id
from sync.engine.why import STEPS
from tests.console import doors
from tests.console.conftest import Open, program, texts
from tests.console.doors import (
    ACCOUNT,
    APART,
    CHEMICALS,
    CLASH,
    CLASHING,
    IN_STEP,
    NEVER,
    NEVER_LEAD,
    NEW,
    RETAIL,
    SURVEYED,
)
from tests.store import small_pair
from tests.store.conftest import url_of

# As sync/engine/outcome.py and sync/sync_operations.py name them.
OUTCOMES = (
    "in_step", "planned", "blocked", "conflict", "waiting", "undecided", "out_of_scope", "frozen", "excluded", "deleted",
    "not_mirrored", "other_type", "no_id", "erased", "another_sync", "no_sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("why") / "s.duckdb")) as store:
        doors.at_work(store)
        yield store


@pytest.fixture
def store(request: pytest.FixtureRequest, company: Store, tmp_path: Path) -> Iterator[Store]:
    """The company, or a store of its own for a test that names who fills it."""
    fill = getattr(request, "param", None)
    if fill is None:
        yield company
        return
    with Store.open(url_of(tmp_path / "s.duckdb")) as own:
        fill(own)
        yield own


def filled_by(fill: Callable[[Store], object]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("store", [pytest.param(fill, id=fill.__name__)], indirect=True)


def no_sync(store: Store) -> None:
    doors.Doors(store).lead(CHEMICALS, Company="Castell Chemicals")


def crowded(store: Store) -> None:
    world = doors.Doors(store)
    for number in range(30):
        world.lead(full_id(f"00Q0000000000{number:02}"), Company=f"Crowd {number:02}")


def paused(store: Store) -> None:
    doors.at_work(store)
    states.pause(store, doors.NAME, person="admin", now=datetime.now(UTC))


def noted(store: Store) -> None:
    """What the last run wrote down of the clash."""
    doors.at_work(store)
    clash = {
        "link": "l-3",
        "field": "100004~lead.Company",
        "spotio": "Okafor Colours",
        "salesforce": "Okafor & Sons",
    }
    small_pair.record(store, now=datetime.now(UTC), conflicts=small_pair.conflicts(clash))


def two_syncs(store: Store) -> None:
    energy = {"all": [{"field": "Industry", "is": "equals", "value": ["Energy"]}]}
    shops = {**doors.SYNC, "name": "shops", "inbound": {"on": True, "filters": energy}, "outbound": {"on": False}}  # fmt: skip
    doors.at_work(store).publish(shops, doors.SYNC)


def asked(open_page: Open, record: str, **more: Any) -> AppTest:
    app = open_page("why", record=record, **more)
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """What the page says in words, as one reads it."""
    return texts(app).replace("\\", "").replace("\u2060", "")


def verdict(app: AppTest) -> str:
    """The headline, without its icon."""
    return str(app.header[0].value).partition("] ")[2]


def stopped(app: AppTest) -> tuple[str, str]:
    """The step that was not passed: its name, and what stands in its box."""
    boxes: list[Any] = [*app.error, *app.warning]
    [box] = boxes
    return str(box.proto.title), str(box.value).replace("\\", "")


def commands(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in app.code)


def links(app: AppTest) -> dict[str, str]:
    """The page links by their words: page and query."""
    found = [each.proto for each in app.get("page_link")]
    return {each.label: f"{each.page}?{each.query_string}" for each in found}


@pytest.mark.requirement("CO-06")
def test_a_lead_that_a_filter_keeps_out_says_which_value_was_seen_and_which_is_wanted(open_page: Open) -> None:  # fmt: skip
    app = asked(open_page, f"salesforce:{RETAIL}")
    assert verdict(app) == "Kept out: it is not in scope"
    text = said(app)
    assert "Industry is 'Retail'; the filter wants Chemicals." in text
    assert stopped(app) == ("1 In scope", "Industry is 'Retail'; the filter wants Chemicals. Seen: “Retail”.")
    assert "Set Industry to Chemicals, or let the filter take it." in text
    assert "Industry is Chemicals] :gray[:small[seen: “Retail”" in text, "each condition with its value"
    assert text.count("not reached") == 6
    assert "fieldline config import fieldline.yaml --publish" in commands(app)
    assert "Nothing of SPOTIO is linked with it" in text


@pytest.mark.requirement("CO-06")
def test_a_pair_in_step_needs_nothing_and_leads_to_both_records(open_page: Open) -> None:
    app = asked(open_page, f"spotio:{IN_STEP}")
    assert verdict(app) == "In step"
    text = said(app)
    assert "Nothing waits" in text
    assert [each.label for each in app.expander] == ["All 7 steps are passed"], "they are folded"
    assert not [*app.error, *app.warning]
    assert "l-1, sync doors" in text
    pages = [each.proto for each in app.get("page_link") if each.proto.label == "Open the record"]
    assert [each.query_string for each in pages] == [
        f"system=spotio&object=record&id={IN_STEP}",
        f"system=salesforce&object=lead&id={CHEMICALS}",
    ]
    # From the other side it is the same link.
    other = said(asked(open_page, f"salesforce:{CHEMICALS}"))
    assert "l-1, sync doors" in other
    assert IN_STEP in other


@pytest.mark.requirement("CO-06")
def test_a_stage_without_a_counterpart_stops_at_the_check_of_values(open_page: Open) -> None:
    app = asked(open_page, f"spotio:{SURVEYED}")
    assert verdict(app) == "Blocked: not all of it is written"
    name, box = stopped(app)
    assert name == "6 Values taken"
    assert box.endswith("Seen: “Site survey”.")
    assert "Add it to the value map of Stage." in said(app)


@pytest.mark.requirement("CO-06")
def test_what_both_sides_changed_waits_for_a_person(open_page: Open) -> None:
    app = asked(open_page, f"salesforce:{CLASH}")
    assert verdict(app) == "Waits for a person: both sides changed it"
    name, box = stopped(app)
    assert name == "4 Fields decided"
    assert "SPOTIO has Okafor Colours, Salesforce Okafor & Sons" in box
    assert app.warning, "it is no fault"
    assert CLASHING in said(app)
    assert links(app)["Conflicts lists it after the next run"].startswith("conflicts")


@pytest.mark.requirement("CO-06")
def test_a_partner_that_is_deleted_is_told_on_its_card(open_page: Open) -> None:
    app = asked(open_page, f"spotio:{APART}")
    assert verdict(app) == "Deleted: nothing of it travels"
    assert "Deletion seen" in said(app)
    assert "Undelete it in Salesforce." in said(app)


@pytest.mark.requirement("CO-06")
@pytest.mark.parametrize(
    ("record", "headline", "step", "words"),
    [
        pytest.param(f"spotio:{NEVER}", "Unknown: it is not in the mirror", "1 In the mirror", "SPOTIO has shown us no such record", id="never mirrored in SPOTIO"),
        pytest.param(f"salesforce:{NEVER_LEAD}", "Unknown: it is not in the mirror", "1 In the mirror", "Salesforce has shown us no such record", id="never mirrored in Salesforce"),
        pytest.param("salesforce:Scored", "Unknown: no record has such an id there", "1 A record’s id", "which has 15 or 18 digits and letters", id="no id"),
        pytest.param(f"salesforce:{IN_STEP}", "Unknown: no record has such an id there", "1 A record’s id", "has the form of an id of SPOTIO", id="the other system's"),
        pytest.param(f"spotio:{ACCOUNT}", "Not synced: it is of another type", "1 Of the sync’s type", "doors syncs Lead records", id="another type"),
    ],
)  # fmt: skip
def test_an_id_that_no_sync_holds_is_told_what_it_is_instead(
    open_page: Open, record: str, headline: str, step: str, words: str
) -> None:
    app = asked(open_page, record)
    assert verdict(app) == headline
    name, box = stopped(app)
    assert name == step
    assert words in box


@pytest.mark.requirement("CO-06")
def test_a_change_that_a_page_of_the_console_can_make_has_a_link_there(open_page: Open) -> None:
    never = asked(open_page, f"spotio:{NEVER}")
    assert "see it, then run `fieldline pull`." in said(never)
    assert links(never)["Run now, on Overview"].startswith("overview")
    there = links(asked(open_page, f"salesforce:{IN_STEP}"))["Ask for it there"]
    assert there == f"why?record=spotio%3A{IN_STEP}"


def test_every_step_and_outcome_of_the_engine_has_words() -> None:
    assert all(why_words.step(name) for name in STEPS)
    said = {why_words.verdict(name) for name in OUTCOMES}
    assert len(said) == len(OUTCOMES), "no two read alike"
    assert {why_words.outcome(name).color for name in OUTCOMES} <= {"green", "orange", "red", "blue", "gray"}


def test_what_names_no_record_is_said_in_one_sentence(open_page: Open) -> None:
    app = asked(open_page, "Castell")
    assert said(app).count("names no record; write it as spotio:ID or salesforce:ID.") == 1
    assert not app.header
    assert app.error[0].value.startswith("'Castell' names no record")


def test_a_command_to_be_typed_runs_nothing_that_the_address_smuggles_in(open_page: Open) -> None:
    shown = commands(asked(open_page, "salesforce:00Q$(reboot)"))
    assert "$(reboot)" not in shown.replace("'salesforce:00Q$(reboot)'", "")


@pytest.mark.requirement("CO-06")
def test_an_e_mail_that_both_sides_have_is_a_choice_and_a_click_shows_why(open_page: Open) -> None:
    app = open_page("why", q="okafor@example.com")
    [table] = [frame.value for frame in app.dataframe]
    assert table["name"].tolist() == ["Okafor & Sons", "Okafor Colours"]
    assert table["system"].tolist() == ["Salesforce lead", "SPOTIO record"]
    assert table["id"].tolist() == [CLASH, CLASHING]
    assert [list(chip) for chip in table["link"]] == [["Linked"], ["Linked"]]
    assert set(table["email"]) == {"okafor@example.com"}
    assert "2 records by name. A click shows why." in said(app)
    app.query_params["record"] = f"salesforce:{CLASH}"
    app.run()
    assert verdict(app).startswith("Waits for a person")
    app.button(key="back").click().run()
    assert len(app.dataframe) == 1
    assert "record" not in app.query_params


@pytest.mark.requirement("CO-06")
@pytest.mark.parametrize(
    ("text", "headline"),
    [
        pytest.param("nilsson", "Not yet: the next run writes it", id="a name that one has"),
        pytest.param("retail@example.com", "Kept out", id="an e-mail that one has"),
        pytest.param("(614) 555-0199", "Kept out", id="a phone number"),
        pytest.param("+1 614 555 0199", "Kept out", id="a phone number with its country"),
        pytest.param(RETAIL, "Kept out", id="an id"),
        pytest.param(RETAIL[:15], "Kept out", id="an id of fifteen characters"),
        pytest.param(f"Salesforce.Lead : {RETAIL}", "Kept out", id="an id with its system"),
        pytest.param(NEVER, "Unknown: it is not in the mirror", id="an id that nobody has shown"),
        pytest.param(APART, "Deleted", id="an id of a record whose partner is gone"),
    ],
)  # fmt: skip
def test_what_means_one_record_shows_why_at_once(open_page: Open, text: str, headline: str) -> None:
    assert verdict(open_page("why", q=text)).startswith(headline)


def test_what_is_typed_anew_lets_the_chosen_record_go(open_page: Open) -> None:
    app = asked(open_page, f"spotio:{IN_STEP}")
    app.text_input(key="q").set_value("okafor").run()
    assert "record" not in app.query_params
    assert len(app.dataframe[0].value) == 2


def test_without_a_question_and_without_a_match_it_says_how_to_ask(open_page: Open) -> None:
    assert "Which record?" in said(open_page("why"))
    app = open_page("why", q="nobody at all")
    assert "Nothing found" in said(app)
    assert not app.dataframe


@filled_by(crowded)
def test_twenty_are_listed_and_how_many_more_there_are_is_said(store: Store, open_page: Open) -> None:
    app = open_page("why", q="crowd")
    assert app.dataframe[0].value["name"].tolist() == [f"Crowd {number:02}" for number in range(20)]
    assert "20 records by name, and 10 more: write more of it. A click shows why." in said(app)


@pytest.mark.requirement("CO-06")
@filled_by(no_sync)
def test_before_a_sync_is_published_it_says_so_and_how_to_begin(store: Store, open_page: Open) -> None:
    app = asked(open_page, f"salesforce:{CHEMICALS}")
    assert verdict(app) == "Not synced: there is no sync"
    assert commands(app) == "fieldline config sample > fieldline.yaml"


@pytest.mark.requirement("CO-06")
@filled_by(paused)
def test_a_sync_that_is_paused_is_the_reason_and_can_be_resumed(store: Store, open_page: Open) -> None:
    app = asked(open_page, f"salesforce:{NEW}")
    assert verdict(app) == "Kept out: it is not in scope"
    assert "The inbound direction of doors is paused." in said(app)
    assert commands(app) == "fieldline sync-resume doors"


@pytest.mark.requirement("CO-06")
@filled_by(noted)
def test_a_conflict_that_a_run_has_listed_is_one_click_away(store: Store, open_page: Open) -> None:
    app = asked(open_page, f"salesforce:{CLASH}")
    assert links(app)["Decide it"] == "conflicts?id=c-1"


@pytest.mark.requirement("CO-06")
@filled_by(two_syncs)
def test_each_sync_is_told_and_the_one_that_has_the_record_first(store: Store, open_page: Open) -> None:
    app = asked(open_page, f"salesforce:{CHEMICALS}")
    assert verdict(app) == "In step"
    assert [each.label for each in app.expander] == [
        "All 7 steps are passed",
        "shops: Not synced here: it belongs to another sync",
    ]
    assert "It is linked by doors, and a record belongs to one sync." in said(app)
    assert commands(app) == f"fieldline unlink salesforce:{CHEMICALS} --sync doors"


@pytest.mark.requirement("CO-08", "CO-19")
@pytest.mark.parametrize("role", ["manager", "analyst", "rep"])
def test_only_admins_ask_why(store: Store, open_page: Open, role: str) -> None:
    app = open_page("why", record=f"spotio:{IN_STEP}", role=role, user_id="u1")
    assert "Why is for admins" in texts(app)
    assert not app.header
    set_context(Context(store, lambda _: True, (), "America/Denver", command=program(store)))
    with on_behalf_of(Visitor(role=role, user_id="u1")):
        for read in (reading.why, reading.find, reading.found_count):
            with pytest.raises(NotYoursError):
                read(f"spotio:{IN_STEP}")


@pytest.mark.parametrize(("role", "there"), [("admin", True), ("analyst", False)])
def test_a_record_leads_admins_to_its_why(open_page: Open, role: str, there: bool) -> None:
    app = open_page("record", system="salesforce", object="lead", id=RETAIL, role=role)
    assert (links(app).get("Why?") == f"why?record=salesforce%3A{RETAIL}") is there
