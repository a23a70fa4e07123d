"""The analyst's hour: find a table, narrow, sort and page it, open a record, go back in time, ask in SQL, take files."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.console.e2e.conftest import DESKTOP, PHONE, Browse, Serve, covered, settled
from tests.console.region import today
from tests.store.test_export import xlsx_rows

pytestmark = pytest.mark.browser

VIEWS = [
    pytest.param("/explore", DESKTOP, "light", id="tables"),
    pytest.param("/explore?where=ownerId~in~u-alma", PHONE, "dark", id="tables, phone, dark"),
    pytest.param("/explore?where=name~contains~nobody", DESKTOP, "dark", id="tables without a match, dark"),
    pytest.param("/explore?tab=SQL", DESKTOP, "light", id="sql"),
    pytest.param("/explore?tab=SQL", PHONE, "dark", id="sql, phone, dark"),
    pytest.param("/explore?tab=Saved", DESKTOP, "light", id="saved"),
    pytest.param("/record?system=spotio&object=record&id=r-0", DESKTOP, "light", id="record"),
    pytest.param("/record?system=spotio&object=record&id=r-0", PHONE, "dark", id="record, phone, dark"),
    pytest.param(
        "/record?system=spotio&object=record&id=r-0&tab=Events", DESKTOP, "dark", id="record's events, dark"
    ),
    pytest.param("/record?system=spotio&object=record&id=none", DESKTOP, "light", id="no such record"),
    pytest.param("/record?find=household", DESKTOP, "light", id="finder"),
]


@pytest.mark.parametrize(("path", "size", "scheme"), VIEWS)
def test_a_page_fits_its_width_and_has_no_accessibility_fault(
    browse: Browse, path: str, size: tuple[int, int], scheme: str
) -> None:
    page = browse("explored", path, size=size, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    result: dict[str, Any] = Axe().run(page).response
    assert len(result["passes"]) > 20, "axe looked at the page"
    faults = [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in result["violations"]]
    assert faults == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_tables_own_toolbar_covers_no_control(browse: Browse, size: tuple[int, int]) -> None:
    assert covered(browse("explored", "/explore", size=size)) == []


@pytest.mark.requirement("CO-03")
@pytest.mark.requirement("CO-09")
def test_an_analyst_finds_narrows_sorts_pages_and_goes_back_in_time(browse: Browse, serve: Serve) -> None:
    page = browse("explored", "/explore")
    add_filter(page, "Owner", "Alma Seger")
    expect(page.get_by_text("where Owner is one of “Alma Seger”")).to_be_visible()
    menu(page, "Columns")
    choose(page, "Sorted by", "Name")
    page.get_by_text("Smallest or oldest first").click()
    castell = page.locator("[role=gridcell]").filter(has_text="Castell household")
    expect(castell).to_be_attached()
    page.keyboard.press("Escape")
    assert "order=up" in page.url
    assert "where=ownerId" in page.url
    assert "sort=name" in page.url
    turn(page, "Next", "after=")
    expect(castell).to_have_count(0)
    shared = page.url
    turn(page, "Previous", "before=")
    expect(castell).to_be_attached()
    expect(page.get_by_role("button", name="Previous", exact=True)).to_be_disabled()
    # Castell household begins the alphabet; a click anywhere in its row opens its page.
    click_row(page, 0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Castell household")
    menu(page, "As of")
    then = today() - timedelta(days=2)
    page.get_by_role("spinbutton", name="year, Day").click()
    page.keyboard.type(f"{then:%Y%m%d}")
    # Away from the calendar, which lies over the button.
    page.get_by_text("as the mirror held it at a moment").click()
    settled(page)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Household r-0")
    expect(page.get_by_text(f"This is how it was on {then.day} {then:%b %Y}")).to_be_visible()
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Castell household")
    # The link to the second page opens it for somebody else, in a browser that was never here.
    other = browse("explored", shared.removeprefix(serve("explored")))
    expect(other.get_by_text("where Owner is one of “Alma Seger”")).to_be_visible()
    expect(other.get_by_role("button", name="Previous", exact=True)).to_be_enabled()


def test_what_is_typed_into_the_search_narrows_the_table_without_a_key(browse: Browse) -> None:
    page = browse("explored", "/explore")
    page.get_by_role("searchbox", name="Search this table").press_sequentially("castell")
    expect(page.get_by_text("1 of 1 row.")).to_be_visible()
    assert "q=castell" in page.url


def test_the_finder_leads_to_the_record(browse: Browse) -> None:
    page = browse("explored", "/explore")
    finder = page.get_by_role("searchbox", name="Find a record")
    finder.fill("castell")
    finder.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Castell household")
    assert "id=r-0" in page.url


def test_back_from_a_record_leads_to_the_rows_that_were_seen(browse: Browse) -> None:
    page = browse("explored", "/explore?where=name~contains~castell&sort=name")
    click_row(page, 0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Castell household")
    page.go_back()
    expect(page.get_by_text("1 of 1 row, where Name contains “castell”")).to_be_visible()
    assert page.url.endswith("/explore?where=name~contains~castell&sort=name")


def test_a_table_is_taken_away_by_the_pages_own_export_alone(browse: Browse) -> None:
    """Streamlit's own is written down nowhere, and leaves formulas in."""
    page = browse("explored", "/explore")
    page.get_by_test_id("stDataFrame").first.hover()
    expect(page.get_by_role("button", name="Fullscreen")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Download"))).to_have_count(0)


@pytest.mark.requirement("CO-03")
def test_an_analyst_asks_in_sql_draws_saves_and_shares(browse: Browse) -> None:
    page = browse("explored", "/explore?tab=SQL")
    write(page, "drop table spotio.record")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Only SELECT can be run here; nothing was changed.")).to_be_visible()
    write(page, "select ownerId as who, count(*) as doors from spotio.record group by all order by 1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name=re.compile("^4 rows"))).to_be_visible()
    page.get_by_text("Chart", exact=True).click()
    expect(page.get_by_text("doors by who")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    page.get_by_text("What the columns hold").click()
    expect(page.get_by_text(re.compile("^From all [0-9,]+ rows$"))).to_be_visible()
    menu(page, "Save")
    page.get_by_role("textbox", name="Name", exact=True).fill("Doors by owner")
    page.get_by_text("Shared: others can run it").click()
    settled(page)
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile("query="))
    page.keyboard.press("Escape")
    # Another page and back: the draft is still there.
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.get_by_role("link", name="Explore").click()
    page.get_by_text("SQL", exact=True).click()
    expect(page.get_by_role("textbox", name=re.compile("^Statement"))).to_have_value(re.compile("as doors"))
    # A manager sees it, and gets their own teams' part of it.
    other = browse("explored", "/me")
    other.get_by_role("button", name="Change view").or_(
        other.get_by_role("button", name="Leave")
    ).first.click()
    other.get_by_text("Manager", exact=True).click()
    choose(other, "Which manager", "Mina Ortega")
    other.get_by_role("button", name="Enter as").click()
    other.get_by_role("link", name="Explore").click()
    settled(other)
    other.get_by_text("Saved", exact=True).click()
    expect(other.get_by_text("By admin at this machine · shared · version 1")).to_be_visible()
    other.get_by_role("button", name="Open", exact=True).first.click()
    other.get_by_role("button", name=re.compile("Run")).click()
    expect(other.get_by_role("heading", name=re.compile("^3 rows|^2 rows"))).to_be_visible()


@pytest.mark.requirement("CO-08")
@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["light", "phone, dark"]
)
def test_an_admin_reads_who_asked_what(browse: Browse, size: tuple[int, int], scheme: str) -> None:
    asked = browse("explored", "/explore?tab=SQL")
    write(asked, f"select count(*) as doors from spotio.record -- {scheme}")
    asked.keyboard.press("Control+Enter")
    expect(asked.get_by_role("heading", name=re.compile("^1 row"))).to_be_visible()
    page = browse("explored", f"/audit?kind=Queries&q={scheme}", size=size, scheme=scheme)
    click_row(page, 0)
    expect(page.get_by_text("admin at this machine · ")).to_be_visible()
    expect(page.get_by_test_id("stCode").first).to_contain_text("select count(*) as doors")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    settled(page)
    assert [fault["id"] for fault in Axe().run(page).response["violations"]] == []


@pytest.mark.requirement("CO-03")
def test_each_kind_of_file_holds_the_rows(browse: Browse, tmp_path: Path) -> None:
    page = browse("explored", "/explore?where=name~contains~castell&columns=id|name|ownerId|value")
    menu(page, "Export")
    files = {kind: download(page, f"{kind}, all rows", tmp_path) for kind in ("CSV", "XLSX", "Parquet")}
    assert files["CSV"].read_text("utf-8-sig").splitlines() == [
        "id,name,ownerId,value", "r-0,Castell household,u-alma,1000.0",
    ]  # fmt: skip
    assert [value for _, value in xlsx_rows(files["XLSX"].read_bytes())[1]] == [
        "r-0", "Castell household", "u-alma", "1000",
    ]  # fmt: skip
    assert pl.read_parquet(files["Parquet"]).rows() == [("r-0", "Castell household", "u-alma", 1000.0)]
    sql = browse("explored", "/explore?tab=SQL")
    write(sql, "select '=1+1' as formula, 7 as n")
    sql.keyboard.press("Control+Enter")
    expect(sql.get_by_role("heading", name=re.compile("^1 row"))).to_be_visible()
    menu(sql, "Export")
    assert download(sql, "CSV, 1 row", tmp_path).read_text("utf-8-sig").splitlines()[1] == "'=1+1,7"


def menu(page: Page, name: str) -> None:
    """Open a menu of the page, and wait for what is in it."""
    settled(page)
    page.get_by_test_id("stPopoverButton").filter(has_text=name).click()
    page.get_by_test_id("stPopoverBody").wait_for()
    settled(page)


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a select box."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def add_filter(page: Page, column: str, value: str) -> None:
    menu(page, "Filters")
    choose(page, "Column", column)
    choose(page, "Values", value)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add filter").click()
    page.wait_for_url(re.compile("where="))
    settled(page)
    page.keyboard.press("Escape")


def turn(page: Page, button: str, address: str) -> None:
    """Turn a page of the table."""
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(re.compile(address))
    settled(page)


def click_row(page: Page, row: int) -> None:
    """Click into a row of the table, which is drawn on a canvas: 33 px a row below a header of the same height."""
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 60, box["y"] + 33 * (row + 1) + 16)


def write(page: Page, statement: str) -> None:
    page.get_by_role("textbox", name=re.compile("^Statement")).fill(statement)


def download(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target
