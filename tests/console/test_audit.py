"""The audit: that what people change, take away and ask is written down, and who can read it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from console import exporting, readers, services
from console.context import Context, set_context
from console.identity import NotYoursError, Visitor, on_behalf_of
from console.readers.explore import QueryRefusedError
from data import auditing
from data.store import Store
from tests.console.conftest import Open, texts
from tests.console.people import DANA, RITA, mirror_people
from tests.console.seed import Seed

ADMIN, ANALYST = Visitor(role="admin"), Visitor(role="analyst")
MANAGER, REP = Visitor(role="manager", user_id=DANA), Visitor(role="rep", user_id=RITA)


@pytest.fixture
def served(store: Store) -> Iterator[Store]:
    """The readers' and services' world, without a page."""
    mirror_people(store)
    set_context(Context(store, lambda _: True, ("spotio",), "America/Denver"))
    yield store
    set_context(None)


def everything() -> list[tuple[str, str, str]]:
    with on_behalf_of(ADMIN):
        return [(line.person, line.kind, line.text) for line in readers.audit_lines()]


@pytest.mark.requirement("CO-08")
def test_what_people_change_take_and_ask_is_written_down_with_who_and_what(served: Store) -> None:
    with on_behalf_of(ADMIN):
        services.hide_columns("rep", ["spotio.user.email"])
        services.publish_access("Reps need no addresses")
    with on_behalf_of(MANAGER):
        services.run_sql("select id\nfrom spotio.user")
        with pytest.raises(QueryRefusedError):
            services.run_sql("drop table spotio.user")
        rows = pl.DataFrame({"id": ["=1"]})
        services.rows_as("csv", rows, {"page": "Explore", "table": "spotio.user", "as_of": None})
        services.picture(b"", {"page": "Dashboard", "tiles": ["Doors knocked", "Set"], "figures": ["Trend"]})
    manager, admin = "Dana Ward (manager at this machine)", "admin at this machine"
    assert [(person, kind) for person, kind, _ in everything()] == [
        (manager, "Export"), (manager, "Export"), (manager, "Query"), (manager, "Query"), (admin, "Access"),
    ]  # fmt: skip
    picture, file, refused, answered, access = (text for _, _, text in everything())
    assert picture == "Exported a picture as PNG: Dashboard; Doors knocked, Set; Trend"
    assert file == "Exported 1 row as CSV: Explore; spotio.user"
    assert refused.startswith("Ran a query, refused (Only SELECT can be run here")
    assert refused.endswith(": drop table spotio.user")
    assert answered == "Ran a query, 2 rows: select id from spotio.user"
    assert "spotio.user.email" in access
    with on_behalf_of(ADMIN):
        details = [line.after for line in readers.audit_lines()]
    assert "rows" not in details[0], "a picture has none"
    assert details[3] == {"sql": "select id\nfrom spotio.user", "rows": 2}


@pytest.mark.requirement("CO-08")
def test_a_target_that_is_set_or_taken_back_is_written_down(served: Store) -> None:
    with on_behalf_of(ADMIN):
        assert services.set_target("doors", "week", 1500) is None
        assert services.set_target("doors", "week", None) is None
        assert services.set_target("no such number", "week", 1) is not None
    assert [text for _, kind, text in everything() if kind == "Target"] == [
        "Target of Doors knocked, everybody: taken back, by week",
        "Target of Doors knocked, everybody: 1,500 a week",
    ]


def test_the_runs_that_somebody_takes_away_are_written_down_and_run_no_formula(
    served: Store, seed: Seed, open_page: Open
) -> None:
    seed.run(outcome="failed", text="=HYPERLINK(1)")
    with on_behalf_of(ANALYST):
        found = readers.all_runs(readers.run_filter(None, None, None))
        file = services.rows_as("csv", found, {"page": "Log", "filters": "in all"})
    assert pl.read_csv(io.BytesIO(file))["text"].to_list() == ["'=HYPERLINK(1)"]
    assert everything()[0] == ("analyst at this machine", "Export", "Exported 1 row as CSV: Log; in all")


def test_a_page_that_is_taken_as_a_picture_says_which_numbers_it_shows(served: Store) -> None:
    notes = exporting.Notes(told=["28 days", "all teams"])
    assert exporting.drawn_of("Dashboard", notes) == {
        "page": "Dashboard", "filters": "28 days · all teams", "tiles": [], "figures": [],
    }  # fmt: skip


@pytest.mark.requirement("CO-08", "CO-19")
@pytest.mark.parametrize("visitor", [ANALYST, MANAGER, REP], ids=["analyst", "manager", "rep"])
def test_only_admins_read_the_audit_and_everybody_their_own_lines(
    served: Store, open_page: Open, visitor: Visitor
) -> None:
    with on_behalf_of(ADMIN):
        services.rows_as("csv", pl.DataFrame({"id": [1]}), {"page": "The admin's"})
    with on_behalf_of(visitor):
        services.rows_as("xlsx", pl.DataFrame({"id": [1]}), {"page": "One's own"})
        for read in (readers.audit_lines, readers.audit_count):
            with pytest.raises(NotYoursError):
                read()
        assert [line.text for line in readers.own_lines()] == ["Exported 1 row as XLSX: One's own"]
    app = open_page("audit", role=visitor.role, user_id=visitor.user_id)
    assert "Audit is for admins" in texts(app)
    assert not app.dataframe
    mine = open_page("me", role=visitor.role, user_id=visitor.user_id)
    assert mine.dataframe[0].value["text"].tolist() == ["Exported 1 row as XLSX: One's own"]


def write_lines(store: Store, count: int) -> None:
    noon = datetime.now(UTC) - timedelta(days=1)
    for number in range(count):
        auditing.write_down(
            store,
            person=f"{'ada' if number % 2 else 'bo'}@example.com",
            what="export" if number % 3 else "erase",
            text=f"Line {number}",
            details={"reason": f"because {number}"},
            now=noon + timedelta(minutes=number // 4),  # several at one moment
        )


def shown(app: Any) -> list[str]:
    found: list[str] = app.dataframe[0].value["text"].tolist() if app.dataframe else []
    return found


@pytest.mark.requirement("CO-08")
def test_an_admin_leafs_through_the_audit_and_meets_each_line_once(store: Store, open_page: Open) -> None:
    write_lines(store, 130)
    app = open_page("audit")
    assert "of 130 lines" in texts(app)
    assert app.button(key="newest").disabled
    seen = shown(app)
    while not app.button(key="older").disabled:
        app.button(key="older").click().run()
        seen += shown(app)
    assert sorted(seen) == sorted(f"Line {number}" for number in range(130))
    assert "–130 of 130 lines" in texts(app)
    place = app.query_params["before"]
    assert shown(open_page("audit", before=place[0] if isinstance(place, list) else place)) == shown(app)
    app.button(key="newest").click().run()
    assert "before" not in app.query_params


@pytest.mark.requirement("CO-08")
def test_an_admin_finds_lines_by_kind_person_and_words(store: Store, open_page: Open) -> None:
    write_lines(store, 12)
    auditing.write_down(
        store,
        person="bo@example.com",
        what="syncs.doors",
        text="doors: off",
        details={},
        now=datetime.now(UTC),
    )
    assert len(shown(open_page("audit", kind="Erasures"))) == 4
    assert len(shown(open_page("audit", q="ADA@"))) == 6
    assert shown(open_page("audit", kind="Syncs")) == ["doors: off"]
    assert shown(open_page("audit", q="because 7")) == ["Line 7"]
    assert shown(open_page("audit", q="because 7", kind="Erasures")) == []
    app = open_page("audit", q="nobody did that")
    assert "Nothing in the audit matches" in texts(app)
    app.button(key="clear-filters").click().run()
    assert len(shown(app)) == 13
    assert len(shown(open_page("audit", before="the day before"))) == 13


def test_before_anything_was_done_the_audit_says_what_is_written_down(store: Store, open_page: Open) -> None:
    assert "Nothing was written down yet" in texts(open_page("audit"))
    assert "Nothing yet." in texts(open_page("me"))
