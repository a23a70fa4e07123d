"""Values of a plan, which are text, as each system's API takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.connectors.spotio.writing import SpotioUpdate
from sync.engine.definition import Column, Definition, Kind, Side

# Columns of SPOTIO that are no workflow fields.
_BUILT_IN = ("stage", "owner", "value", "address", "zip", "addressUnit", "source", "territory", "lossReasons", "lat", "lng")  # fmt: skip

Field = Mapping[str, Any]  # a row of FIELDS


def columns(definition: Definition, side: Side) -> dict[str, Column]:
    """The columns of a side that can be written, by name."""
    found = {fill.column.name: fill.column for fill in definition.fills if fill.side is side}
    return found | {rule.column(side).name: rule.column(side) for rule in definition.fields}


def salesforce_row(known: Mapping[str, Column], fields: Iterable[Field]) -> dict[str, Any]:
    """Field name -> value as JSON takes it; null empties."""
    return {f["column"]: _json(known.get(f["column"]), f["after"]) for f in fields if f["column"]}


def salesforce_expected(known: Mapping[str, Column], fields: Iterable[Field]) -> dict[str, Any]:
    """What the fields that are to be replaced held when this was planned."""
    return {f["column"]: _json(known.get(f["column"]), f["before"]) for f in fields if f["column"]}


def _json(column: Column | None, value: str | None) -> Any:
    if value is None or value == "":
        return None
    kind = column.kind if column else Kind.TEXT
    if kind is Kind.NUMBER:
        number = float(value)
        return int(number) if number.is_integer() else number
    if kind is Kind.BOOLEAN:
        return value.lower() == "true"
    return value


def spotio_create(
    definition: Definition, known: Mapping[str, Column], fields: Iterable[Field], salesforce_id: str
) -> dict[str, Any]:
    """A new record: stage and owner by their own members, the rest by field id."""
    row: dict[str, Any] = {
        "typeId": definition.type_id,
        "externalDataObjectId": salesforce_id,
        "source": "Api",
        "fields": {},
    }
    for field in fields:
        name, value = field["column"], field["after"]
        if not name or value is None:
            continue
        if name == "stage":
            row["stageId"] = value
        elif name == "owner":
            row["ownerId"] = value
        elif name == "address":
            row["pin"] = {"address": value}
        elif name not in _BUILT_IN:
            row["fields"][name] = _spotio(known.get(name), value)
    return row


def spotio_update(known: Mapping[str, Column], record_id: str, fields: Iterable[Field]) -> SpotioUpdate:
    """A change of a record, with what its fields held when this was planned."""
    members: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for field in fields:
        name, value = field["column"], field["after"]
        if not name:
            continue
        expected[name] = _spotio(known.get(name), field["before"])
        if name == "stage":
            members["stage_id"] = value
        elif name == "owner":
            members["owner_id"] = value
        elif name == "lossReasons":
            members["loss_reasons"] = tuple((value or "").split(";")) if value else ()
        elif name == "address":
            members["pin"] = {"address": value}
            expected["pin"] = expected.pop(name)
        else:
            changed[name] = _spotio(known.get(name), value)
    return SpotioUpdate(id=record_id, fields=changed, expected=expected, **members)


def _spotio(column: Column | None, value: str | None) -> Any:
    """SPOTIO's fields hold text and numbers; several choices are a list."""
    if value is None or value == "":
        return None
    if column and column.kind is Kind.CHOICES:
        return value.split(";")
    return _json(column, value) if column and column.kind is Kind.NUMBER else value
