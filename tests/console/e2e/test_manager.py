"""The manager's morning: read the numbers, narrow them, open what is behind one, take them away, pass a link on."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE, Browse, Serve, covered, enter, settled

pytestmark = pytest.mark.browser

# A sparkline of st.metric is an image without a name, which no page can give it.
STREAMLITS_OWN = {"svg-img-alt"}
TALL = (1280, 1500)


@pytest.fixture
def morning(browser: Browser, serve: Serve) -> Any:
    """A fresh visitor at a path, in as the manager Mina Ortega, who leads Ridge."""
    contexts = []

    def morning(path: str = "/dashboard", size: tuple[int, int] = TALL) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(serve("region") + path)
        enter(page, "manager")
        return page

    yield morning
    for context in contexts:
        context.close()


def tile(page: Page, label: str) -> Locator:
    """The number of a tile."""
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def choose(page: Page, widget: str, option: str) -> None:
    """An option of a select box, by the box's label."""
    page.get_by_test_id("stSelectbox").filter(has=page.get_by_label(widget)).locator("input").click()
    page.get_by_role("option", name=option).click()
    settled(page)


@pytest.mark.requirement("KP-08")
@pytest.mark.requirement("KP-09")
def test_the_managers_morning(morning: Any, serve: Serve, browser: Browser) -> None:
    page = morning()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    expect(page.get_by_text("· Ridge ·")).to_be_visible()
    four_weeks = tile(page, "Doors knocked").inner_text()

    # Narrow: another period, one territory.
    page.get_by_text("7 days", exact=True).click()
    expect(page).to_have_url(re.compile(r"period=7(\+|%20)days"))
    expect(page.get_by_text("against the 7 days before")).to_be_visible()
    choose(page, "Territory", "North East")
    expect(page).to_have_url(re.compile("territory=g-north-east"))
    expect(page.get_by_text("· North East ·")).to_be_visible()
    settled(page)
    week = tile(page, "Doors knocked").inner_text()
    assert int(week.replace(",", "")) < int(four_weeks.replace(",", ""))
    link = page.url

    # Behind the number stands the same number, over its rows.
    contacts = page.get_by_role("link", name=re.compile(rf"\d+ of {week} ›$"))
    told = re.match(r"(\d+) of", contacts.inner_text())
    assert told
    contacts.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doors with a contact: {told[1]}")
    expect(page.get_by_text(re.compile(rf"^1–\d+ of {told[1]}, newest first"))).to_be_visible()
    expect(page.get_by_text("North East")).to_be_visible()

    # Back with the filters, then back to where it began.
    page.get_by_role("link", name="Dashboard").last.click()
    expect(page.get_by_text("against the 7 days before")).to_be_visible()
    expect(tile(page, "Doors knocked")).to_have_text(week)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="Clear filters").click()
    expect(tile(page, "Doors knocked")).to_have_text(four_weeks)

    # The link, in a browser that has never been here.
    fresh = morning(urlsplit(link).path + "?" + urlsplit(link).query)
    expect(tile(fresh, "Doors knocked")).to_have_text(week)
    expect(fresh.get_by_text("· North East ·")).to_be_visible()


def test_a_click_on_a_bar_of_the_funnel_opens_its_records(morning: Any) -> None:
    page = morning()
    chart = page.get_by_test_id("stVegaLiteChart").nth(1)
    expect(chart.get_by_text("all doors knocked")).to_be_visible()
    doors = tile(page, "Doors knocked").inner_text()
    chart.locator(".layer_1_marks path").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Doors with a visit: {doors}")
    # Back leads to the dashboard under its own address, not under that of the records.
    page.go_back()
    expect(tile(page, "Doors knocked")).to_have_text(doors)
    assert "kpi=" not in page.url


def test_a_click_on_a_territory_of_the_map_opens_its_records(morning: Any) -> None:
    page = morning("/dashboard?map=Doors")
    chart = page.get_by_test_id("stVegaLiteChart").nth(3)
    chart.locator("path[aria-roledescription=geoshape]").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Doors with a visit: \d+"))
    expect(page).to_have_url(re.compile("territory=g-north-"))


def test_a_choice_of_one_figure_stands_in_the_address_and_repaints_that_one(morning: Any) -> None:
    page = morning()
    page.get_by_text("Cohort", exact=True).click()
    expect(page).to_have_url(re.compile("funnel=Cohort"))
    expect(page.get_by_text("all set in the period")).to_be_visible()
    page.get_by_test_id("stCheckbox").filter(has_text="Table").first.click()
    expect(page).to_have_url(re.compile("trend-figure-table=true", re.I))
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


@pytest.mark.requirement("CO-18")
def test_what_is_seen_can_be_taken_away(morning: Any) -> None:
    page = morning("/dashboard?period=7+days")
    doors = tile(page, "Doors knocked").inner_text()
    page.get_by_test_id("stDataFrame").nth(1).wait_for()  # the last figure is there
    taken = {}
    for name in ("CSV, all numbers", "XLSX, all numbers", "PNG, the figures"):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        taken[name[:3]] = download.value.path().read_bytes()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    lines = taken["CSV"].decode("utf-8-sig").splitlines()
    assert lines[0] == "Part,Row,Number,Value,Shown,Period,Of,Counted"
    assert any(f",Doors knocked,{doors}" in line.replace('"', "") for line in lines)
    assert "against the 7 days before" in lines[1]
    assert taken["XLS"].startswith(b"PK")
    assert taken["PNG"].startswith(b"\x89PNG")


@pytest.mark.requirement("KP-08")
def test_a_target_is_set_in_a_dialog_and_stands_on_the_tile(morning: Any) -> None:
    page = morning()
    page.get_by_role("button", name="Targets…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Set the target").click()
    expect(dialog.get_by_text("Say how many first.")).to_be_visible()
    dialog.get_by_label("Target", exact=True).fill("150")
    dialog.get_by_label("Target", exact=True).press("Enter")
    dialog.get_by_role("button", name="Set 150 a month").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text(re.compile(r"on course for [\d,]+ of 150"))).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_charts_own_toolbar_covers_no_control(browse: Browse, size: tuple[int, int]) -> None:
    page = browse("region", "/dashboard?map=Doors", size=size)
    page.get_by_test_id("stVegaLiteChart").nth(4).wait_for()
    settled(page)
    assert covered(page, "stVegaLiteChart") == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_tables_own_toolbar_covers_no_control(browse: Browse, size: tuple[int, int]) -> None:
    tables = "&".join(f"{figure}-figure-table=true" for figure in ("trend", "funnel", "heat", "map", "pairs"))
    page = browse("region", f"/dashboard?{tables}", size=size)
    page.get_by_test_id("stDataFrame").nth(4).wait_for()
    settled(page)
    assert covered(page) == []


@pytest.mark.parametrize(
    ("path", "size", "scheme"),
    [
        pytest.param("/dashboard", DESKTOP, "light", id="dashboard"),
        pytest.param("/dashboard?funnel=Cohort&trend=Close+rate", DESKTOP, "dark", id="dashboard, dark"),
        pytest.param("/dashboard", PHONE, "light", id="dashboard, phone"),
        pytest.param("/behind?kpi=close_rate&part=denominator", DESKTOP, "light", id="behind a number"),
        pytest.param("/behind?kpi=doors", PHONE, "dark", id="behind a number, phone, dark"),
    ],
)
def test_the_pages_fit_their_width_and_have_no_accessibility_fault(
    browse: Browse, path: str, size: tuple[int, int], scheme: str
) -> None:
    page = browse("region", path, size=size, scheme=scheme)
    page.get_by_test_id("stDataFrame").first.wait_for()
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    result: dict[str, Any] = Axe().run(page).response
    assert len(result["passes"]) > 20, "axe looked at the page"
    faults = [fault for fault in result["violations"] if fault["id"] not in STREAMLITS_OWN]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in faults] == []
