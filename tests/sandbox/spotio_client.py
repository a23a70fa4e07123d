"""A small company in a SPOTIO stand-in, and a client whose every answer is held to the published contract."""

import asyncio
from datetime import timedelta
from functools import cache
from typing import Any

import httpx

from sync.sandbox.clock import Clock
from sync.sandbox.control import Faults
from sync.sandbox.spotio import SpotioStandIn, Tenant, sample_workflow
from tests.sandbox.spotio_contract import Contract, published

ADMIN, MANAGER, REP, OTHER_REP, INVITED = "501", "502", "503", "504", "505"
HOME = {"lat": 39.9612, "lng": -82.9988, "address": "100 Broad St, Columbus, OH 43215"}


@cache
def contract() -> Contract | None:
    return published()


class Office:
    """The stand-in, its tenant, and requests in the name of its people."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.clock = Clock()
        self.tenant = Tenant(self.clock, sample_workflow())
        self.tenant.load("users", _users())
        self.tenant.load("teams", [{"id": "1", "name": "West", "parentId": None, "usersIds": [MANAGER, REP]}])
        self.tenant.load("territories", [_territory()])
        self.standin = SpotioStandIn(self.tenant, faults)
        self.lead = self.tenant.workflow.type("Lead")

    def call(self, method: str, path: str, *, by: str = ADMIN, status: int = 200, **options: Any) -> Any:
        """The JSON answer to a request, once its status and its shape are as they should be."""
        answer = asyncio.run(self.request(method, path, by=by, **options))
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        body = answer.json() if is_json else answer.text or None
        known = contract()
        if known is not None and answer.status_code != 405:
            shown = body if is_json or not answer.is_success else None
            known.check(method, path.partition("?")[0].rstrip("/"), answer.status_code, shown)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return body

    def uncontracted(self, method: str, path: str, *, by: str = ADMIN) -> httpx.Response:
        """The answer of a path that the published document leaves out."""
        return asyncio.run(self.request(method, path, by=by))

    async def request(self, method: str, path: str, *, by: str = ADMIN, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.standin.token(by)}"} | options.pop("headers", {})
        transport = httpx.ASGITransport(self.standin.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://spotio") as client:
            return await client.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.call("POST", path, json=json, **options)

    def put(self, path: str, json: Any, **options: Any) -> Any:
        return self.call("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any, **options: Any) -> Any:
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.call("DELETE", path, **options)

    def scan(self, path: str, key: str = "items", **params: Any) -> list[Any]:
        """All items of a paged GET, to its null cursor."""
        items: list[Any] = []
        scroll_id: str | None = ""
        while scroll_id is not None:
            page = self.get(path, params={**params, **({"scrollId": scroll_id} if scroll_id else {})})
            items += page[key]
            scroll_id = page["scrollId"]
        return items

    def new_lead(self, *, by: str = ADMIN, **members: Any) -> Any:
        """A lead named Ana Diaz at HOME, unless told otherwise."""
        request = {"typeId": 1, "stageId": 1, "fields": self.fields(), "pin": HOME} | members
        return self.post("/api/DataObjects", {"dataObject": request}, by=by)

    def fields(self, **values: Any) -> list[dict[str, Any]]:
        """The fields of a request, by name: `Roof_type="Metal"`."""
        named = {"First_Name": "Ana", "Last_Name": "Diaz"} | values
        return [
            {"fieldId": self.field_id(name)}
            | ({"values": value} if isinstance(value, list) else {"value": value})
            for name, value in named.items()
        ]

    def field_id(self, name: str) -> str:
        return self.lead.field(name.replace("_", " ")).id

    def set(self, record_id: str, member: str, value: Any, **options: Any) -> Any:
        operations = [{"op": "replace", "path": f"/{member}", "value": value}]
        return self.patch(f"/api/DataObjects/{record_id}/jsonp", operations, **options)

    def result(self, template: str, name: str) -> dict[str, str]:
        """The members of an activity that give its template and its result."""
        kind = self.tenant.workflow.template(template)
        return {"activityTemplateId": kind.id, "resultId": kind.result(name).id}

    def visit(self, record_id: str, result: str = "Interested", *, by: str = ADMIN, **members: Any) -> Any:
        request = {"dataObjectId": record_id, "done": True} | self.result("Visit", result) | members
        return self.post("/api/v2/activities", request, by=by)

    def feed(self, **params: Any) -> list[Any]:
        return self.scan("/api/v2/activities/feed", **params)

    def export(self, **params: Any) -> list[Any]:
        return self.scan("/api/Exports/dataObjects/data", **params)

    def later(self, **delta: float) -> None:
        self.clock.advance(timedelta(**delta).total_seconds())


def _users() -> list[dict[str, Any]]:
    people = [
        (ADMIN, "Ada", "Moss", "Admin", "active"),
        (MANAGER, "Max", "Reed", "Manager", "active"),
        (REP, "Rae", "Stone", "Sales", "active"),
        (OTHER_REP, "Otto", "Lake", "Sales", "active"),
        (INVITED, "Ines", "Vale", "Sales", "invited"),
    ]
    return [
        {
            "id": user_id,
            "firstName": first,
            "lastName": last,
            "email": f"{first.lower()}@example.com",
            "role": role,
            "status": status,
            "suspended": False,
            "visible": True,
            "externalSystemUserId": f"005{user_id}",
        }
        for user_id, first, last, role, status in people
    ]


def _territory() -> dict[str, Any]:
    corners = [(39.9, -83.1), (40.0, -83.1), (40.0, -82.9), (39.9, -82.9)]
    points = [{"lat": lat, "lng": lng} for lat, lng in corners]
    polygon = {"id": 1, "points": points}
    return {
        "id": "70",
        "title": "Downtown",
        "global": False,
        "userIds": [REP],
        "polygons": [polygon],
        "area": 1.0,
    }
