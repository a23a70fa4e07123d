"""The mirror's tables for SPOTIO, and how an item of the wire becomes a row of them.

Ids are text everywhere: the export feed gives integers where single reads give strings. A custom field of a
record is a column f_<fieldId>, typed as the workflow says; the same field of two types is one column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from data.schema import Field, MirrorTable

Item = Mapping[str, Any]

_FIELD_TYPES = {
    "number": "double",
    "currency": "double",
    "date": "date",
    "datetime": "timestamptz",
    "multichoice": "varchar[]",
}


def _table(name: str, object: str, columns: str, stamp: str | None = None, key: str = "id") -> MirrorTable:
    """A table with fixed columns, written `name type, name type`."""
    fields = []
    for column in columns.split(","):
        column_name, kind = column.split()
        fields.append(Field(column_name, kind, kind, column_name))
    return MirrorTable("spotio", name, object, key, tuple(fields), stamp)


COMPANY = _table(
    "company",
    "company",
    "id varchar, name varchar, timezone varchar, currency varchar, verifiedDistance double",
)
USER = _table(
    "user",
    "user",
    "id varchar, firstName varchar, lastName varchar, email varchar, role varchar, status varchar, suspended boolean,"
    "externalSystemUserId varchar, isInSalesforce boolean, territoryGlobalAccess boolean, visible boolean,"
    "visibleInReports boolean, isReadonly boolean, userPicUrl varchar, authorizationProvider varchar",
)
TEAM = _table(
    "team",
    "team",
    "id varchar, name varchar, parentId varchar, visible boolean, assignable boolean, usersIds varchar[]",
)
TERRITORY = _table(
    "territory",
    "territory",
    "id varchar, title varchar, color varchar, parentId varchar, global boolean, userIds varchar[],"
    "updatedAt timestamptz, polygons json",
    stamp="updatedAt",
)
RECORD_TYPE = _table(
    "record_type",
    "record_type",
    "id varchar, name varchar, parentId varchar, parentRequired boolean, hasAddress boolean",
)
STAGE = _table(
    "stage",
    "stage",
    "id varchar, typeId varchar, stageId varchar, name varchar, groupName varchar, position bigint, color varchar,"
    "lossReasons varchar[]",
)
FIELD = _table(
    "field",
    "field",
    "id varchar, typeId varchar, fieldId varchar, name varchar, type varchar, systemRole varchar, role varchar,"
    "activeOptions varchar[], readonly boolean, createdAt timestamptz, updatedAt timestamptz",
)
TEMPLATE = _table(
    "activity_template",
    "activity_template",
    "id varchar, name varchar, active boolean, systemRole varchar, type varchar, category varchar, results json",
)
CATEGORIZATION = _table(
    "categorization",
    "categorization",
    "id varchar, type varchar, dataObjectTypeId varchar, stageId varchar, activityTemplateId varchar,"
    "activityResultId varchar",
)
ACTIVITY = _table(
    "activity",
    "activity",
    "id varchar, activityTemplateId varchar, type varchar, done boolean, ownerId varchar, date timestamptz,"
    "allDay boolean, resultId varchar, dataObjectId varchar, distance double, verified boolean, duration bigint,"
    "durationSeconds bigint, text varchar, title varchar, notes varchar, fromStageId varchar, toStageId varchar,"
    "lossReasons varchar[], previousOwnerId varchar, newOwnerId varchar, fieldDiff json, isNote boolean,"
    "direction varchar, email varchar, phoneNumber varchar, reference varchar, createdAt timestamptz,"
    "updatedAt timestamptz",
    stamp="updatedAt",
)
APPOINTMENT = _table(
    "appointment",
    "appointment",
    "id varchar, dataObjectId varchar, ownerId varchar, date timestamptz, duration bigint, title varchar,"
    "notes varchar, activityId varchar, allDay boolean, allDayDate varchar, done boolean, activityTemplateId varchar,"
    "remindBeforeInSeconds bigint, originalStartDate timestamptz, recurringDefinition json, createdById varchar,"
    "updatedById varchar, updatedAt timestamptz",
    stamp="updatedAt",
)
_RECORD_COLUMNS = (
    "id varchar, typeId varchar, name varchar, addressUnit varchar, value double, stageId varchar, ownerId varchar,"
    "updatedAt timestamptz, createdAt timestamptz, stageUpdatedById varchar, stageUpdatedAt timestamptz,"
    "createdById varchar, updatedById varchar, territoryId varchar, source varchar, lastLocationStatus varchar,"
    "lastActivityTime timestamptz, lastActivityOwnerId varchar, nextActivityTime timestamptz, visitsCount bigint,"
    "lastVisitDate timestamptz, dateOfAssignment timestamptz, lastVisitResultId varchar, callCount bigint,"
    "lastCallDate timestamptz, lastCallResultId varchar, lastContractSignedDate timestamptz,"
    "externalDataObjectId varchar, pinId varchar, lat double, lng double, placeId varchar, address varchar, zip varchar"
)
_PIN = {"pinId": "id", "lat": "lat", "lng": "lng", "placeId": "placeId", "address": "address", "zip": "zip"}
# What a single read does not tell; a merge of one leaves these columns as they are.
_NOT_IN_SINGLE_READ = frozenset({"lastActivityOwnerId", "lastContractSignedDate"})


def record_table(workflow: Item) -> MirrorTable:
    """`spotio.record` for a workflow: fixed columns and one for each custom or system field of any type."""
    fixed = _table("record", "record", _RECORD_COLUMNS, stamp="updatedAt")
    fields: dict[str, Field] = {}
    for definition in workflow["dataObjects"]:
        for described in definition.get("fields") or []:
            field_id = str(described["id"])
            kind = str(described["type"])
            detail: dict[str, Any] = {}
            options = described.get("activeOptions") or []
            if options:
                detail["choices"] = {str(o): str(o) for o in options}
            if described.get("systemRole"):
                detail["systemRole"] = described["systemRole"]
            if described.get("readonly"):
                detail["readonly"] = True
            fields[field_id] = Field(
                name=field_id,
                source_type=kind,
                column_type=_FIELD_TYPES.get(kind.lower(), "varchar"),
                label=described["name"],
                detail=detail,
                column=f"f_{field_id}",
            )
    return MirrorTable(
        "spotio", "record", "record", "id", (*fixed.fields, *fields.values()), stamp="updatedAt"
    )


def stage_fields(workflow: Item) -> tuple[Field, ...]:
    """The stages as the choices of one field a type, so that a renamed or new stage shows as schema drift."""
    fields = []
    for definition in workflow["dataObjects"]:
        stages = {s["stageId"]: s["name"] for s in stage_rows({"dataObjects": [definition]})}
        fields.append(
            Field(
                name=f"stage of type {definition['id']}",
                source_type="stage",
                column_type=None,
                label=f"{definition['name']} stage",
                detail={"choices": stages},
            )
        )
    return tuple(fields)


def record_row(item: Item, custom: Iterable[str]) -> dict[str, Any]:
    """A row of `spotio.record` from an item of the export feed or of a single read."""
    pin = item.get("pin") or {}
    row: dict[str, Any] = {name: pin.get(source) for name, source in _PIN.items()}
    for column in _RECORD_COLUMNS.split(","):
        name = column.split()[0]
        if name not in _PIN:
            row[name] = item.get(name)
    row["callCount"] = item.get("callCount", item.get("callsCount"))  # the two reads call it differently
    values: dict[str, list[str]] = {}
    for field in item.get("fields") or []:
        held = values.setdefault(f"f_{field['fieldId']}", [])
        several = field.get("values")
        if several:
            held += [str(v) for v in several]
        elif field.get("value") is not None:
            held.append(str(field["value"]))
    for column_name in custom:
        row[column_name] = values.get(column_name)
    return row


def rows_table(table: MirrorTable, rows: Sequence[Item], leave_out: frozenset[str] = frozenset()) -> pa.Table:
    """Rows as Arrow: text for what SQL will type, lists for lists; ids and numbers alike become text."""
    arrays, names = [], []
    for name, kind in table.columns.items():
        if name in leave_out:
            continue
        names.append(name)
        values = [row.get(name) for row in rows]
        if kind.endswith("[]"):
            arrays.append(pa.array([_texts(v) for v in values], pa.list_(pa.string())))
        else:
            arrays.append(pa.array([_text(v, kind) for v in values], pa.string()))
    return pa.table(arrays, names=names)


def single_read_table(table: MirrorTable, rows: Sequence[Item]) -> pa.Table:
    """Rows of single reads: the columns that only the feed tells keep their value."""
    return rows_table(table, rows, _NOT_IN_SINGLE_READ)


def custom_columns(table: MirrorTable) -> list[str]:
    """The columns of custom and system fields."""
    return [name for name in table.columns if name.startswith("f_")]


def activity_row(item: Item) -> dict[str, Any]:
    """A row of `spotio.activity` from the feed or a single read."""
    record = item.get("dataObject") or {}
    transition = item.get("transition") or {}
    moved = item.get("ownerChanged") or {}
    return {
        **item,
        "dataObjectId": item.get("dataObjectId") or record.get("id"),
        "fromStageId": transition.get("fromStageId"),
        "toStageId": transition.get("toStageId"),
        "lossReasons": transition.get("lossReasons"),
        "previousOwnerId": moved.get("previousDataObjectOwnerId"),
        "newOwnerId": moved.get("newDataObjectOwnerId"),
        "fieldDiff": record.get("fieldDiff"),
    }


def saved_appointment_id(appointment_id: str) -> str:
    """The id of the saved appointment that a listed one belongs to.

    An unsaved occurrence is listed as `{id}-{definition id}-{ticks}` (source: the published example of the
    appointments' path parameter, where the id is 0 when nothing of the series was saved).
    """
    first, dash, _ = appointment_id.partition("-")
    return first if dash and first.isdecimal() and first != "0" else appointment_id


def stage_rows(workflow: Item) -> list[dict[str, Any]]:
    """The stages of every type; a stage's group is known only from where it stands, and its id per type."""
    rows = []
    for definition in workflow["dataObjects"]:
        position = 0
        for group, held in (definition.get("stages") or {}).items():
            for stage in (held or {}).get("stages") or []:
                position += 1
                rows.append(
                    {
                        **stage,
                        "id": f"{definition['id']}:{stage['id']}",
                        "typeId": str(definition["id"]),
                        "stageId": str(stage["id"]),
                        "groupName": group,
                        "position": position,
                    }
                )
    return rows


def company_rows(workflow: Item) -> list[dict[str, Any]]:
    """The company's own settings (`userSettings` of the workflow), one row; none where SPOTIO tells none."""
    settings = workflow.get("userSettings")
    return [{**settings, "id": "company"}] if settings else []


def field_rows(workflow: Item) -> list[dict[str, Any]]:
    """The fields of every type."""
    return [
        {
            **field,
            "id": f"{definition['id']}:{field['id']}",
            "typeId": str(definition["id"]),
            "fieldId": str(field["id"]),
        }
        for definition in workflow["dataObjects"]
        for field in definition.get("fields") or []
    ]


def template_rows(workflow: Item) -> list[dict[str, Any]]:
    """The activity templates, with their results as JSON."""
    return [
        {**template, "results": template.get("activityResults")}
        for template in workflow.get("activities") or []
    ]


def categorization_rows(categorization: Item) -> list[dict[str, Any]]:
    """What the tenant takes for won and for lost, with `won` and `lost` as ids."""
    named = (("won", "wonResult"), ("lost", "lostResult"))
    return [{**categorization[member], "id": name} for name, member in named if categorization.get(member)]


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "json":
        return msgspec.json.encode(value).decode()
    if isinstance(value, list):
        return str(value[0]) if len(value) == 1 else ("; ".join(map(str, value)) or None)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return str(value)


def _texts(value: Any) -> list[str] | None:
    if value is None or value == []:
        return None
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]
