"""Pages of the mirror: every row once, in order, both ways, and only those that the reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import explore
from data.access import EVERYTHING, Scope
from data.conditions import Filter
from data.errors import QueryRefusedError
from data.explore import Asked
from data.store import Store
from sync.connectors.spotio import tables
from tests.store.conftest import NOON, url_of
from tests.store.small_field import MONDAY, RESULTS, SmallField
from tests.store.two_teams import (
    ANALYST,
    EAST,
    HIDDEN,
    LEADS_NOBODY,
    MANAGER,
    MASKED,
    REP,
    see,
    two_teams,
)

# Values of a column as they come: equal ones, none, and such as texts order in another way than numbers.
DISTANCES = [None, 0.0, 0.0, 2.0, 10.0, 10.0, 10.0, 100.5, None, -1.0, 3.0, None]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(url_of(tmp_path_factory.mktemp("explore") / "s.duckdb")) as store:
        two_teams(store)
        see(
            store,
            tables.ACTIVITY,
            *(
                {
                    "id": f"n{number:02}", "type": "note" if number % 2 else "call", "ownerId": "uw", "distance": distance,
                    "date": NOON + timedelta(days=number // 3), "title": f"Title {number}", "done": number % 3 == 0,
                }
                for number, distance in enumerate(DISTANCES)
            ),
        )  # fmt: skip
        yield store


def walked(store: Store, scope: Scope, asked: Asked) -> list[list[str]]:
    """The ids of all pages from the first to the last."""
    table = explore.table(store, scope, "spotio.activity")
    pages = [explore.page(store, scope, table, asked)]
    while pages[-1].later and pages[-1].edges:
        pages.append(explore.page(store, scope, table, replace(asked, after=pages[-1].edges[1])))
    return [page.rows["id"].to_list() for page in pages]


@pytest.mark.requirement("CO-03")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sort=st.sampled_from(["distance", "date", "id", "type", "done", "resultId"]),
    descending=st.booleans(),
    limit=st.integers(2, 7),
    scope=st.sampled_from([EVERYTHING, MANAGER, MASKED]),
)
def test_pages_hold_every_row_once_in_order_and_lead_back(
    company: Store, sort: str, descending: bool, limit: int, scope: Scope
) -> None:
    asked = Asked(sort=sort, descending=descending, limit=limit)
    pages = walked(company, scope, asked)
    ids = [row_id for page in pages for row_id in page]
    rows = company.rows(f"select id, {sort} as value from spotio.activity where _deleted_at is null")
    if scope is MANAGER:
        rows = [row for row in rows if row["id"] not in ("ae", "de")]
    filled = sorted(
        (row for row in rows if row["value"] is not None),
        key=lambda r: (r["value"], r["id"]),
        reverse=descending,
    )
    empty = sorted((row for row in rows if row["value"] is None), key=lambda r: r["id"], reverse=descending)
    assert ids == [row["id"] for row in (*filled, *empty)]
    table = explore.table(company, scope, "spotio.activity")
    last = explore.page(company, scope, table, asked)
    for page in pages[1:]:
        last = explore.page(
            company, scope, table, replace(asked, after=last.edges[1] if last.edges else None)
        )
        back = explore.page(
            company, scope, table, replace(asked, before=last.edges[0] if last.edges else None)
        )
        assert back.rows["id"].to_list() == pages[pages.index(page) - 1]
        assert last.rows["id"].to_list() == page


@pytest.mark.requirement("CO-03")
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ((Filter("type", "equals", ("note",)),), {"n01", "n03", "n05", "n07", "n09", "n11"}),
        ((Filter("type", "not_equals", ("note",)), Filter("distance", "greater", ("9",))), {"n04", "n06"}),
        ((Filter("distance", "between", ("2", "10")),), {"n03", "n04", "n05", "n06", "n10"}),
        ((Filter("distance", "in", ("0", "100.5")),), {"n01", "n02", "n07"}),
        ((Filter("distance", "less", ("0",)),), {"n09"}),
        ((Filter("distance", "is_blank"), Filter("title", "is_not_blank")), {"n00", "n08", "n11"}),
        ((Filter("title", "contains", ("TITLE 1",)),), {"n01", "n10", "n11"}),
        ((Filter("title", "contains", ("%",)),), set()),
        ((Filter("date", "greater", ("2026-10-14",)),), {"n09", "n10", "n11"}),
        ((Filter("date", "equals", ("2026-10-13",)), Filter("done", "equals", ("true",))), {"n03"}),
    ],
)
def test_filters_let_through_what_they_say(
    company: Store, filters: tuple[Filter, ...], found: set[str]
) -> None:
    table = explore.table(company, ANALYST, "spotio.activity")
    asked = Asked(filters=filters, limit=100)
    assert set(explore.page(company, ANALYST, table, asked).rows["id"]) == found
    assert explore.count(company, ANALYST, table, asked) == len(found)
    assert set(explore.everything(company, ANALYST, table, asked)["id"]) == found


def test_a_word_is_looked_for_in_names_addresses_and_ids(company: Store) -> None:
    records = explore.table(company, ANALYST, "spotio.record")

    def found(words: str, scope: Scope = ANALYST) -> set[str]:
        return set(explore.page(company, scope, records, Asked(search=words)).rows["id"])

    assert found("castell") == {"rw"}
    assert found("12 elm") == {"rw"}
    assert found("re") >= {"re"}
    assert found(EAST, MANAGER) == set()
    assert found(HIDDEN, MASKED) == set()
    assert found("no such word") == set()


@pytest.mark.requirement("CO-19")
def test_who_may_not_see_a_table_a_row_or_a_column_gets_none_of_it(company: Store) -> None:
    assert {table.full_name for table in explore.tables(company, MANAGER)}.isdisjoint(
        {"salesforce.mystery__c", "sync.run", "config.secret"}
    )
    assert explore.tables(company, REP) == []
    for scope, name in (
        (MANAGER, "salesforce.mystery__c"),
        (REP, "spotio.record"),
        (ANALYST, "config.secret"),
    ):
        with pytest.raises(QueryRefusedError):
            explore.table(company, scope, name)
    nobody = explore.table(company, LEADS_NOBODY, "spotio.record")
    assert explore.page(company, LEADS_NOBODY, nobody, Asked()).rows.is_empty()
    masked = explore.table(company, MASKED, "spotio.record")
    for asked in (
        Asked(sort="f_100006"),
        Asked(columns=("f_100006",)),
        Asked(filters=(Filter("f_100006", "is_blank"),)),
    ):
        with pytest.raises(QueryRefusedError):
            explore.page(company, MASKED, masked, asked)


def test_a_table_that_another_reader_named_shows_no_more_than_ones_own_scope(company: Store) -> None:
    everything = explore.table(company, ANALYST, "spotio.record")
    asked = Asked(columns=("id", "name", "f_100006"), sort="f_100006")
    assert HIDDEN not in str(explore.page(company, MASKED, everything, asked).rows.to_dicts())
    assert explore.page(company, MANAGER, everything, asked).rows["id"].to_list() == ["rw"]


@pytest.mark.requirement("CO-09")
def test_a_page_can_be_as_of_a_moment(company: Store) -> None:
    table = explore.table(company, ANALYST, "spotio.record")

    def mails(as_of: Any) -> list[str]:
        asked = Asked(columns=("f_100006",), sort="id", as_of=as_of)
        return [
            value
            for value in explore.page(company, ANALYST, table, asked).rows["f_100006"]
            if EAST not in value
        ]

    assert (mails(NOON), mails(None)) == ([f"{HIDDEN}1@example.com"], [f"{HIDDEN}2@example.com"])


@pytest.mark.parametrize(
    "asked",
    [
        Asked(sort="nothing"),
        Asked(columns=("nothing",)),
        Asked(filters=(Filter("nothing", "equals", ("1",)),)),
        Asked(filters=(Filter("distance", "greater", ("far",)),)),
        Asked(filters=(Filter("distance", "between", ("1",)),)),
        Asked(filters=(Filter("distance", "no such", ("1",)),)),
        Asked(sort="distance", after=("far", "n01")),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(company: Store, asked: Asked) -> None:
    table = explore.table(company, ANALYST, "spotio.activity")
    with pytest.raises(QueryRefusedError):
        explore.page(company, ANALYST, table, asked)


@pytest.mark.requirement("CO-09")
def test_an_event_that_was_edited_is_one_row_with_its_present_values(store: Store) -> None:
    field = SmallField(store)
    field.record("r1")
    field.knock("k1", MONDAY, result="Not Home")
    field.settle()
    field.knock("k1", MONDAY, result="Interested")
    field.settle()
    table = explore.table(store, EVERYTHING, "history.event")
    page = explore.page(store, EVERYTHING, table, Asked(filters=(Filter("kind", "equals", ("logged",)),)))
    assert page.rows["result_id"].to_list() == [RESULTS["Interested"]]
