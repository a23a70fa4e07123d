"""The demonstration as a newcomer meets it: one command, a browser, and a first run that ends well."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.e2e.conftest import enter

ROOT = Path(__file__).parents[3]
# A first load of the whole small world, on a machine that may be busy with other tests.
PATIENCE_MS = 180_000


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("FIELDLINE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sync.cli", "demo", "--json"],
        cwd=folder,
        env={**env, "FIELDLINE_PORT": str(port), "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0


def visit(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    enter(page)
    return page


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.requirement("CO-01")
def test_the_demonstration_comes_to_a_finished_run_that_a_person_sees(
    demo: dict[str, Any], browser: Browser
) -> None:
    assert demo["ready"] is True
    assert set(demo) == {"ready", "url", "env"}
    assert httpx.get(f"{demo['url']}/api/health").json()["status"] == "ok"

    page = visit(browser, demo["url"])
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Connected")).to_have_count(3, timeout=PATIENCE_MS)
    expect(page.get_by_text("counts equal").first).to_be_visible(timeout=PATIENCE_MS)

    page.goto(f"{demo['url']}/log?run=r-1")
    enter(page)
    expect(page.get_by_role("heading", name="Run r-1")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text(re.compile(r"^read [\d,]+ · inserted [\d,]+ · .*took"))).to_be_visible(
        timeout=PATIENCE_MS
    )


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.requirement("CO-01")
def test_run_now_brings_a_further_run(demo: dict[str, Any], browser: Browser) -> None:
    page = visit(browser, demo["url"])
    expect(page.get_by_text("Connected")).to_have_count(3, timeout=PATIENCE_MS)
    before = runs_of_people(demo)
    page.get_by_role("button", name="Run now").click()
    for _ in range(600):
        if runs_of_people(demo) > before:
            return
        page.wait_for_timeout(200)
    pytest.fail("no run was asked for from the console")


def runs_of_people(demo: dict[str, Any]) -> int:
    ended = subprocess.run(
        [sys.executable, "-m", "sync.cli", "query", "--json", "--store", demo["env"]["FIELDLINE_STORE"],
         "select count(*) from sync.run where asked_by = 'console' and outcome = 'done'"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return int(json.loads(ended.stdout)["rows"][0][0])
