"""The board, a rep's page and My day in a browser: live, cold from a link, on a phone, and with what a line opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from sync.sandbox.server import Sandbox, running
from tests.commands.program import Fieldline, free_port, until
from tests.console.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE, Browse, Serve, covered, enter, settled
from tests.console.field import AMARA

pytestmark = pytest.mark.browser

HEADER, BOARD_ROW = 34, 38
ROWS = "[...document.querySelectorAll('[data-testid=stDataFrame] tbody tr')].map(r => [...r.querySelectorAll('td')].map(d => d.textContent))"

VIEWS = [
    pytest.param("/board", DESKTOP, "light", id="board"),
    pytest.param("/board?period=This+week&number=close_rate", DESKTOP, "dark", id="board, dark"),
    pytest.param("/board", PHONE, "light", id="board, phone"),
    pytest.param("/reps", DESKTOP, "light", id="reps"),
    pytest.param(f"/rep?id={AMARA}", DESKTOP, "light", id="rep"),
    pytest.param(f"/rep?id={AMARA}", PHONE, "dark", id="rep, phone, dark"),
]


@pytest.mark.parametrize(("path", "size", "scheme"), VIEWS)
def test_a_page_fits_its_width_and_has_no_accessibility_fault(
    browse: Browse, path: str, size: tuple[int, int], scheme: str
) -> None:
    page = browse("field", path, size=size, scheme=scheme)
    page.get_by_test_id("stDataFrame").first.wait_for()
    fits(page, size)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_my_day_is_whole_on_a_phone(browser: Browser, serve: Serve, scheme: str) -> None:
    page = visit_as_rep(browser, serve("field") + "/my_day", "Amara", PHONE, scheme)
    expect(page.get_by_text("Rank of 2")).to_be_in_viewport()
    expect(page.get_by_text("To the next")).to_be_in_viewport()
    expect(page.get_by_text("not counted: not logged on the phone")).to_be_in_viewport()
    fits(page, PHONE)


def test_the_toolbar_of_a_reps_board_covers_no_control_on_a_phone(browser: Browser, serve: Serve) -> None:
    page = visit_as_rep(browser, serve("field") + "/board", "Amara", PHONE, "light")
    page.get_by_test_id("stDataFrame").first.wait_for()
    assert covered(page) == []
    page.context.close()


def test_a_line_of_the_board_opens_the_reps_page_on_the_same_days(browse: Browse) -> None:
    page = browse("field", "/board?period=This+week&number=doors")
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    name = rows(page)[1][1]
    click_row(table, 1)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page).to_have_url(re.compile(r"/rep\?id=u-[a-z]+&period=Custom&from=\d{4}-\d\d-\d\d"))


def test_a_link_to_a_narrowed_board_opens_cold_as_it_was_seen(browse: Browse) -> None:
    page = browse("field", "/board?number=visits&period=Month&team=t-ridge")
    page.get_by_test_id("stDataFrame").wait_for()
    expect(page.get_by_role("radio", name="Month")).to_be_checked()
    expect(page.get_by_role("combobox", name="Other number")).to_have_value("Visits")
    expect(page.get_by_role("button", name="Ridge")).to_be_visible()
    assert {row[-1] for row in rows(page)} == {"Ridge"}
    expect(page).to_have_url(re.compile("number=visits&period=Month&team=t-ridge"))


def test_a_choice_stands_in_the_address_and_back_again_without_it(browse: Browse) -> None:
    page = browse("field", "/board")
    page.get_by_text("Month", exact=True).click()
    expect(page).to_have_url(re.compile("period=Month"))
    page.get_by_text("Doors", exact=True).click()
    expect(page).to_have_url(re.compile("number=doors"))
    page.get_by_text("Verified", exact=True).click()
    expect(page).not_to_have_url(re.compile("number="))


def test_for_a_rep_only_the_own_line_opens_something(browser: Browser, serve: Serve) -> None:
    page = visit_as_rep(browser, serve("field") + "/board", "Amara", DESKTOP, "light")
    table = page.get_by_test_id("stDataFrame")
    table.wait_for()
    names = [row[1] for row in rows(page)]
    own = names.index("Amara Osei (you)")
    other = 1 - own
    click_row(table, other)
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Board")
    click_row(table, own)
    expect(page.get_by_role("heading", level=1)).to_have_text("My day")


# -- fresh within seconds -------------------------------------------------------------------------------------


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.mark.slow
@pytest.mark.requirement("KP-16")
@pytest.mark.requirement("KP-01")
def test_a_visit_logged_on_a_phone_stands_on_an_open_board_without_a_touch(
    browser: Browser, sandbox: Sandbox, tmp_path: Path
) -> None:
    """From the phone through webhook, pull, events and numbers to the open page; the schedule turns once a day here."""
    port = free_port()
    fieldline = Fieldline(
        tmp_path,
        {
            **sandbox.env,
            "FIELDLINE_PORT": str(port),
            "FIELDLINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "86400",
            "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "86400",
        },
    )
    spotio = sandbox.urls[1]
    with fieldline.serving("up", "--json"):

        def counted() -> Any:
            return fieldline.run("query", "select count(*) from kpi.visit", "--json").json["rows"][0][0]

        until(counted, "the numbers of the first load")
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        # Days that midnight does not end.
        today = datetime.now(UTC).date()
        days = f"from={today - timedelta(days=2)}&to={today + timedelta(days=1)}"
        page.goto(f"http://127.0.0.1:{port}/board?number=visits&period=Custom&{days}")
        enter(page)
        state = httpx.get(f"{spotio}/__sandbox__/state").json()
        rep = next(user for user in state["users"] if user["role"] == "Sales" and not user["suspended"])
        record = next(row for row in state["dataObjects"] if row["ownerId"] == rep["id"])
        name = f"{rep['firstName']} {rep['lastName']}"
        settled(page)
        # Who is on the board comes after its heading, and after the table that will hold them.
        page.wait_for_function(f"{ROWS}.length > 0 || !document.querySelector('[data-testid=stDataFrame]')")
        before = standing(page, name)
        visit = {"action": "log_visit_mobile", "userId": rep["id"], "dataObjectId": record["id"]}
        visit |= {"lat": record["pin"]["lat"], "lng": record["pin"]["lng"]}
        httpx.post(f"{spotio}/__sandbox__/act", json=visit).raise_for_status()
        until_page(page, lambda: standing(page, name) == before + 1, "the visit on the board")
        httpx.post(f"{spotio}/__sandbox__/act", json=visit).raise_for_status()
        until_page(page, lambda: standing(page, name) == before + 2, "the second visit on the board")
        page.close()


def standing(page: Page, name: str) -> int:
    """What the board counts for somebody; 0 for who is not on it."""
    return next((int(row[2]) for row in page.evaluate(ROWS) if row[1] == name), 0)


def until_page(page: Page, look: Any, what: str) -> None:
    for _ in range(600):
        if look():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{what} did not come")


def rows(page: Page) -> list[list[str]]:
    """The cells of the page's tables, which stand as text beside the canvas they are drawn on."""
    page.wait_for_function(f"{ROWS}.length > 0")
    found: list[list[str]] = page.evaluate(ROWS)
    return found


def click_row(table: Locator, row: int) -> None:
    """Click the name in a row of the board."""
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    table.page.mouse.click(box["x"] + 120, box["y"] + HEADER + BOARD_ROW * row + BOARD_ROW / 2)


def visit_as_rep(browser: Browser, url: str, name: str, size: tuple[int, int], scheme: str) -> Page:
    """A page as one rep sees it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    page.get_by_text("Rep", exact=True).click()
    page.get_by_role("combobox", name="Which rep").click()
    page.get_by_role("option", name=re.compile(name)).click()
    page.get_by_role("button", name="Enter as rep").click()
    page.get_by_role("button", name="Enter as rep").wait_for(state="detached")
    page.get_by_role("heading", level=1).wait_for()
    settled(page)
    return page


def fits(page: Page, size: tuple[int, int]) -> None:
    """Nothing is wider than the window, and axe finds no fault but Streamlit's own."""
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    result: dict[str, Any] = Axe().run(page).response
    assert len(result["passes"]) > 20, "axe looked at the page"
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in result["violations"]] == []
