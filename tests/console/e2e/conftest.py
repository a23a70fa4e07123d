"""The console in a real browser: a server process a store, one Chromium for all."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import chromium

ROOT = Path(__file__).parents[3]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1280, 900), (390, 844)
# For a machine that is slow, or busy with other tests: what is there is there at once, and no test asserts a time.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)

Serve = Callable[[str], str]
Browse = Callable[..., Page]


@contextmanager
def _served(kind: str, folder: Path) -> Iterator[str]:
    """A console over a store of that kind; gives its address. It is started outside the checkout, as a user may."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.console.e2e.serve", str(port), str(folder), kind],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": ""},
            stdout=output,
            stderr=output,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE_MS / 1000)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(900):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health"):  # noqa: S310 (our own loopback address)
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"The console did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="package")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """The address of a console over a store of some kind, started at its first use."""
    running: dict[str, str] = {}
    with ExitStack() as stack:

        def serve(kind: str) -> str:
            if kind not in running:
                running[kind] = stack.enter_context(_served(kind, tmp_path_factory.mktemp(kind)))
            return running[kind]

        yield serve


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browse(browser: Browser, serve: Serve) -> Iterator[Browse]:
    """A fresh visitor of a page, in as an admin: browse("company", "/log", size=PHONE, scheme="dark")."""
    with ExitStack() as stack:

        def browse(
            kind: str, path: str = "/", *, size: tuple[int, int] = DESKTOP, scheme: str = "light"
        ) -> Page:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(serve(kind) + path)
            enter(page)
            return page

        yield browse


def enter(page: Page, role: str = "admin") -> None:
    """Choose a role at a console without a sign-in, and wait for the page behind it."""
    if role != "admin":
        page.get_by_text(role.capitalize(), exact=True).click()
    page.get_by_role("button", name=f"Enter as {role}").click()
    page.get_by_role("button", name=f"Enter as {role}").wait_for(state="detached")
    page.get_by_role("heading", level=1).wait_for()
    settled(page)


def settled(page: Page) -> None:
    """Wait until the script has run and what it drew stands."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton]').length === 0")
    page.wait_for_function("document.fonts.status === 'loaded'")


def covered(page: Page, kind: str = "stDataFrame") -> list[str]:
    """The controls that the small toolbar of some table, or of another kind of thing, covers while the pointer is over it."""
    found: list[str] = []
    for table in page.get_by_test_id(kind).all():
        table.scroll_into_view_if_needed()
        table.hover(position={"x": 20, "y": 20})
        table.locator("xpath=ancestor::*[@data-testid='stFullScreenFrame']").get_by_test_id(
            "stElementToolbar"
        ).wait_for()
        found += page.evaluate(_COVERED)
    return found


_COVERED = """() => {
  const boxes = [...document.querySelectorAll('[data-testid=stElementToolbar]')]
    .map(bar => bar.getBoundingClientRect()).filter(box => box.width && box.height)
  const ours = '[data-testid=stElementToolbar], [data-testid=stDataFrame], [data-testid=stVegaLiteChart]'
  return [...document.querySelectorAll('button, input, a, label')]
    .filter(control => !control.closest(ours))
    .filter(control => {
      const box = control.getBoundingClientRect()
      return box.width && boxes.some(bar => box.left < bar.right && bar.left < box.right
        && box.top < bar.bottom - 4 && bar.top < box.bottom - 4)
    })
    .map(control => control.innerText || control.ariaLabel || control.tagName)
}"""
