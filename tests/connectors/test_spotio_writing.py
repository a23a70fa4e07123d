"""SPOTIO's writer: no record twice, no field lost, and what was written over is told."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from sync.connectors import http, sending
from sync.connectors.outcome import Outcome
from sync.connectors.spotio.api import SpotioApi
from sync.connectors.spotio.writing import SpotioUpdate, SpotioWriter
from sync.errors import UnreachableError
from sync.sandbox.server import Sandbox
from tests.connectors.conftest import Fault
from tests.connectors.overheard import Overheard
from tests.connectors.spotio_people import (
    BILL,
    FIRST,
    INDUSTRY,
    INTERESTS,
    LAST,
    PHONE,
    Tenant,
    kinds,
    leads,
    made,
    only,
    require,
    take,
    writer_notes,
)


@pytest.fixture
def writer(spotio_api: SpotioApi) -> SpotioWriter:
    return SpotioWriter(spotio_api)


def test_a_created_record_holds_every_value_and_is_told(writer: SpotioWriter, manager: Tenant) -> None:
    outcome = only(writer.create(leads(1, stageId=2, ownerId=manager.user)))
    assert (outcome.kind, outcome.code, outcome.text) == ("done", "", "")
    assert outcome.record is not None
    record = manager.read(str(outcome.id))
    assert outcome.record["updatedAt"] == record["updatedAt"]
    assert (record["stageId"], record["ownerId"], record["externalDataObjectId"]) == (
        "2",
        manager.user,
        "00Q" + "0" * 15,
    )
    assert manager.values(str(outcome.id)) == leads(1)[0]["fields"]


def test_a_change_leaves_every_other_field_as_it_is(writer: SpotioWriter, manager: Tenant) -> None:
    record_id = made(writer)
    change = SpotioUpdate(
        record_id,
        stage_id="3",
        owner_id=manager.user,
        fields={INDUSTRY: "Chemicals", BILL: 12.5, INTERESTS: None},
    )
    outcome = only(writer.update([change]))
    assert (outcome.kind, outcome.overwrote, outcome.unproven) == ("done", {}, False)
    record = manager.read(record_id)
    assert (record["stageId"], record["ownerId"]) == ("3", manager.user)
    assert manager.values(record_id) == {
        FIRST: "Zoe 0",
        LAST: "Quillfeather",
        INDUSTRY: "Chemicals",
        BILL: "12.5",
    }
    assert outcome.record is not None
    assert outcome.record["updatedAt"] == record["updatedAt"]


@pytest.mark.rule("F-09")
def test_what_somebody_edited_before_our_reading_is_kept(writer: SpotioWriter, manager: Tenant) -> None:
    record_id = made(writer)
    manager.set_field(record_id, PHONE, "555 0100")
    outcome = only(writer.update([SpotioUpdate(record_id, fields={BILL: "90"}, expected={BILL: None})]))
    assert (outcome.kind, outcome.overwrote) == ("done", {})
    assert manager.values(record_id) | {BILL: "90", PHONE: "555 0100"} == manager.values(record_id)


@pytest.mark.rule("F-09")
def test_a_field_that_is_no_longer_as_planned_goes_back_to_planning_unwritten(
    writer: SpotioWriter, manager: Tenant
) -> None:
    record_id = made(writer)
    manager.set_field(record_id, INDUSTRY, "Education")
    before = manager.read(record_id)
    change = SpotioUpdate(
        record_id, stage_id="3", fields={INDUSTRY: "Chemicals"}, expected={"stage": "1", INDUSTRY: "Retail"}
    )
    outcome = only(writer.update([change]))
    assert (outcome.kind, outcome.fields) == ("moved", (INDUSTRY,))
    assert outcome.record is not None
    assert manager.read(record_id)["updatedAt"] == before["updatedAt"] == outcome.record["updatedAt"]


@pytest.mark.rule("F-09")
@pytest.mark.parametrize("bystander", [False, True])
def test_an_edit_between_our_reading_and_our_writing_is_told_with_the_value_it_had(
    writer: SpotioWriter, manager: Tenant, overheard: Overheard, bystander: bool
) -> None:
    """The list of fields goes out whole, so an edit of any of them in that moment is written over."""
    record_id = made(writer)

    def edit(request: httpx.Request) -> None:
        if request.method == "PATCH":
            overheard.before = lambda request: None
            manager.set_field(record_id, PHONE if bystander else BILL, "555 0100" if bystander else "7")

    overheard.before = edit
    outcome = only(writer.update([SpotioUpdate(record_id, fields={BILL: "90"}, expected={BILL: None})]))
    assert outcome.kind == "done"
    assert outcome.overwrote == ({PHONE: "555 0100"} if bystander else {BILL: "7"})
    assert outcome.record is not None
    restored = only(writer.update([SpotioUpdate(record_id, fields=dict(outcome.overwrote))]))
    assert (restored.kind, restored.overwrote) == ("done", {})


@pytest.mark.rule("F-09")
def test_a_stage_and_an_owner_that_somebody_set_in_between_are_told_only_where_we_write_them(
    writer: SpotioWriter, manager: Tenant, overheard: Overheard
) -> None:
    first, second = (made(writer) for _ in range(2))

    def edit(request: httpx.Request) -> None:
        if request.method == "PATCH" and (first in request.url.path or second in request.url.path):
            manager.set(first if first in request.url.path else second, stageId=5, ownerId=int(manager.user))

    overheard.before = edit
    owner = manager.read(first)["ownerId"]
    told = writer.update([SpotioUpdate(first, stage_id="3"), SpotioUpdate(second, fields={BILL: "1"})])
    assert [outcome.overwrote for outcome in told] == [{"stage": "5"}, {}]
    assert manager.read(first)["ownerId"] == manager.read(second)["ownerId"] == manager.user != owner
    assert (manager.read(first)["stageId"], manager.read(second)["stageId"]) == ("3", "5")


@pytest.mark.rule("F-09")
def test_of_two_clients_racing_on_one_record_nothing_is_lost_without_a_word(
    writer: SpotioWriter, manager: Tenant
) -> None:
    """Each value that somebody wrote stands in the end, or was told as written over by a later write."""
    record_id = made(writer)
    begin = threading.Barrier(2)

    def other() -> None:
        begin.wait()
        for n in range(8):
            manager.set_field(record_id, PHONE, f"555 010{n}")

    thread = threading.Thread(target=other)
    thread.start()
    begin.wait()
    lost: list[Any] = []
    for n in range(8):
        outcome = only(writer.update([SpotioUpdate(record_id, fields={BILL: str(n)})]))
        assert (outcome.kind, outcome.unproven) == ("done", False)
        lost += [value for name, value in outcome.overwrote.items() if name == PHONE]
    thread.join()
    notes = [
        (note["fieldDiff"], note["ownerId"])
        for note in writer_notes(manager, record_id)
        if note["fieldDiff"] and note["fieldDiff"]["reference"] == PHONE
    ]
    ours = [diff["oldValue"] for diff, author in notes if author != manager.user]
    assert sorted(map(str, lost)) == sorted(map(str, ours))


def test_a_change_that_stands_already_is_done_and_not_written_again(
    writer: SpotioWriter, manager: Tenant, overheard: Overheard
) -> None:
    record_id = made(writer)
    change = SpotioUpdate(
        record_id, stage_id="1", fields={INDUSTRY: "Retail"}, expected={INDUSTRY: "Education"}
    )
    assert kinds(writer.update([change])) == ["done"]
    assert overheard.count("PATCH", record_id) == 0


def test_where_spotios_notes_cannot_be_read_the_window_is_said_to_be_unproven(
    writer: SpotioWriter, fault: Fault
) -> None:
    record_id = made(writer)
    fault(1, "activities/feed", action="status", status=400, times=-1)
    outcome = only(writer.update([SpotioUpdate(record_id, fields={BILL: "90"})]))
    assert (outcome.kind, outcome.unproven, outcome.overwrote) == ("done", True, {})


def test_a_loss_reason_goes_along_with_its_stage(writer: SpotioWriter, manager: Tenant) -> None:
    record_id = made(writer)
    change = SpotioUpdate(record_id, stage_id="7", loss_reasons=["Price"], fields={BILL: "90"})
    assert kinds(writer.update([change])) == ["done"]
    assert (manager.read(record_id)["stageId"], manager.values(record_id)[BILL]) == ("7", "90")
    [move] = [note["transition"] for note in writer_notes(manager, record_id) if note["transition"]]
    assert (move["fromStageId"], move["toStageId"], move["lossReasons"]) == ("1", "7", ["Price"])


def test_a_pin_is_moved_with_its_address(writer: SpotioWriter, manager: Tenant) -> None:
    record_id = made(writer, pin={"lat": 39.9, "lng": -82.9, "address": "1 Elm St", "skipGeocoding": True})
    pin = {"lat": 40.1, "lng": -83.0, "address": "2 Oak St", "skipGeocoding": True}
    outcome = only(writer.update([SpotioUpdate(record_id, pin=pin, expected={"pin": "1 Elm St"})]))
    assert (outcome.kind, outcome.overwrote, outcome.unproven) == ("done", {}, False)
    assert manager.read(record_id)["pin"]["address"] == "2 Oak St"


@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
def test_a_create_whose_answer_is_lost_is_unknown_and_not_repeated(
    writer: SpotioWriter, manager: Tenant, fault: Fault, action: str
) -> None:
    fault(1, "/api/DataObjects$", action=action)
    outcomes = writer.create(leads(2))
    assert sorted(kinds(outcomes)) == ["done", "unknown"]
    assert len(manager.named("Quillfeather")) == (2 if action == "drop_after" else 1)


@pytest.mark.parametrize("status", [500, 502])
def test_a_fault_of_spotios_leaves_a_row_unknown(writer: SpotioWriter, fault: Fault, status: int) -> None:
    record_id = made(writer)
    fault(1, "jsonp", action="status", status=status)
    fault(
        1,
        "/api/DataObjects/[0-9a-f]+$",
        action="status",
        status=status,
        match={"path": "/api/DataObjects/[0-9a-f]+$", "method": "DELETE"},
    )
    [changed] = writer.update([SpotioUpdate(record_id, fields={BILL: "90"})])
    [deleted] = writer.delete([record_id])
    assert [(o.kind, o.id, o.code) for o in (changed, deleted)] == [("unknown", record_id, "no_answer")] * 2


@pytest.mark.parametrize("status", [429, 503, 401])
def test_what_spotio_did_not_take_is_sent_again_and_written_once(
    writer: SpotioWriter, manager: Tenant, fault: Fault, status: int
) -> None:
    fault(1, "/api/DataObjects$", action="status", status=status)
    assert kinds(writer.create(leads(1))) == ["done"]
    assert len(manager.named("Quillfeather")) == 1


def test_a_system_that_takes_nothing_ends_the_request_and_says_what_was_not_sent(
    writer: SpotioWriter, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "retry_after", lambda headers: 0.0)
    monkeypatch.setattr(sending, "retry_after", lambda headers: 0.0)
    record_ids = [made(writer) for _ in range(2)]
    fault(1, "jsonp", action="status", status=503, times=-1)
    told: list[Outcome] = []
    changes = [SpotioUpdate(id, fields={BILL: "90"}) for id in record_ids]
    with pytest.raises(UnreachableError):
        take(writer.update_batches(changes), told.extend)
    assert [(o.kind, o.id) for o in told] == [("retry", id) for id in record_ids]


def test_every_refusal_is_told_in_spotios_words(writer: SpotioWriter, fault: Fault, manager: Tenant) -> None:
    good, option, owner = writer.create(
        [*leads(1), *leads(1, fields={LAST: "Quillfeather", INDUSTRY: "Mining"}), *leads(1, ownerId=99)]
    )
    assert (good.kind, option.kind, option.code, option.fields) == (
        "done",
        "failed",
        "validation",
        (INDUSTRY,),
    )
    assert "Mining" in option.text
    assert (owner.code, owner.fields) == ("validation", ("ownerId",))
    record_id = str(good.id)
    refused, missing = writer.update(
        [SpotioUpdate(record_id, stage_id="99"), SpotioUpdate("0" * 24, fields={BILL: "1"})]
    )
    assert (refused.kind, refused.code, refused.fields) == ("failed", "validation", ("stageId",))
    assert (missing.kind, missing.code, missing.id) == ("failed", "not_found", "0" * 24)
    fault(1, record_id, action="status", status=403)
    hidden = only(writer.update([SpotioUpdate(record_id, fields={BILL: "1"})]))
    assert (hidden.kind, hidden.code) == ("failed", "forbidden")
    assert kinds(writer.delete([record_id, record_id])) in (["done", "failed"], ["failed", "done"])
    assert manager.named("Quillfeather") == []


def test_a_field_that_a_stage_requires_does_not_hold_up_the_change_of_another(
    writer: SpotioWriter, sandbox: Sandbox, manager: Tenant
) -> None:
    require(sandbox, BILL)
    record_id = made(writer, fields={LAST: "Quillfeather", BILL: "5"})
    emptied = [{"fieldId": LAST, "value": "Quillfeather"}]
    manager.set(record_id, fields=emptied)
    assert kinds(writer.update([SpotioUpdate(record_id, fields={INDUSTRY: "Retail"})])) == ["done"]
    assert manager.values(record_id) == {LAST: "Quillfeather", INDUSTRY: "Retail"}


def test_rows_are_announced_before_they_are_sent(writer: SpotioWriter, overheard: Overheard) -> None:
    announced: list[int] = []
    told: list[int] = []
    sent = {"before": 0}

    def about_to_send(indexes: Sequence[int]) -> None:
        announced.extend(indexes)

    def check(request: httpx.Request) -> None:
        if request.method == "POST" and request.url.path == "/api/DataObjects":
            sent["before"] += 1
            assert len(announced) >= sent["before"]

    overheard.before = check
    for indexes, outcomes in writer.create_batches(leads(5), about_to_send):
        assert [outcome.index for outcome in outcomes] == indexes
        told += indexes
    assert sorted(told) == sorted(announced) == list(range(5))
