"""What a limit holds is approved on the page, and the server's next run writes that much of that plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from ruamel.yaml import YAML

from sync.sandbox.server import Sandbox, running
from tests.commands.program import Fieldline, free_port, until
from tests.console.e2e.conftest import DESKTOP, enter, settled
from tests.sandbox.salesforce_client import Salesforce

pytestmark = pytest.mark.browser


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.mark.slow
@pytest.mark.requirement("SF-30", "CO-07")
@pytest.mark.rule("C-06")
def test_an_approval_on_the_page_is_carried_out_by_the_server(
    browser: Browser, sandbox: Sandbox, tmp_path: Path
) -> None:
    port = free_port()
    fieldline = Fieldline(
        tmp_path,
        {
            **sandbox.env,
            "FIELDLINE_PORT": str(port),
            "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "86400",
            "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "86400",
        },
    )
    with fieldline.serving("up", "--json"):

        def rows(sql: str) -> list[list[Any]]:
            found: list[list[Any]] = fieldline.run("query", sql, "--json").json["rows"]
            return found

        done = "select 1 from sync.run where kind = 'pull' and outcome = 'done' group by systems"
        until(lambda: len(rows(done)) >= 2, "the first load")
        document = YAML(typ="safe").load(fieldline.run("config", "sample").out)
        document["syncs"][0]["guard"]["writes"] = 0
        (tmp_path / "configuration.yaml").write_text(json.dumps(document))
        fieldline.run("config", "import", "configuration.yaml", "--publish")
        fieldline.run("sync-on", "doors", "--yes")
        fieldline.run("sync", "--no-pull")
        [[lead, record]] = rows(
            "select f.id, s.id from sync.link l"
            " join sync.link_member f on f.number = l.number and f.system = 'salesforce'"
            " join sync.link_member s on s.number = l.number and s.system = 'spotio'"
            " where l.state = 'active' order by l.number limit 1"
        )
        salesforce = Salesforce(sandbox.urls[0])
        salesforce.update("Lead", lead, Company="Approved Works")
        salesforce.http.close()
        fieldline.run("pull")

        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.goto(f"http://127.0.0.1:{port}/plan")
        enter(page)
        settled(page)
        expect(page.get_by_text("Held: 1 update of a SPOTIO record")).to_be_visible()
        page.get_by_role("button", name="Approve 1…").click()
        page.get_by_role("dialog").get_by_role("button", name="Approve 1").click()
        expect(
            page.get_by_text("Approved at most 1 update of a SPOTIO record of plan p-1, until")
        ).to_be_visible()
        until(
            lambda: rows(
                f"select 1 from history.change where id = '{record}' and after::varchar like '%Approved Works%'"
            ),
            "the write in the mirror",
        )
        assert rows("select outcome from sync.run where kind = 'sync' and asked_by = 'console'") == [["done"]]
        page.reload()
        enter(page)
        expect(page.get_by_text("A run made use of it.")).to_be_visible()
        page.close()
