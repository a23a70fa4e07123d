"""The running server: killed at random moments, and told of changes by webhooks that are lost, doubled and late."""

from __future__ import annotations

import random
import shutil
import threading
import time
from pathlib import Path

import httpx
import pytest

from data.store import Store
from sync.runner import Runner
from sync.sandbox.server import Sandbox
from sync.schedule import Schedule
from tests.commands.program import Fieldline, free_port, until
from tests.scenarios.company import REPORTED, Company
from tests.scenarios.mirroring import Mirror

LIVES = 4


def server_over(sandbox: Sandbox, first_load: Path, folder: Path, **settings: str) -> Fieldline:
    fieldline = Fieldline(folder, {**sandbox.env, "FIELDLINE_PORT": str(free_port()), **settings})
    shutil.copyfile(first_load, fieldline.store)
    return fieldline


@pytest.mark.requirement("CO-01")
@pytest.mark.requirement("CO-16")
def test_a_server_killed_again_and_again_while_people_work_loses_nothing(
    sandbox: Sandbox, first_load: Path, tmp_path: Path
) -> None:
    fieldline = server_over(sandbox, first_load, tmp_path, FIELDLINE_SCHEDULE__SPOTIO_SECONDS="5")
    rng = random.Random(1)  # noqa: S311
    with Company(sandbox, seed=3) as company:
        company.backdates = False
        for _ in range(LIVES):
            with fieldline.serving("run", "--json") as server:
                company.work(8, only=REPORTED)
                time.sleep(rng.uniform(0, 2))
                server.kill()
    with Mirror(sandbox, fieldline.store) as mirror:
        assert mirror.store.rows("select id from sync.run where outcome = 'running'") == []
        assert mirror.pull().outcome == "done"
        assert [str(each) for each in mirror.differences(reconciled=True)] == []


@pytest.mark.requirement("CO-01")
def test_webhooks_that_are_doubled_lost_and_late_bring_the_named_records_and_nothing_twice(
    sandbox: Sandbox, first_load: Path, tmp_path: Path
) -> None:
    """The schedule turns once a day here: what arrives, arrives because a webhook named it."""
    day = {"FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "86400", "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "86400"}
    fieldline = server_over(sandbox, first_load, tmp_path, **day)
    address = f"http://127.0.0.1:{fieldline.settings['FIELDLINE_PORT']}"
    fieldline.settings["FIELDLINE_PUBLIC_URL"] = address
    spotio = sandbox.urls[1]
    with Company(sandbox, seed=1) as company, fieldline.serving("run", "--json"):

        def asked(sql: str) -> list[list[object]]:
            rows: list[list[object]] = fieldline.run("query", sql, "--json").json["rows"]
            return rows

        until(lambda: company.spotio.call("GET", "/api/Webhooks")["endpoints"], "the webhook's registration")
        until(
            lambda: not asked("select 1 from sync.run where outcome = 'running'"),
            "the end of the first turns",
        )
        trouble = [
            {"target": "webhooks", "action": "duplicate"},
            {"target": "webhooks", "action": "drop_after"},
            {"target": "webhooks", "action": "reorder", "seconds": 0.2},
        ]
        httpx.post(f"{spotio}/__sandbox__/faults", json=trouble).raise_for_status()
        records = [str(row["id"]) for row in company.spotio.state("dataObjects")[:4]]
        for record_id in records:
            body = [{"op": "replace", "path": "/externalDataObjectId", "value": "00Qhook"}]
            path = f"/api/DataObjects/{record_id}/jsonp?validateRequiredFields=false"
            assert company.spotio.call("PATCH", path, body)
            time.sleep(0.4)  # a delivery of its own each
        until(
            lambda: asked(
                "select 1 from spotio.record where externalDataObjectId = '00Qhook' having count(*) = 4"
            ),
            "the named records",
        )
        kept = "select record_id from sync.webhook_note where kind = 'lead.updated' group by 1 having count(*) > 1"
        assert asked(kept) == []
        assert asked("select distinct mode from sync.run_table t join sync.run r on r.id = t.run where r.asked_by = 'webhook'") == [["named"]]  # fmt: skip
    with Store.open(f"duckdb:////{str(fieldline.store).lstrip('/')}") as store:
        twice = "select id from history.change where object = 'record' and id in (select unnest($ids)) and operation = 'update' group by 1 having count(*) > 1"
        assert store.rows(twice, {"ids": records}) == []


@pytest.mark.requirement("CO-01")
def test_regular_turns_come_where_others_are_always_at_the_system(
    sandbox: Sandbox, first_load: Path, tmp_path: Path
) -> None:
    shutil.copyfile(first_load, tmp_path / "mirror.duckdb")
    with Mirror(sandbox, tmp_path / "mirror.duckdb") as mirror:
        often = mirror.settings.schedule.model_copy(update={"spotio_seconds": 1})
        runner = Runner(mirror.settings.model_copy(update={"schedule": often}), mirror.store)
        schedule, ended = Schedule(runner), threading.Event()

        def be_at_it() -> None:
            while not ended.is_set():
                with runner.turn(("spotio",)):
                    time.sleep(0.3)
                time.sleep(0.001)

        others = threading.Thread(target=be_at_it)
        others.start()
        schedule.start()
        regular = "select count(*) as n from sync.run where asked_by = 'schedule' and systems = 'spotio'"
        try:
            # The first is that of the start.
            until(lambda: mirror.store.rows(regular)[0]["n"] > 1, "a regular turn")
        finally:
            ended.set()
            others.join()
            schedule.close()
