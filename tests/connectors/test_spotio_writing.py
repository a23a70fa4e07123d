"""SPOTIO's writer: no record twice, no field lost, and what was written over is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from sync.connectors.outcome import Outcome
from sync.connectors.spotio.api import SpotioApi
from sync.connectors.spotio.writing import SpotioUpdate, SpotioWriter
from sync.sandbox.server import Sandbox
from tests.connectors.test_spotio import settings_for

Row = dict[str, Any]
FIRST, LAST, PHONE, INDUSTRY, INTERESTS, BILL = "100002", "100003", "100005", "20", "22", "23"


class Tenant:
    """SPOTIO as another person sees and changes it."""

    def __init__(self, sandbox: Sandbox, user: str) -> None:
        url = sandbox.urls[1]
        token = httpx.post(f"{url}/__sandbox__/token", json={"user": user}).json()["access_token"]
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
        self.user = user

    def read(self, record_id: str) -> Row:
        return dict(self.http.get(f"/api/DataObjects/{record_id}").raise_for_status().json())

    def values(self, record_id: str) -> Row:
        return {item["fieldId"]: item["values"] or item["value"] for item in self.read(record_id)["fields"]}

    def set(self, record_id: str, **members: Any) -> None:
        operations = [
            {"op": "replace", "path": f"/{name}", "value": value} for name, value in members.items()
        ]
        path = f"/api/DataObjects/{record_id}/jsonp?validateRequiredFields=false"
        self.http.patch(path, json=operations).raise_for_status()

    def set_field(self, record_id: str, field_id: str, value: str) -> None:
        """As the app does: the whole list, with one value changed."""
        kept = [
            {"fieldId": item["fieldId"], "value": item["value"], "values": item["values"]}
            for item in self.read(record_id)["fields"]
            if item["fieldId"] != field_id
        ]
        self.set(record_id, fields=[*kept, {"fieldId": field_id, "value": value}])

    def named(self, name: str) -> list[Row]:
        found = self.http.get("/api/DataObjectsSearch", params={"q": name, "perPage": 100}).raise_for_status()
        return list(found.json()["items"])


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[SpotioApi]:
    with SpotioApi(settings_for(sandbox)) as api:
        yield api


@pytest.fixture
def writer(api: SpotioApi) -> SpotioWriter:
    return SpotioWriter(api)


@pytest.fixture
def people(sandbox: Sandbox) -> list[Row]:
    state = httpx.get(f"{sandbox.urls[1]}/__sandbox__/state?object=users").json()["users"]
    return [user for user in state if user["status"] == "active" and not user["suspended"]]


@pytest.fixture
def manager(sandbox: Sandbox, people: list[Row]) -> Iterator[Tenant]:
    """Somebody else than the one whose key we have."""
    manager = next(user for user in people if user["role"] == "Manager")
    tenant = Tenant(sandbox, manager["id"])
    with tenant.http:
        yield tenant


def leads(count: int, **more: Any) -> list[Row]:
    return [
        {
            "typeId": "1",
            "stageId": "1",
            "externalDataObjectId": f"00Q{n:015d}",
            "source": "Api",
            "fields": {FIRST: f"Zoe {n}", LAST: "Quillfeather", INDUSTRY: "Retail", INTERESTS: ["New roof"]},
            **more,
        }
        for n in range(count)
    ]


def only(outcomes: Sequence[Outcome]) -> Outcome:
    [outcome] = outcomes
    return outcome


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.kind for outcome in outcomes]


def made(writer: SpotioWriter, **more: Any) -> str:
    """A record with some values, made just now."""
    return str(only(writer.create(leads(1, **more))).id)


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
