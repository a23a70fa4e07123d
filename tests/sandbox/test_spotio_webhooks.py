"""SPOTIO stand-in: webhooks, delivered over HTTP to a receiver on this machine."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sync.sandbox.control import Fault, Faults
from sync.sandbox.spotio.webhooks import DOUBLED_EVERY
from tests.sandbox.spotio_client import ADMIN, MANAGER, REP, Office

PATIENCE_SECONDS = 15.0
QUIET_SECONDS = 0.3


class Receiver:
    """Takes deliveries; answers with the statuses in `answers` first and 200 afterwards."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.deliveries.append((dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/spotio"

    @property
    def events(self) -> list[Any]:
        return [event for _, body in self.deliveries for event in json.loads(body)["payload"]]

    @property
    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def until(self, deliveries: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.deliveries) < deliveries:
                await asyncio.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def office(faults: Faults) -> Office:
    return Office(faults)


def subscribe(office: Office, callback: str, *scopes: str, **members: Any) -> Any:
    wanted = list(scopes) or office.get("/api/Webhooks/scopes")
    return office.post("/api/Webhooks", {"callback": callback, "scopes": wanted, **members})


def while_running(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Deliveries leave from the event loop, so a scenario is a coroutine."""
    asyncio.run(scenario())


def lead(office: Office) -> dict[str, Any]:
    return {"typeId": 1, "stageId": 1, "ownerId": REP, "fields": office.fields(Email="ana@example.com")}


def test_a_delivery_is_signed_batched_and_not_in_the_shape_of_the_api(
    office: Office, receiver: Receiver
) -> None:
    subscribe(office, receiver.url, customHeaders=[{"name": "X-Team", "value": "west"}])
    ids: list[str] = []

    async def scenario() -> None:
        ids.append(office.tenant.create_record(ADMIN, lead(office)))
        office.tenant.patch_record(MANAGER, ids[0], {"stageId": "6"})
        await receiver.until(1)

    while_running(scenario)
    assert receiver.kinds == ["lead.added", "activity.done", "lead.updated"]
    headers, body = receiver.deliveries[0]
    secret = office.get("/api/Webhooks")["secret"]
    assert headers["X-Signature"] == hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Team"] == "west"
    record = receiver.events[2]["data"]
    assert (record["objectId"], record["assignedUserEmail"]) == (ids[0], "rae@example.com")
    email = {"id": int(office.field_id("Email")), "title": "Email", "values": ["ana@example.com"]}
    assert email in record["fields"]
    done = receiver.events[1]["data"]
    assert done["id"] == done["objectId"] == office.feed()[0]["id"]
    assert done["dataObject"]["objectId"] == ids[0]


def test_each_kind_of_change_has_its_event(office: Office, receiver: Receiver) -> None:
    subscribe(office, receiver.url)

    async def scenario() -> None:
        tenant = office.tenant
        record = tenant.create_record(ADMIN, lead(office))
        visit = tenant.log_activity(
            REP, {"dataObjectId": record, "done": True, **office.result("Visit", "Sold")}
        )
        tenant.activities.change(REP, visit, {"notes": "edited"})
        office.standin.act("delete_activity", {"id": visit})
        planned = tenant.create_appointment(REP, {"dataObjectId": record, "date": "2031-05-01T14:00:00Z"})
        tenant.appointments.change(REP, planned, {"done": True})
        tenant.delete_record(ADMIN, record)
        await receiver.until(1)

    while_running(scenario)
    assert receiver.kinds == [
        "lead.added",
        "activity.created",
        "activity.done",
        "activity.updated",
        "activity.deleted",
        "activity.created",
        "appointment.created",
        "appointment.updated",
        "activity.updated",
        "activity.done",
        "lead.deleted",
    ]


def test_only_wanted_scopes_go_to_active_endpoints(office: Office, receiver: Receiver) -> None:
    wanted = subscribe(office, receiver.url, "lead.deleted")
    other = subscribe(office, receiver.url)
    office.put(f"/api/Webhooks/{other['id']}", other | {"active": False})

    async def scenario() -> None:
        office.tenant.delete_record(ADMIN, office.tenant.create_record(ADMIN, lead(office)))
        await receiver.until(1)
        await asyncio.sleep(QUIET_SECONDS)

    while_running(scenario)
    assert receiver.kinds == ["lead.deleted"]
    office.delete(f"/api/Webhooks/{wanted['id']}")
    assert [item["id"] for item in office.get("/api/Webhooks")["endpoints"]] == [other["id"]]


def test_a_refused_change_sends_nothing(office: Office, receiver: Receiver) -> None:
    subscribe(office, receiver.url)

    async def scenario() -> None:
        body = {"dataObject": lead(office), "activity": {"done": True, "activityTemplateId": "99"}}
        answer = await office.request("POST", "/api/DataObjects", json=body)
        assert answer.status_code == 400
        office.tenant.create_record(ADMIN, lead(office))
        await receiver.until(1)

    while_running(scenario)
    assert receiver.kinds == ["lead.added"]


def test_what_is_not_taken_comes_again(office: Office, receiver: Receiver) -> None:
    subscribe(office, receiver.url)
    receiver.answers = [500, 404]

    async def scenario() -> None:
        office.tenant.create_record(ADMIN, lead(office))
        await receiver.until(3)
        await asyncio.sleep(QUIET_SECONDS)

    while_running(scenario)
    bodies = [body for _, body in receiver.deliveries]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_one_delivery_in_so_many_comes_twice(office: Office, receiver: Receiver) -> None:
    for _ in range(DOUBLED_EVERY):
        subscribe(office, receiver.url, "lead.added")

    async def scenario() -> None:
        office.tenant.create_record(ADMIN, lead(office))
        await receiver.until(DOUBLED_EVERY + 1)
        await asyncio.sleep(QUIET_SECONDS)

    while_running(scenario)
    assert receiver.kinds == ["lead.added"] * (DOUBLED_EVERY + 1)
    assert len({body for _, body in receiver.deliveries}) == 1


@pytest.mark.parametrize(
    ("action", "deliveries"),
    [("duplicate", 2), ("drop_after", 2), ("drop_before", 1), ("status", 1), ("delay", 1)],
)
def test_faults_double_lose_and_delay_deliveries(
    office: Office, receiver: Receiver, faults: Faults, action: Any, deliveries: int
) -> None:
    subscribe(office, receiver.url)
    faults.order([Fault(action, "webhooks", path="/hooks/", status=503, seconds=0.1)])

    async def scenario() -> None:
        office.tenant.create_record(ADMIN, lead(office))
        await receiver.until(deliveries)
        await asyncio.sleep(QUIET_SECONDS)

    while_running(scenario)
    assert len(receiver.deliveries) == deliveries
    assert faults.listed() == []


def test_a_reordered_delivery_comes_after_the_next_one(
    office: Office, receiver: Receiver, faults: Faults
) -> None:
    subscribe(office, receiver.url)
    faults.order([Fault("reorder", "webhooks")])

    async def scenario() -> None:
        record = office.tenant.create_record(ADMIN, lead(office))
        await asyncio.sleep(QUIET_SECONDS)
        office.tenant.delete_record(ADMIN, record)
        await receiver.until(2)

    while_running(scenario)
    assert receiver.kinds == ["lead.deleted", "lead.added"]


def test_addresses_elsewhere_are_accepted_and_never_called(office: Office, receiver: Receiver) -> None:
    subscribe(office, "https://hooks.example.com/spotio")
    subscribe(office, receiver.url)

    async def scenario() -> None:
        office.tenant.create_record(ADMIN, lead(office))
        await receiver.until(1)

    while_running(scenario)
    assert len(office.get("/api/Webhooks")["endpoints"]) == 2


def test_only_administrators_manage_webhooks_that_exist(office: Office) -> None:
    office.get("/api/Webhooks", by=REP, status=403)
    office.post("/api/Webhooks", {"callback": "ftp://x", "scopes": ["lead.added"]}, status=400)
    office.post("/api/Webhooks", {"callback": "http://127.0.0.1/x", "scopes": ["lead.born"]}, status=400)
    office.put("/api/Webhooks/77", {"callback": "http://127.0.0.1/x", "scopes": ["lead.added"]}, status=404)
