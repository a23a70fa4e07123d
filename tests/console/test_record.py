"""The page of a record: values with names, what happened, counterparts, the past, and whose it is to see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data import config, publishing
from data.mirror import Reading, mark_deleted, mark_not_visible
from data.store import Store
from sync.connectors.spotio import tables
from tests.console.conftest import Open, texts
from tests.store.conftest import url_of
from tests.store.two_teams import EAST, HIDDEN, LATER, RECORD, see, two_teams

MANAGER = "um"  # leads West, whose is the Castell household
LEAD = "00Q000000000001AAA"
# Denver's time of a moment at which the first e-mail of each record stood.
BEFORE_THE_CHANGE = "2026-10-12T06:30"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("records") / "s.duckdb")) as store:
        two_teams(store)
        see(store, tables.USER, {"id": MANAGER, "firstName": "Mona", "lastName": "Gray", "role": "Manager"})
        see(store, tables.TEAM, {"id": "west", "usersIds": ["uw", MANAGER]})
        see(
            store,
            RECORD,
            {"id": "gone", "typeId": "1", "name": "Gone household", "ownerId": "uw"},
            {"id": "unseen", "typeId": "1", "name": "Unseen household", "ownerId": "uw"},
            {"id": "plain", "typeId": "1", "name": "", "address": "7 Oak Rd", "ownerId": "uw"},
        )
        for address in ("9 Ash Rd ", "9 Ash Rd"):
            see(
                store,
                RECORD,
                {"id": "spaced", "typeId": "1", "name": "Ash", "address": address, "ownerId": "uw"},
            )
        mark_deleted(store, RECORD, {"gone": None}, Reading("r-1", LATER))
        mark_not_visible(store, RECORD, ("unseen",), Reading("r-1", LATER))
        yield store


@pytest.fixture
def store(company: Store) -> Store:
    return company


@pytest.fixture
def hidden(store: Store) -> Iterator[None]:
    """E-mails are hidden from analysts for as long as this lasts."""
    _publish(store, {"masks": {"analyst": ["spotio.record.f_100006", "salesforce.lead.Email"]}})
    yield
    _publish(store, {})


def _publish(store: Store, access: dict[str, Any]) -> None:
    publishing.publish(
        store,
        {"access": access},
        author="admin",
        note="",
        based_on=config.number(store),
        now=datetime.now(UTC),
    )


def opened(open_page: Open, id: str, **more: Any) -> AppTest:
    """The page of a SPOTIO record, or of what `more` names."""
    return open_page("record", **{"system": "spotio", "object": "record", "id": id, **more})


def fields(app: AppTest) -> dict[str, str]:
    """Field -> value, as the page tells them."""
    table = next(frame.value for frame in app.dataframe if "field" in frame.value.columns)
    return dict(zip(table["field"], table["value"], strict=True))


def plain(app: AppTest) -> str:
    """What the page says in words, as one reads it."""
    return texts(app).replace("\\", "").replace("\u2060", "")


def everything(app: AppTest) -> str:
    """All that the page says, tables too."""
    return texts(app) + "".join(frame.value.to_string() for frame in app.dataframe)


@pytest.mark.requirement("CO-03")
def test_a_record_tells_its_values_by_name_and_the_important_ones_first(open_page: Open) -> None:
    app = opened(open_page, "rw")
    assert app.title[0].value == "Castell household"
    told = fields(app)
    assert list(told)[:4] == ["Name", "Type", "Stage", "Owner"]
    assert (told["Type"], told["Stage"], told["Owner"]) == ("Lead", "New", "Wanda West →")
    assert told["Email"] == f"{HIDDEN}2@example.com"
    assert "12 Elm St, Denver, CO 80202" in texts(app)
    assert "`rw`" in texts(app), "the id can be copied"


def test_a_change_of_spaces_alone_is_told_as_such(open_page: Open) -> None:
    assert "Address 9 Ash Rd, with other spaces" in plain(opened(open_page, "spaced", tab="Timeline"))


def test_a_record_tells_its_counterparts_and_how_they_are_known(open_page: Open) -> None:
    app = opened(open_page, "rw")
    (others,) = [frame.value for frame in app.dataframe if "how" in frame.value.columns]
    assert others.to_dict("records") == [
        {
            "system": "Salesforce lead",
            "name": "Castell",
            "how": "equal e-mail and equal address and postal code",
            "sure": "matches",
        }
    ]


@pytest.mark.requirement("CO-03")
def test_what_happened_is_told_by_day_with_before_and_after(open_page: Open) -> None:
    said = plain(opened(open_page, "rw", tab="Timeline"))
    assert "**Mon 12 Oct**" in said
    assert f"Email {HIDDEN}1@example.com → {HIDDEN}2@example.com" in said
    assert "Visit: Sold" in said
    assert "Wanda West" in said
    activities = plain(opened(open_page, "rw", tab="Activities"))
    assert "Visit: Sold" in activities
    assert "First mirrored" not in activities


def test_events_are_told_in_words(open_page: Open) -> None:
    app = opened(open_page, "rw", tab="Events")
    (events,) = [frame.value for frame in app.dataframe]
    assert events["kind"].tolist() == ["Activity logged"]
    assert events["user_id"].tolist() == ["Wanda West"]
    assert events["team_id"].tolist() == ["West"]


@pytest.mark.requirement("CO-09")
def test_a_record_can_be_seen_as_it_was_and_now_again(open_page: Open) -> None:
    app = opened(open_page, "rw", as_of=BEFORE_THE_CHANGE)
    assert fields(app)["Email"] == f"{HIDDEN}1@example.com"
    assert "This is how it was on 12 Oct 2026, 06:30" in texts(app)
    app.button(key="back-to-now").click().run()
    assert fields(app)["Email"] == f"{HIDDEN}2@example.com"
    before_all = opened(open_page, "rw", as_of="2026-10-12T05:00")
    assert "No record “rw” in SPOTIO on Mon 12 Oct" in texts(before_all)


@pytest.mark.requirement("CO-19")
def test_a_record_of_others_and_one_that_is_not_there_are_told_in_the_same_words(open_page: Open) -> None:
    assert fields(opened(open_page, "rw", role="manager", user_id=MANAGER))["Owner"] == "Wanda West →"
    others = everything(opened(open_page, "re", role="manager", user_id=MANAGER))
    absent = everything(opened(open_page, "xx", role="manager", user_id=MANAGER))
    assert "not mirrored, or it is not among what you can see" in others
    assert others.replace("“re”", "“xx”") == absent
    assert EAST not in others
    for tab in ("Timeline", "Activities", "Events", "Raw"):
        assert EAST not in everything(opened(open_page, "re", role="manager", user_id=MANAGER, tab=tab))


@pytest.mark.requirement("CO-19")
@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("tab", ["Now", "Timeline", "Activities", "Events", "Raw"])
def test_a_hidden_value_is_in_no_part_of_the_page(open_page: Open, tab: str) -> None:
    for where in ({"id": "rw"}, {"id": LEAD, "system": "salesforce", "object": "lead"}):
        app = opened(open_page, role="analyst", tab=tab, **where)
        assert not app.exception
        assert HIDDEN not in everything(app)
    past = opened(open_page, "rw", role="analyst", tab=tab, as_of=BEFORE_THE_CHANGE)
    assert HIDDEN not in everything(past)


def test_a_deleted_record_and_one_that_is_not_shown_any_more_say_so(open_page: Open) -> None:
    gone = texts(opened(open_page, "gone"))
    assert "SPOTIO deleted it" in gone
    assert "These are its last values" in gone
    unseen = texts(opened(open_page, "unseen"))
    assert "has not said that it is deleted" in unseen


def test_a_record_without_a_name_goes_by_its_address(open_page: Open) -> None:
    assert opened(open_page, "plain").title[0].value == "7 Oak Rd"


def test_a_lead_of_salesforce_has_its_own_labels_and_history(open_page: Open) -> None:
    app = opened(open_page, LEAD, system="salesforce", object="lead")
    assert app.title[0].value == "Castell"
    assert fields(app)["Owner"] == "Wanda West →"
    assert "Changed in Salesforce" in texts(app)


def test_what_holds_no_records_or_is_not_there_is_refused_in_words(open_page: Open) -> None:
    for system, object in (("sync", "run"), ("config", "secret"), ("spotio", "nonsense")):
        app = opened(open_page, "1", system=system, object=object)
        assert not app.exception
        assert app.error


@pytest.mark.requirement("CO-03")
def test_the_finder_lists_what_matches_and_opens_what_is_one(open_page: Open) -> None:
    app = open_page("record", find="castell")
    (found,) = [frame.value for frame in app.dataframe]
    assert set(found["system"]) == {"SPOTIO record", "Salesforce lead"}
    assert "Nothing found" in texts(open_page("record", find="nobody at all"))
    assert "Nothing found" in texts(open_page("record", find=EAST, role="manager", user_id=MANAGER))
    # A link, or the way back, shows the list; what is typed leads on.
    one = open_page("record", find="rw")
    assert one.title[0].value == "Record"
    one.text_input(key="find").set_value("plain").run()
    assert one.title[0].value == "7 Oak Rd"
    typed = open_page("explore")
    typed.text_input(key="find-record").set_value("rw").run()
    assert typed.title[0].value == "Castell household"


def test_a_rep_is_told_whom_it_is_for(open_page: Open) -> None:
    assert "Record is for" in texts(opened(open_page, "rw", role="rep", user_id="uw"))
