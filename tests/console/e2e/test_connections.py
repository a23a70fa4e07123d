"""Salesforce is connected by the button, in a browser, through the stand-in's own sign-in page; the server is the real one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from sync.sandbox.server import Sandbox, running
from tests.connections.office import ADMIN, EVERYBODYS, KEY
from tests.console.e2e import oidc
from tests.console.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE, enter, settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server runs, and its store and log lie."""
    return tmp_path_factory.mktemp("connections")


@pytest.fixture(scope="module")
def console(sandbox: Sandbox, folder: Path) -> Iterator[str]:
    """A console to which nothing is connected; gives its address."""
    env = {
        "FIELDLINE_SECRET_KEY": KEY,
        "FIELDLINE_SALESFORCE__OBJECTS": "User,Lead",
        "FIELDLINE_SPOTIO__URL": sandbox.env["FIELDLINE_SPOTIO__URL"],
        "FIELDLINE_SALESSCREEN__URL": sandbox.env["FIELDLINE_SALESSCREEN__URL"],
    }
    with oidc.served(folder, oidc.free_port(), env) as url:
        yield url


def faults(page: Page, width: int) -> list[Any]:
    """What axe finds on a page, and whether it is wider than the window."""
    page.mouse.move(0, 0)  # a control under the pointer is drawn in passing colours
    page.wait_for_function("document.getAnimations().every(each => each.playState !== 'running')")
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    result: dict[str, Any] = Axe().run(page).response
    found = [(each["id"], [node["html"] for node in each["nodes"]]) for each in result["violations"]]
    return [*found, *(["wider than its window"] if wide else [])]


@pytest.mark.requirement("SF-01", "CO-02")
@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone, dark"]
)
def test_an_admin_connects_salesforce_by_the_button_and_it_is_read(
    browser: Browser, console: str, folder: Path, sandbox: Sandbox, size: tuple[int, int], scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(console + "/connections")
    enter(page)
    page.get_by_role("button", name=re.compile("Connect Salesforce|Sign in again")).click()
    page.get_by_role("radio", name="My Domain").click()
    settled(page)
    page.get_by_label("My Domain address").fill(sandbox.urls[0])
    page.get_by_label("Consumer key").fill(sandbox.salesforce.client_id)
    page.get_by_label("Consumer secret").fill(sandbox.salesforce.client_secret)
    assert faults(page, size[0]) == []
    page.get_by_role("button", name="Continue").click()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in at Salesforce").click()
    salesforce = opened.value
    salesforce.get_by_label("Username").fill(ADMIN)
    salesforce.get_by_label("Password").fill(EVERYBODYS)
    salesforce.get_by_role("button", name="Log In").click()
    salesforce.get_by_role("button", name="Allow").click()
    expect(salesforce.get_by_role("heading", level=1)).to_have_text("Connected")
    assert faults(salesforce, size[0]) == []
    expect(page.get_by_text(re.compile("Connected Salesforce as admin@.* to Brightwater"))).to_be_visible()
    assert sandbox.salesforce.client_secret not in page.content()
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("All is well")).to_be_visible()
    assert faults(page, size[0]) == []
    page.get_by_role("button", name="Disconnect…").click()
    expect(page.get_by_role("dialog")).to_contain_text("what is mirrored stays")
    page.keyboard.press("Escape")
    health = httpx.get(f"{console}/api/health").json()
    assert "salesforce" in health["next"]
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"server.log", "console.duckdb"} <= {file.name for file in files}
    secret = sandbox.salesforce.client_secret.encode()
    assert [file.name for file in files if secret in file.read_bytes()] == []
    context.close()
