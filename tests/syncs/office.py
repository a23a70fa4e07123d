"""An admin's day with the two-way sync: the program over a small company, and the people of both systems at work."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from sync.sandbox.server import Sandbox
from tests.commands.program import Ended, Fieldline
from tests.connectors.spotio_people import Tenant, somebody
from tests.sandbox.salesforce_client import Salesforce

NAME = "doors"
OBJECTS = "Lead,LeadHistory,User,Group"
FIRST, LAST, COMPANY, PHONE, EMAIL, INDUSTRY = "100002", "100003", "100004", "100005", "100006", "20"
HOME = {"lat": 39.96, "lng": -82.99, "address": "100 Broad St, Columbus, OH 43215"}
Sync = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A link, as the store has it."""

    link: str
    spotio: str
    salesforce: str
    born: str


@dataclass(frozen=True)
class Seen:
    """What both systems held at one time, by id: leads, deleted ones too, and live records with values under field ids."""

    leads: dict[str, dict[str, Any]]
    records: dict[str, dict[str, Any]]


@dataclass
class Office:
    """The program in a folder, both systems' people, and what is on both sides.

    The person in SPOTIO is the one whose key Fieldline uses: nothing may be told by the user alone.
    """

    sandbox: Sandbox
    program: Fieldline
    salesforce: Salesforce
    spotio: Tenant

    @classmethod
    def opened(cls, sandbox: Sandbox, folder: Path, pulled: Path | None) -> Office:
        """An office over the company as it is at ready, with a mirror that was pulled before."""
        httpx.post(f"{sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
        settings = {name: value for name, value in sandbox.env.items() if "SALESSCREEN" not in name}
        program = Fieldline(folder, {**settings, "FIELDLINE_SALESFORCE__OBJECTS": OBJECTS})
        if pulled is not None:
            shutil.copyfile(pulled, program.store)
        return cls(sandbox, program, Salesforce(sandbox.urls[0]), Tenant(sandbox, somebody(sandbox, "Admin")))

    def close(self) -> None:
        self.salesforce.http.close()
        self.spotio.http.close()

    # The program

    def ended(self, *arguments: str) -> Ended:
        return self.program.here(*arguments)

    def run(self, *arguments: str, code: int = 0) -> Any:
        """The JSON answer of a command that ends with that code."""
        ended = self.ended(*arguments, "--json")
        assert ended.code == code, (ended.code, ended.out, ended.err)
        return ended.json

    def rows(self, sql: str) -> list[list[Any]]:
        found: list[list[Any]] = self.run("query", sql)["rows"]
        return found

    def publish(
        self,
        change: Callable[[Sync], object] | None = None,
        *,
        beside: Callable[[Sync], object] | None = None,
        code: int = 0,
    ) -> Any:
        """Publish the sample configuration with changes to its one sync, and with a second one that differs by `beside`."""
        document = YAML(typ="safe").load(self.ended("config", "sample").out)
        [sync] = document["syncs"]
        if change is not None:
            change(sync)
        if beside is not None:
            document["syncs"].append(copy.deepcopy(sync))
            beside(document["syncs"][1])
        (self.program.folder / "configuration.yaml").write_text(json.dumps(document))
        return self.run("config", "import", "configuration.yaml", "--publish", code=code)

    def turn_on(self, *, outbound: bool = False) -> Any:
        return self.run("sync-on", NAME, *(["--outbound"] if outbound else []), "--yes")

    def sync(self, *arguments: str, code: int = 0) -> Any:
        return self.run("sync", *arguments, code=code)

    def why(self, record: str) -> Any:
        return self.run("why", record)

    # Both sides

    def pairs(self) -> list[Pair]:
        """The active links, in the order in which they were made."""
        rows = self.rows(
            "select l.link, s.id, f.id, l.born from sync.link l"
            " join sync.link_member s on s.number = l.number and s.system = 'spotio'"
            " join sync.link_member f on f.number = l.number and f.system = 'salesforce'"
            " where l.state = 'active' order by l.number"
        )
        return [Pair(*row) for row in rows]

    def pair_of(self, id: str) -> Pair:
        """The active link of a record of either system."""
        return next(pair for pair in self.pairs() if id in (pair.spotio, pair.salesforce))

    def lead(self, id: str) -> dict[str, Any]:
        return self.salesforce.read("Lead", id)

    def record(self, id: str) -> dict[str, Any]:
        """A SPOTIO record, with its fields' values under their ids."""
        return _with_values(self.spotio.read(id))

    def seen(self) -> Seen:
        """Every lead and record as they are now; kept by stories that go on after it."""
        found = [
            httpx.get(f"{url}/__sandbox__/state", params={"object": name}).raise_for_status().json()[name]
            for url, name in zip(self.sandbox.urls, ("Lead", "dataObjects"), strict=False)
        ]
        leads, records = found
        return Seen(
            {each["Id"]: each for each in leads}, {each["id"]: _with_values(each) for each in records}
        )

    def new_lead(self, **fields: Any) -> str:
        """Somebody enters a lead in Salesforce."""
        return self.salesforce.create("Lead", **{"Status": "Open - Not Contacted", **fields})

    def new_record(self, values: dict[str, str], *, stage: int = 1, source: str = "Web") -> str:
        """Somebody enters a record in SPOTIO."""
        fields = [{"fieldId": field, "value": value} for field, value in values.items()]
        body = {"typeId": 1, "stageId": stage, "source": source, "fields": fields, "pin": HOME}
        answer = self.spotio.http.post("/api/DataObjects", json={"dataObject": body}).raise_for_status()
        return str(answer.json()["id"])

    def delete_record(self, id: str) -> None:
        body: dict[str, Any] = {
            "mode": "delete",
            "reassignTypesIds": [],
            "newParentId": None,
            "permanently": False,
        }
        self.spotio.http.request("DELETE", f"/api/DataObjects/{id}", json=body).raise_for_status()

    def state(self) -> tuple[Any, Any]:
        """What both systems hold, whatever their APIs show."""
        found = [
            httpx.get(f"{url}/__sandbox__/state").raise_for_status().json() for url in self.sandbox.urls[:2]
        ]
        return found[0], found[1]

    def belonging_together(self) -> list[dict[str, Any]]:
        """Which records and leads are the same person, as the company itself knows."""
        found = httpx.get(f"{self.sandbox.urls[0]}/__sandbox__/state", params={"object": "pairs"}).json()[
            "pairs"
        ]
        return [pair for pair in found if pair["type"] == "Lead" and pair["sobject"] == "Lead"]

    def act(self, action: str, *, system: int = 0, **arguments: Any) -> None:
        """What no API offers, done by a stand-in."""
        body = {"action": action, **arguments}
        answer = httpx.post(f"{self.sandbox.urls[system]}/__sandbox__/act", json=body)
        assert answer.status_code == 200, answer.text

    def later(self, seconds: float) -> None:
        """Let time pass in both systems."""
        httpx.post(
            f"{self.sandbox.urls[0]}/__sandbox__/clock", json={"advance_seconds": seconds}
        ).raise_for_status()

    def salesforce_user(self, name: str) -> str:
        """The id of the Salesforce user whose username begins so."""
        users = self.state()[0]["User"]
        return str(next(user["Id"] for user in users if user["Username"].startswith(name)))


def _with_values(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, **{each["fieldId"]: each["values"] or each["value"] for each in record["fields"]}}


def mapped(sync: Sync, spotio: str) -> dict[str, Any]:
    """The mapping of a SPOTIO field in a configuration."""
    found: dict[str, Any] = next(
        each for each in sync["fields"] if each.get("spotio") == spotio and each.get("salesforce")
    )
    return found
