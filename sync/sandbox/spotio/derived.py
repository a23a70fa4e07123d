"""What of a record follows from its other members."""

import zlib
from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.fields import display_name, money
from sync.sandbox.spotio.geo import completed_pin
from sync.sandbox.spotio.store import Row
from sync.sandbox.spotio.workflow import Workflow

UNCOUNTED = {"visitsCount": 0, "callsCount": 0, "lastLocationStatus": "unknown"}
"""What a record shows before anybody has done anything on it."""


def derived_members(workflow: Workflow, row: Row) -> Row:
    """The row with what follows from its other members: name, value, unit, position, and the defaults of a new one."""
    kind = workflow.type_by_id(row["typeId"])
    values = {str(key): value for key, value in (row.get("fields") or {}).items()}
    row["fields"] = values
    if kind is not None:
        row["name"] = display_name(kind, values) or row.get("name") or ""
        row["value"] = money(kind, values)
        unit = kind.field_by_role("unit")
        row["addressUnit"] = values.get(unit.id) if unit else None
    pin = row.get("pin")
    if pin is not None and not pin.get("id"):
        pin = row["pin"] = completed_pin(pin, pin_id(row["id"]))
    row |= {name: pin[name] if pin else None for name in ("address", "lat", "lng")}
    for name, source in (
        ("createdById", "ownerId"),
        ("updatedById", "ownerId"),
        ("stageUpdatedById", "ownerId"),
        ("stageUpdatedAt", "createdAt"),
        ("dateOfAssignment", "createdAt"),
    ):
        row[name] = row.get(name) or row[source]
    for name, default in UNCOUNTED.items():
        if row.get(name) is None:
            row[name] = default
    row["collaboratorIds"] = row.get("collaboratorIds") or []
    return row


def as_request(values: Mapping[str, str | list[str]]) -> list[dict[str, Any]]:
    """Kept values as the `fields` list of a request."""
    return [
        {"fieldId": key, "values": value} if isinstance(value, list) else {"fieldId": key, "value": value}
        for key, value in values.items()
    ]


def pin_id(record_id: str) -> str:
    return str(zlib.crc32(record_id.encode()) & 0x7FFFFFFF)
