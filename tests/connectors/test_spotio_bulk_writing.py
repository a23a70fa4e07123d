"""SPOTIO's bulk jobs: a line that fails fails alone, and a job of which nothing is known is never run again."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
import tenacity

from sync.connectors import http
from sync.connectors.outcome import Outcome
from sync.connectors.spotio.api import SpotioApi
from sync.connectors.spotio.writing import SpotioUpdate, SpotioWriter
from sync.errors import StoppedError
from sync.sandbox.server import Sandbox
from tests.connectors.conftest import Fault
from tests.connectors.overheard import Overheard
from tests.connectors.scripted import Asked, Says
from tests.connectors.spotio_people import (
    BILL,
    INDUSTRY,
    INTERESTS,
    PHONE,
    Tenant,
    kinds,
    leads,
    made,
    require,
    take,
    writer_notes,
)
from tests.connectors.test_spotio import client_of, over

JOBS = "/api/jobs/dataObjects/bulk"


@pytest.fixture
def writer(spotio_api: SpotioApi) -> SpotioWriter:
    """Jobs from four rows on, so that tests stay small."""
    return SpotioWriter(spotio_api, bulk_from=4)


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_growing", tenacity.wait_none())


def ids(outcomes: list[Outcome]) -> list[str]:
    return [str(outcome.id) for outcome in outcomes]


def test_many_creates_are_one_job_in_which_a_bad_line_fails_alone(
    writer: SpotioWriter, manager: Tenant, overheard: Overheard
) -> None:
    rows = leads(40, ownerId=manager.user)
    rows[7]["fields"][INDUSTRY] = "Mining"
    rows[20]["stageId"] = 99
    outcomes = writer.create(rows)
    assert {o.index: (o.code, o.text) for o in outcomes if o.kind != "done"} == {
        7: ("validation", "20: Industry has no option Mining."),
        20: ("validation", "stageId: Stage with id: 99 does not exist."),
    }
    assert overheard.count("POST", "/api/DataObjects") == 0
    assert overheard.count("POST", "/start") == 1
    for outcome in outcomes[::9]:
        record = manager.read(str(outcome.id))
        assert record["externalDataObjectId"] == rows[outcome.index]["externalDataObjectId"]
        assert manager.values(str(outcome.id)) == rows[outcome.index]["fields"]


def test_fewer_creates_than_a_job_is_worth_and_lines_that_nothing_tells_apart_go_singly(
    writer: SpotioWriter, overheard: Overheard
) -> None:
    assert kinds(writer.create(leads(3))) == ["done"] * 3
    twins = [{**row, "externalDataObjectId": None} for row in leads(2)]
    assert kinds(writer.create([*leads(4), *twins])) == ["done"] * 6
    assert overheard.count("POST", "/start") == 1
    assert overheard.count("POST", "/api/DataObjects") == 5


def test_a_job_has_records_of_one_type(writer: SpotioWriter, overheard: Overheard) -> None:
    rows = leads(6)
    for row in rows[3:]:
        row["typeId"] = 2
    outcomes = writer.create(rows)
    assert kinds(outcomes) == ["done"] * 6
    assert overheard.count("POST", "/start") == 2


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
def test_a_job_whose_answer_is_lost_at_any_step_writes_each_record_once(
    writer: SpotioWriter, manager: Tenant, fault: Fault, action: str
) -> None:
    made: list[str] = []
    for path in (f"{JOBS}$", "/data$", "/start$", "/progress$", "results/failed", "results/succeeded"):
        fault(1, path, action=action)
        outcomes = writer.create(leads(5))
        assert kinds(outcomes) == ["done"] * 5, path
        made += ids(outcomes)
    assert sorted(item["id"] for item in manager.named("Quillfeather")) == sorted(made)


@pytest.mark.usefixtures("without_pauses")
def test_a_job_whose_state_is_lost_leaves_its_rows_unknown_and_is_not_run_again(
    writer: SpotioWriter, manager: Tenant, fault: Fault, overheard: Overheard
) -> None:
    fault(1, f"{JOBS}/[^/]+/progress", action="status", status=500, times=-1)
    outcomes = writer.create(leads(5))
    assert [(o.kind, o.id) for o in outcomes] == [("unknown", None)] * 5
    assert overheard.count("POST", "/start") == 1
    assert len(manager.named("Quillfeather")) <= 5


@pytest.mark.usefixtures("without_pauses")
def test_a_job_of_which_nobody_knows_whether_it_began_leaves_its_rows_unknown(
    writer: SpotioWriter, fault: Fault
) -> None:
    fault(1, f"{JOBS}/[^/]+$", action="status", status=500, times=-1)
    fault(1, "/start$", action="drop_after")
    assert kinds(writer.create(leads(5))) == ["unknown"] * 5


def test_a_job_that_cannot_be_made_has_written_nothing(
    writer: SpotioWriter, fault: Fault, manager: Tenant
) -> None:
    fault(1, f"{JOBS}$", action="status", status=400)
    assert [(o.kind, o.code) for o in writer.create(leads(5))] == [("failed", "rejected")] * 5
    assert manager.named("Quillfeather") == []


def test_a_stop_while_a_job_is_at_work_leaves_its_rows_unknown(
    writer: SpotioWriter, overheard: Overheard, stop: threading.Event
) -> None:
    def end(request: httpx.Request) -> None:
        if request.url.path.endswith("/progress"):
            stop.set()

    overheard.before = end
    told: list[Outcome] = []
    with pytest.raises(StoppedError):
        take(writer.create_batches(leads(5)), told.extend)
    assert kinds(told) == ["unknown"] * 5


@pytest.mark.parametrize("state", ["Failed", "Aborted", "InProgress"])
def test_lines_of_which_a_job_says_nothing_are_unknown(state: str) -> None:
    """A job that broke off, or stands still; what it had done by then it tells, in the capitals of the guide."""
    line = {
        "FileId": "f",
        "DataObjectId": "r0",
        "Data": {"ExternalDataObjectId": leads(1)[0]["externalDataObjectId"]},
    }

    def script(asked: Asked) -> Says:
        if asked.path.endswith("succeeded") and state != "InProgress":
            return Says(200, json.dumps(line).encode() + b"\n")
        if asked.path.endswith("failed"):
            return Says(404)
        return Says(200, json.dumps({"id": "j", "createdById": 1, "state": state}).encode())

    with over(script).running() as server, client_of(server) as api:
        outcomes = SpotioWriter(api, bulk_from=4, patience_seconds=0.2).create(leads(4))
        assert [path for path in server.paths() if "/start" in path] == [f"POST {JOBS}/j/start"]
    assert kinds(outcomes) == (["done"] if state != "InProgress" else ["unknown"]) + ["unknown"] * 3


@pytest.mark.rule("F-09")
def test_many_changes_are_one_job_that_leaves_other_fields_alone_even_if_edited_meanwhile(
    writer: SpotioWriter, manager: Tenant, overheard: Overheard
) -> None:
    record_ids = ids(writer.create(leads(6)))

    def edit(request: httpx.Request) -> None:
        if request.url.path.endswith("/start"):
            overheard.before = lambda request: None
            manager.set_field(record_ids[2], PHONE, "555 0100")
            manager.set_field(record_ids[3], BILL, "7")

    overheard.before = edit
    changes = [
        SpotioUpdate(
            id, stage_id="3", fields={BILL: n, INTERESTS: ["EV charger"]}, expected={BILL: None, "stage": "1"}
        )
        for n, id in enumerate(record_ids, 1)
    ]
    outcomes = writer.update(changes)
    assert overheard.count("PATCH", "/jsonp") == 0
    assert [(o.kind, o.unproven) for o in outcomes] == [("done", False)] * 6
    assert [o.overwrote for o in outcomes] == [{}, {}, {}, {BILL: "7"}, {}, {}]
    for n, id in enumerate(record_ids, 1):
        values = leads(6)[n - 1]["fields"] | {BILL: str(n), INTERESTS: ["EV charger"]}
        assert manager.values(id) == values | ({PHONE: "555 0100"} if n == 3 else {})
        shown: Any = outcomes[n - 1].record
        assert (manager.read(id)["stageId"], shown["updatedAt"]) == ("3", manager.read(id)["updatedAt"])


@pytest.mark.rule("F-09")
def test_in_a_job_of_changes_each_row_has_an_outcome_of_its_own(
    writer: SpotioWriter, manager: Tenant, overheard: Overheard
) -> None:
    record_ids = ids(writer.create(leads(7)))
    manager.set_field(record_ids[1], INDUSTRY, "Education")
    assert kinds(writer.delete([record_ids[2]])) == ["done"]
    expected = {INDUSTRY: "Retail"}
    changes = [SpotioUpdate(id, fields={INDUSTRY: "Chemicals"}, expected=expected) for id in record_ids]
    changes[3] = SpotioUpdate(record_ids[3], fields={INDUSTRY: "Mining"})
    changes[4] = SpotioUpdate(record_ids[4], fields={INDUSTRY: "Retail"})
    changes[5] = SpotioUpdate(record_ids[5], stage_id="7", loss_reasons=["Price"])
    announced: list[int] = []
    told: list[Outcome] = []
    take(writer.update_batches(changes, announced.extend), told.extend)
    told.sort(key=lambda outcome: outcome.index)
    assert sorted(announced) == list(range(7))
    assert [(o.kind, o.code) for o in told] == [
        ("done", ""),
        ("moved", "moved"),
        ("failed", "not_found"),
        ("failed", "validation"),
        ("done", ""),
        ("done", ""),
        ("done", ""),
    ]
    assert manager.values(record_ids[1])[INDUSTRY] == "Education"
    [move] = [note["transition"] for note in writer_notes(manager, record_ids[5]) if note["transition"]]
    assert move["lossReasons"] == ["Price"]


def test_a_line_that_lacks_what_its_stage_requires_is_sent_singly_where_that_can_wait(
    writer: SpotioWriter, sandbox: Sandbox, manager: Tenant
) -> None:
    record_ids = [made(writer) for _ in range(4)]
    require(sandbox, BILL)
    outcomes = writer.update([SpotioUpdate(id, fields={INDUSTRY: "Chemicals"}) for id in record_ids])
    assert kinds(outcomes) == ["done"] * 4
    assert {manager.values(id)[INDUSTRY] for id in record_ids} == {"Chemicals"}


@pytest.mark.usefixtures("without_pauses")
def test_changes_of_a_job_whose_state_is_lost_are_unknown(writer: SpotioWriter, fault: Fault) -> None:
    record_ids = ids(writer.create(leads(4)))
    fault(1, f"{JOBS}/[^/]+/progress", action="status", status=500, times=-1)
    outcomes = writer.update([SpotioUpdate(id, fields={BILL: "1"}) for id in record_ids])
    assert [(o.kind, o.id) for o in outcomes] == [("unknown", id) for id in record_ids]
