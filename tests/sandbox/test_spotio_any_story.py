"""Whatever people do to records, and by whichever call, every way of reading tells the same as a plain model."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.sandbox.spotio.background import LINGER
from tests.sandbox.spotio_client import ADMIN, MANAGER, OTHER_REP, REP, Office

NAMES = ("Company", "Industry", "Interests")
CHOICES: dict[str, list[Any]] = {
    "Company": ["Acme", "Bolt", None],
    "Industry": ["Retail", "Education", None],
    "Interests": [["New roof"], ["Heat pump", "New roof"], None],
}
BULK = "/api/jobs/dataObjects/bulk"
TRACES = {"stageId": "transition", "ownerId": "ownerChanged"}


@dataclass
class Known:
    """What the model knows of a record."""

    stage: str = "1"
    owner: str = ADMIN
    values: dict[str, Any] = field(default_factory=dict)
    traces: Counter[str] = field(default_factory=lambda: Counter(create=1))
    deleted: bool = False


class Story:
    """Each step goes through one call and into the model."""

    def __init__(self) -> None:
        self.office = Office()
        self.known: dict[str, Known] = {}

    def live(self) -> list[str]:
        return [record_id for record_id, known in self.known.items() if not known.deleted]

    def create(self, by: str, values: dict[str, Any]) -> None:
        request = {"typeId": 1, "ownerId": by, "fields": self._list(values)}
        made = self.office.post("/api/DataObjects", {"dataObject": request}, by=by)
        self.known[made["id"]] = Known(owner=by, values=values)

    def set_member(self, record_id: str, way: str, member: str, value: str) -> None:
        match way:
            case "patch":
                self.office.set(record_id, member, int(value))
            case "bulk":
                self._bulk("patch", {"id": record_id, member: int(value)})
            case "mass":
                order = {"dataObjectIds": [record_id], member: value}
                self.office.post("/api/DataObjects/bulk", order)
        known = self.known[record_id]
        before = known.stage if member == "stageId" else known.owner
        known.traces[TRACES[member]] += before != value
        if member == "stageId":
            known.stage = value
        else:
            known.owner = value
        self.office.later(seconds=LINGER.total_seconds())

    def set_fields(self, record_id: str, way: str, values: dict[str, Any]) -> None:
        """A JSON Patch and a bulk update replace the whole list, a bulk patch the fields it names."""
        known = self.known[record_id]
        match way:
            case "patch":
                self.office.set(record_id, "fields", self._list(values))
            case "bulk":
                self._bulk("update", {"id": record_id, "fields": self._list(values)})
            case "mass":
                named = [{"fieldId": self.office.field_id(name), "value": None} for name in NAMES]
                kept = [item for item in named if item["fieldId"] not in self._ids(values)]
                self._bulk("patch", {"id": record_id, "fields": self._list(values) + kept})
        known.traces["update"] += sum(known.values.get(name) != values.get(name) for name in NAMES)
        known.values = values

    def delete(self, record_id: str, way: str) -> None:
        if way == "mass":
            self.office.post("/api/DataObjects/bulk", {"dataObjectIds": [record_id], "delete": True})
            self.office.later(seconds=LINGER.total_seconds())
        else:
            self.office.delete(f"/api/DataObjects/{record_id}")
        self.known[record_id].deleted = True

    def visit(self, record_id: str) -> None:
        self.office.visit(record_id)
        self.known[record_id].traces["event"] += 1

    def check(self) -> None:
        office, live = self.office, {record_id: self.known[record_id] for record_id in self.live()}
        exported = {row["id"]: row for row in office.export()}
        assert exported.keys() == live.keys()
        for record_id, known in live.items():
            read, row = office.get(f"/api/DataObjects/{record_id}"), exported[record_id]
            assert (read["stageId"], read["ownerId"]) == (known.stage, known.owner)
            assert (str(row["stageId"]), str(row["ownerId"])) == (known.stage, known.owner)
            shown = {item["label"]: item["values"] or item["value"] for item in read["fields"]}
            assert shown == known.values
            assert read["visitsCount"] == known.traces["event"]
        deleted = office.get("/api/DataObjects/deleted")["deletedDataObjects"]
        assert {item["id"] for item in deleted} == self.known.keys() - live.keys()
        told = Counter((item["dataObject"]["id"], item["type"]) for item in office.feed())
        assert told == Counter(
            {
                (record_id, kind): count
                for record_id, known in live.items()
                for kind, count in known.traces.items()
                if count
            }
        )

    def _list(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"fieldId": self.office.field_id(name), "values" if isinstance(value, list) else "value": value}
            for name, value in values.items()
        ]

    def _ids(self, values: dict[str, Any]) -> set[str]:
        return {self.office.field_id(name) for name in values}

    def _bulk(self, operation: str, line: dict[str, Any]) -> None:
        job = self.office.post(BULK, {"operation": operation, "dataObjectTypeId": 1})["id"]
        data, headers = json.dumps(line).encode(), {"Content-Type": "application/x-ndjson"}
        self.office.call("PUT", f"{BULK}/{job}/data", content=data, headers=headers)
        self.office.post(f"{BULK}/{job}/start")
        while self.office.get(f"{BULK}/{job}")["state"] != "JobComplete":
            pass
        failed = self.office.get(f"{BULK}/{job}/results/failed")
        assert failed is None, failed


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_every_call_and_every_reader_agree_with_a_plain_model(data: st.DataObject) -> None:
    story = Story()
    ways = st.sampled_from(["patch", "bulk", "mass"])
    values = st.fixed_dictionaries({name: st.sampled_from(CHOICES[name]) for name in NAMES}).map(
        lambda chosen: {name: value for name, value in chosen.items() if value is not None}
    )
    for _ in range(data.draw(st.integers(4, 12))):
        live = story.live()
        kind = data.draw(st.sampled_from(["create", "stage", "owner", "fields", "visit", "delete"]))
        if not live or kind == "create":
            story.create(data.draw(st.sampled_from([ADMIN, REP, OTHER_REP])), data.draw(values))
            continue
        record_id = data.draw(st.sampled_from(live))
        match kind:
            case "stage":
                stage = data.draw(st.sampled_from(["1", "3", "6", "7"]))
                story.set_member(record_id, data.draw(ways), "stageId", stage)
            case "owner":
                owner = data.draw(st.sampled_from([ADMIN, MANAGER, REP, OTHER_REP]))
                story.set_member(record_id, data.draw(ways), "ownerId", owner)
            case "fields":
                story.set_fields(record_id, data.draw(ways), data.draw(values))
            case "visit":
                story.visit(record_id)
            case "delete":
                story.delete(record_id, data.draw(ways))
    story.check()
