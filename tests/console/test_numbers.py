"""Numbers: the dictionary for everybody, and what counts as a draft that an admin publishes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from console import readers, services
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from data import config
from data.kpi import state
from data.kpi.dictionary import DICTIONARY
from data.store import Store
from sync.facts import refresh_facts
from tests.console.conftest import Open, texts
from tests.console.field import (
    AMARA,
    BEA,
    DANA,
    DAY,
    ELI,
    FIRST,
    INTERESTED,
    MINUTE,
    MONDAY,
    PERIOD,
    RIDGE,
    VISIT,
    ZONE,
    Field,
    at_work,
)

ADMIN = Visitor(name="Priya", email="priya@example.com", role="admin")
OTHER = Visitor(name="Omar", email="omar@example.com", role="admin")


@pytest.fixture
def field(store: Store) -> Field:
    company = Field(store)
    at_work(company)
    company.count()
    return company


@pytest.fixture
def derived(field: Field, store: Store) -> Iterator[list[str]]:
    """A console that derives the numbers anew where it is asked to; the list says how often it was."""
    asked: list[str] = []

    def derive() -> None:
        asked.append("derived")
        refresh_facts(store, ZONE)

    set_context(Context(store, lambda _: True, ("spotio",), ZONE, derive_numbers=derive))
    yield asked
    set_context(None)


def document(**changed: Any) -> dict[str, Any]:
    return {**readers.numbers_draft().settings.document(), **changed}


@pytest.mark.parametrize("role", ["admin", "analyst", "manager", "rep"])
def test_everybody_can_read_what_each_number_means(field: Field, open_page: Open, role: str) -> None:
    app = open_page("numbers", role=role, user_id=DANA if role == "manager" else AMARA)
    assert not app.exception
    told = texts(app)
    assert [label for label in (one.label for one in app.expander) if "**Doors knocked**" in label]
    assert len(app.expander) == len(DICTIONARY)
    assert all(kpi.edges in told for kpi in DICTIONARY.values())


@pytest.mark.requirement("CO-19")
@pytest.mark.parametrize("role", ["analyst", "manager", "rep"])
def test_what_counts_tells_nobody_who_may_come_in_and_what_is_hidden(derived: list[str], role: str) -> None:
    with on_behalf_of(ADMIN):
        services.put_on_list("dana@example.com", "manager")
        services.hide_columns("analyst", ["spotio.user.email"])
        services.publish_access("")
        services.keep_numbers(document(offline_minutes=15))
        services.publish_numbers("")
    with on_behalf_of(Visitor(role=role, user_id=DANA if role == "manager" else AMARA)):
        counts = readers.what_counts()
    assert counts.published is not None
    assert (counts.published.number, counts.published.author) == (2, ADMIN.email)
    assert "dana@example.com" not in str(asdict(counts))
    assert "spotio.user.email" not in str(asdict(counts))


def test_a_search_leaves_the_numbers_that_match(field: Field, open_page: Open) -> None:
    app = open_page("numbers", find="close rate")
    assert [one.label for one in app.expander]
    assert all("close rate" in one.label.lower() for one in app.expander)


@pytest.mark.parametrize("role", ["analyst", "manager"])
def test_only_admins_change_what_counts(field: Field, open_page: Open, role: str) -> None:
    app = open_page("numbers", role=role, user_id=DANA, part="What counts")
    assert not app.exception
    assert not [button for button in app.button if button.key == "publish"]
    with on_behalf_of(Visitor(role=role, user_id=DANA)), pytest.raises(NotYoursError):
        services.publish_numbers("")


def test_what_is_suggested_is_said_to_be_so_until_an_admin_publishes_it(
    field: Field, open_page: Open
) -> None:
    app = open_page("numbers", part="What counts")
    assert "no admin has confirmed it" in texts(app)
    app.button(key="publish").click().run()
    assert not app.exception
    assert "no admin has confirmed it" not in texts(app)


@pytest.mark.requirement("CO-08")
def test_publishing_a_class_changes_the_number_and_says_who_did_it(store: Store, derived: list[str]) -> None:
    key = f"{VISIT}:{INTERESTED}"
    with on_behalf_of(ADMIN):
        before = state.settings(store).results[key]
        classes = {name: sorted(held) for name, held in state.settings(store).results.items()}
        classes.pop(key)
        assert services.keep_numbers(document(results=classes)) == []
        assert state.settings(store).results[key] == before  # a draft counts for nothing
        published = services.publish_numbers("Interested is no contact of ours")
    assert derived == ["derived"]
    assert key not in state.settings(store).results
    assert published.author == "priya@example.com"
    told = config.audit(store, what="kpis")
    assert told["person"].to_list() == ["priya@example.com"] * told.height
    assert any("results" in text.lower() for text in told["text"])


def test_a_mistake_is_told_and_the_draft_stays_as_it_was(store: Store, derived: list[str]) -> None:
    with on_behalf_of(ADMIN):
        kept = readers.numbers_draft().settings
        (mistake,) = services.keep_numbers(document(results={f"{VISIT}:{INTERESTED}": ["sat", "cancelled"]}))
        assert "cannot be both" in mistake
        assert readers.numbers_draft().settings == kept


def test_nobodys_publication_is_overwritten_unseen(store: Store, derived: list[str]) -> None:
    with on_behalf_of(ADMIN):
        services.keep_numbers(document(rescission_days=7))
    with on_behalf_of(OTHER):
        services.keep_numbers(document(rescission_days=5))
        services.publish_numbers("")
    with on_behalf_of(ADMIN):
        draft = readers.numbers_draft()
        assert draft.meanwhile
        with pytest.raises(services.ConfigurationError, match=r"omar@example\.com published version 1"):
            services.publish_numbers("")
        services.put_numbers_on_top()
        services.publish_numbers("")
    assert state.settings(store).rescission_days == 7


def _publish_zones(**zones: Any) -> None:
    with on_behalf_of(ADMIN):
        standing = readers.numbers_draft().settings.document()["zones"]
        assert services.keep_numbers(document(zones=standing | zones)) == []
        services.publish_numbers("")


@pytest.mark.rule("E-07")
def test_an_admin_chooses_once_whose_days_count_and_the_numbers_follow(
    open_page: Open, field: Field, store: Store
) -> None:
    late = MONDAY + 14 * 60 * MINUTE  # eleven in the evening in Denver, one in the morning in New York
    field.knocks(ELI, 3, late)
    field.count()
    monday = {"number": "doors", "period": "Custom", "from": FIRST.isoformat(), "to": FIRST.isoformat()}
    app = open_page("board", **monday)
    assert "each rep’s local day" in app.caption[0].value
    assert list(app.dataframe[0].value["rep"]) == ["Eli Navarro"]
    app = open_page("numbers", part="What counts")
    app.radio(key="days").set_value("one").run()
    app.selectbox(key="everybody-zone").set_value("America/New_York").run()
    app.button(key="publish").click().run()
    assert not app.exception
    refresh_facts(store, ZONE)
    app = open_page("board", **monday)
    assert "days in New York for everybody" in app.caption[0].value
    assert not app.dataframe
    tuesday = (FIRST + DAY).isoformat()
    app = open_page("board", **monday | {"from": tuesday, "to": tuesday})
    assert list(app.dataframe[0].value["rep"]) == ["Eli Navarro"]
    for page in ("dashboard", "reps"):
        app = open_page(page, **PERIOD)
        assert "days in New York for everybody" in texts(app), page
    told = texts(open_page("numbers", find="doors knocked"))
    assert "**Day.** The local day, in America/New_York, for everybody." in told
    with on_behalf_of(ADMIN):
        (mistake,) = services.keep_numbers(document(zones={"everybody": "Denver"}))
    assert mistake == "zones.everybody: 'Denver' is no time zone; use a name such as America/Denver."


@pytest.mark.rule("E-07")
def test_where_salesscreen_counts_other_days_board_and_numbers_say_how_far_they_are_apart(
    open_page: Open, field: Field, store: Store
) -> None:
    field.knocks(BEA, 2)
    field.knocks(ELI, 1)
    app = open_page("numbers", part="What counts")
    assert "SalesScreen’s company time zone is not entered" in texts(app)
    app.selectbox(key="salesscreen-zone").set_value("America/New_York").run()
    app.button(key="publish").click().run()
    refresh_facts(store, ZONE)
    assert "SalesScreen counts" in texts(app)

    def said(page: str, **query: str) -> list[str]:
        lines = texts(open_page(page, **query)).splitlines()
        return [
            line[line.index("SalesScreen counts") :].removesuffix("]]")
            for line in lines
            if "SalesScreen counts" in line
        ]

    apart = "SalesScreen counts days in New York: the local days of {} reps begin 2 h later than its own."
    assert said("board", **PERIOD) == [apart.format("all 2")]
    assert said("numbers", part="What counts", role="analyst") == [apart.format("all 4")]
    _publish_zones(by_team={RIDGE: "America/New_York"})
    refresh_facts(store, ZONE)
    assert said("board", **PERIOD) == [apart.format("1 of 2")]
    assert said("numbers", part="What counts", role="analyst") == [apart.format("1 of 4")]
    _publish_zones(everybody="America/Los_Angeles")
    refresh_facts(store, ZONE)
    west = "SalesScreen counts days in New York: days in Los Angeles begin 3 h later than its own."
    assert said("board", **PERIOD) == said("board", role="rep", user_id=AMARA, **PERIOD) == [west]
    _publish_zones(everybody="America/New_York")
    refresh_facts(store, ZONE)
    assert said("board", **PERIOD) == []
    assert said("numbers", part="What counts", role="analyst") == [
        "SalesScreen counts the same days, in America/New_York."
    ]
