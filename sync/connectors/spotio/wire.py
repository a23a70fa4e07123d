"""How a record is written: the shapes that SPOTIO takes, and what a refusal says.

Source: SPOTIO's published OpenAPI (DataObjectRequest, BulkDataObjectRequest, DataObjectPatchWithActivityRequest).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import httpx

from sync.connectors.outcome import Outcome
from sync.connectors.sameness import same
from sync.connectors.spotio.api import message_of, wire_time

Item = Mapping[str, Any]
STAGE, OWNER, PIN = "stage", "owner", "pin"
"""How stage, owner and address are named where fields are named by their ids."""
_CODES = {400: "validation", 403: "forbidden", 404: "not_found", 409: "conflict", 422: "validation"}


@dataclass(frozen=True)
class SpotioUpdate:
    """What is to change on one record; members that are None stay as they are.

    `fields` maps field ids to new values: text, number, date, list for a multiple choice, None to empty it. `expected`
    maps field ids, "stage", "owner" and "pin" (its address) to what they held when this was planned. `loss_reasons` go with a new stage.
    """

    id: str
    stage_id: str | None = None
    owner_id: str | None = None
    loss_reasons: Sequence[str] = ()
    pin: Item | None = None
    fields: Item = field(default_factory=dict)
    expected: Item = field(default_factory=dict)

    def changes(self) -> dict[str, Any]:
        """New values by field id, "stage" and "owner"; the pin is not compared."""
        asked = dict(self.fields)
        if self.stage_id is not None:
            asked[STAGE] = self.stage_id
        if self.owner_id is not None:
            asked[OWNER] = self.owner_id
        return asked

    def moved(self, record: Item) -> tuple[str, ...]:
        """What no longer holds what was expected, unless it holds by now what is to be written."""
        asked = self.changes()
        return tuple(
            name
            for name, value in self.expected.items()
            if not same(held(record, name), value)
            and not (name in asked and same(held(record, name), asked[name]))
        )

    def fits(self, record: Item) -> bool:
        """Whether the record holds all of it already."""
        return self.pin is None and all(same(held(record, n), value) for n, value in self.changes().items())

    def operations(self, record: Item) -> list[dict[str, Any]]:
        """The JSON Patch that carries this out on the record as it was just read.

        `/fields` replaces the whole list (assumed, and what public clients report), so it is sent complete.
        """
        members: dict[str, Any] = {}
        if self.stage_id is not None and not same(record.get("stageId"), self.stage_id):
            members["stageId"] = _number(self.stage_id)
        if self.owner_id is not None and not same(record.get("ownerId"), self.owner_id):
            members["ownerId"] = _number(self.owner_id)
        if self.pin is not None:
            members["pin"] = dict(self.pin)
        if any(not same(held(record, name), value) for name, value in self.fields.items()):
            members["fields"] = _merged(record, self.fields)
        return [{"op": "replace", "path": f"/{name}", "value": value} for name, value in members.items()]

    def line(self, record: Item) -> dict[str, Any]:
        """The line of a bulk `patch`: what is not named stays as it is (assumed)."""
        line: dict[str, Any] = {"id": self.id, "typeId": _number(record["typeId"])}
        if self.stage_id is not None:
            line["stageId"] = _number(self.stage_id)
        if self.owner_id is not None:
            line["ownerId"] = _number(self.owner_id)
        if self.fields:
            line["fields"] = [_field(name, value) for name, value in self.fields.items()]
        return line


def transition(update: SpotioUpdate, record: Item) -> dict[str, Any]:
    """The activity that tells why a record was lost, to go along with its change of stage."""
    move = {
        "fromStageId": _text(record.get("stageId")),
        "toStageId": _text(update.stage_id),
        "lossReasons": list(update.loss_reasons),
    }
    return {"dataObjectId": update.id, "type": "transition", "done": True, "transition": move}


def new_record(row: Item) -> dict[str, Any]:
    """DataObjectRequest, and a line of a bulk `create`, from a row as `SpotioWriter.create` takes it."""
    request: dict[str, Any] = {"typeId": _number(row["typeId"])}
    for name in ("stageId", "ownerId"):
        if row.get(name) is not None:
            request[name] = _number(row[name])
    for name in ("externalDataObjectId", "source", "pin", "parentId"):
        if row.get(name) is not None:
            request[name] = row[name]
    fields = row.get("fields") or {}
    request["fields"] = [_field(name, value) for name, value in fields.items() if value not in (None, "", [])]
    return request


def held(record: Item, name: str) -> Any:
    """What a record just read holds: of a field, or of "stage", "owner" and "pin" (its address)."""
    if name == PIN:
        return (record.get("pin") or {}).get("address")
    if name in (STAGE, OWNER):
        return _text(record.get(f"{name}Id"))
    return values_of(record).get(name)


def values_of(record: Item) -> dict[str, str | list[str]]:
    """`{field id: text, or texts of a multiple choice}` of a single read, without blanks."""
    values: dict[str, str | list[str]] = {}
    for item in record.get("fields") or []:
        several = item.get("values")
        if several:
            values[str(item["fieldId"])] = [str(value) for value in several]
        elif item.get("value") not in (None, ""):
            values[str(item["fieldId"])] = str(item["value"])
    return values


def _merged(record: Item, new: Item) -> list[dict[str, Any]]:
    """The complete list of fields, with new values in the place of old ones; emptied ones are named, as blanks."""
    kept = [
        {name: item[name] for name in ("fieldId", "value", "values", "attachmentValue") if item.get(name)}
        for item in record.get("fields") or []
        if str(item["fieldId"]) not in new
    ]
    before = values_of(record)
    blank: dict[str, Any] = {name: [] if isinstance(before.get(name), list) else None for name in new}
    return kept + [_field(name, blank[name] if value is None else value) for name, value in new.items()]


def _field(field_id: str, value: Any) -> dict[str, Any]:
    if isinstance(value, list | tuple | set | frozenset):
        return {"fieldId": str(field_id), "values": [_text(each) for each in value]}
    return {"fieldId": str(field_id), "value": _text(value)}


def _text(value: Any) -> str | None:
    """A value as SPOTIO's fields hold it: all of them are text on the wire."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | Decimal):
        return format(Decimal(str(value)), "f")
    if isinstance(value, datetime):
        return wire_time(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(id: Any) -> Any:
    """An id as requests have it: the document says integer, though it reads as text."""
    return int(id) if isinstance(id, str) and id.isdecimal() else id


def refusal(index: int, id: str | None, response: httpx.Response) -> Outcome:
    """The outcome of a refused row: `{"errors": {field: message}}`, `_` for the record as a whole."""
    code = _CODES.get(response.status_code, f"http_{response.status_code}")
    try:
        errors = response.json().get("errors")
    except (ValueError, AttributeError):
        errors = None
    fields = tuple(str(name) for name in errors if name != "_") if isinstance(errors, dict) else ()
    return Outcome(index, "failed", id, code, message_of(response), fields)
