"""Reads a running sandbox's company as a client of the three systems would: over HTTP, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Any

import httpx

from sync.sandbox.server import Sandbox
from tests.sandbox.salesforce_client import Salesforce

Row = dict[str, Any]
FEED_DAYS = 60


class World:
    def __init__(self, sandbox: Sandbox) -> None:
        self.salesforce = Salesforce(sandbox.urls[0])
        self.http = httpx.Client(base_url=sandbox.urls[1], timeout=60)
        identity = {"clientId": sandbox.spotio.client_id, "secret": sandbox.spotio.secret}
        token = self.http.post("/api/users/apitoken", json=identity).json()["accessToken"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> World:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.salesforce.http.close()
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        return self.http.get(path, params=params).raise_for_status().json()

    def scan(self, path: str, method: str = "GET", json: Any = None, **params: Any) -> list[Row]:
        """All items of a paged operation, to its null cursor."""
        items: list[Row] = []
        while True:
            answer = self.http.request(method, path, params=params, json=json).raise_for_status().json()
            items += answer["items"]
            if answer["scrollId"] is None:
                return items
            params["scrollId"] = answer["scrollId"]

    def told(self, object: str) -> list[Row]:
        """What the state endpoint knows in truth."""
        rows: list[Row] = self.get("/__sandbox__/state", object=object)[object]
        return rows

    def token(self, user: str, system: httpx.Client) -> httpx.Response:
        return system.post("/__sandbox__/token", json={"user": user})

    @cached_property
    def users(self) -> list[Row]:
        return list(self.get("/api/users"))

    @cached_property
    def salesforce_users(self) -> list[Row]:
        return self.salesforce.query("SELECT Id, Name, Email, IsActive, Title, ManagerId FROM User")

    @cached_property
    def workflow(self) -> Row:
        """Names by what an id means: types, (type, stage), fields, templates, results."""
        types = self.get("/api/workflow/dataObjects/full")
        templates = self.get("/api/workflow/activityTemplates")
        return {
            "types": {each["id"]: each["name"] for each in types},
            "stages": {
                (each["id"], stage["id"]): stage["name"]
                for each in types
                for group in each["stages"].values()
                for stage in group["stages"]
            },
            "fields": {item["id"]: item["name"] for each in types for item in each["fields"]},
            "templates": {each["id"]: each["name"] for each in templates},
            "results": {
                result["id"]: result["name"] for each in templates for result in each["activityResults"]
            },
        }

    @cached_property
    def records(self) -> dict[str, Row]:
        """The export by id, with `kind`, `stage` and the fields by their names; several choices are a list."""
        found = {row["id"]: row for row in self.scan("/api/Exports/dataObjects/data")}
        for row in found.values():
            row["kind"] = self.workflow["types"][str(row["typeId"])]
            row["stage"] = self.workflow["stages"][str(row["typeId"]), str(row["stageId"])]
            row["named"] = {
                self.workflow["fields"][str(item["fieldId"])]: item["value"] for item in row["fields"]
            }
        return found

    def of_kind(self, kind: str) -> list[Row]:
        return [row for row in self.records.values() if row["kind"] == kind]

    @cached_property
    def recent(self) -> list[Row]:
        """What the feed tells of the last FEED_DAYS, with names for `template` and `result`."""
        since = datetime.now(UTC) - timedelta(days=FEED_DAYS)
        rows = self.scan("/api/v2/activities/feed", startDate=since.isoformat())
        for row in rows:
            row["template"] = self.workflow["templates"].get(row["activityTemplateId"])
            row["result"] = self.workflow["results"].get(row["resultId"])
        return rows

    def done(self, template: str) -> list[Row]:
        return [row for row in self.recent if row["template"] == template]
