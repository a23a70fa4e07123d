"""Errors in a browser: a cause is mended on the spot, with the mouse, and what came of it stands above the list."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.console.e2e.conftest import DESKTOP, Browse, settled

pytestmark = pytest.mark.browser


@pytest.mark.requirement("CO-14", "SF-10")
def test_a_value_is_mapped_where_it_stands_after_what_that_changes_was_seen(browse: Browse) -> None:
    page = browse("mending", "/errors")
    card = page.locator("[class*=st-key-card-]").filter(has_text="Site survey")
    card.get_by_role("button", name="Open").click()
    choice = card.locator("[class*=st-key-fix-] input")
    choice.scroll_into_view_if_needed()  # an open list closes when the page scrolls
    settled(page)
    choice.click()
    page.get_by_role("option", name="Closed").click()
    expect(card.get_by_text("doors: stage Site survey is Closed now, it was nothing.")).to_be_visible()
    expect(card.get_by_text("It would release all 2 records; the next run writes them.")).to_be_visible()
    settled(page)
    faults = [(fault["id"], fault["nodes"]) for fault in Axe().run(page).response["violations"]]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= DESKTOP[0]
    card.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("It releases all 2 records; the next run writes them.")).to_be_visible()
