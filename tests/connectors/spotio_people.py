"""SPOTIO as other people use it while our writer is at work, and what the writer is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from sync.connectors.outcome import Batches, Outcome
from sync.connectors.spotio.writing import SpotioWriter
from sync.sandbox.server import Sandbox

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


def take(batches: Batches, hear: Callable[[list[Outcome]], object]) -> None:
    """Take all of a request, telling the outcomes as they come."""
    for indexes, outcomes in batches:
        assert [outcome.index for outcome in outcomes] == indexes
        hear(outcomes)


def writer_notes(tenant: Tenant, record_id: str) -> list[Row]:
    """What SPOTIO itself noted of a record: transitions, new owners, differences."""
    url = tenant.http.base_url.join("/__sandbox__/state?object=activities")
    return [row for row in httpx.get(url).json()["activities"] if row["dataObjectId"] == record_id]


def require(sandbox: Sandbox, field_id: str) -> None:
    """An administrator makes a field of leads required at every stage."""
    admin = next(user for user in _users(sandbox) if user["role"] == "Admin")
    with Tenant(sandbox, admin["id"]).http as web:
        path = f"/api/workflow/dataobjects/1/fields/{field_id}"
        item = next(
            each for each in web.get("/api/workflow/dataobjects/1/fields").json() if each["id"] == field_id
        )
        web.put(path, json={**item, "requiredWithoutStage": True}).raise_for_status()


def somebody(sandbox: Sandbox, role: str) -> str:
    """The id of an active user of that role."""
    return str(next(user["id"] for user in _users(sandbox) if user["role"] == role))


def _users(sandbox: Sandbox) -> list[Row]:
    users = httpx.get(f"{sandbox.urls[1]}/__sandbox__/state?object=users").json()["users"]
    return [user for user in users if user["status"] == "active" and not user["suspended"]]
