"""Records as the API shows them: the single read, the export feed, the search results.

The same fact has another name or type from place to place (ids as numbers in the export, `callCount` beside
`callsCount`); that is the contract, and this is the place where it lives. A reference to another object that is
absent is left out, because the contract does not let it be null.
"""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.fields import of_type, shown_fields
from sync.sandbox.spotio.store import Row, words
from sync.sandbox.spotio.tenant import Tenant
from sync.sandbox.spotio.workflow import RecordType

_SHARED = words(
    "id name typeId stageId ownerId externalDataObjectId source territoryId createdAt "
    "updatedAt createdById updatedById stageUpdatedAt stageUpdatedById lastVisitResultId "
    "lastVisitDate visitsCount lastActivityTime nextActivityTime lastCallDate "
    "lastCallResultId value addressUnit lastLocationStatus"
)
_PIN = ("id", "lat", "lng", "placeId", "address", "zip")
_EXPORTED_NUMBERS = words(
    "typeId stageId ownerId stageUpdatedById createdById updatedById territoryId "
    "lastActivityOwnerId lastVisitResultId lastCallResultId"
)
_EXPORTED = words(
    "id typeId name addressUnit value stageId ownerId updatedAt createdAt stageUpdatedById "
    "stageUpdatedAt createdById updatedById territoryId source lastLocationStatus "
    "lastActivityTime lastActivityOwnerId nextActivityTime visitsCount lastVisitDate "
    "dateOfAssignment lastVisitResultId lastCallDate lastCallResultId externalDataObjectId"
)


def kind_of(tenant: Tenant, row: Row) -> RecordType:
    """The record's type; an empty one of that id when the tenant has deleted it since."""
    kind = tenant.workflow.type_by_id(row["typeId"])
    return kind or RecordType(row["typeId"], "", [], [])


def single(tenant: Tenant, row: Row, user: Row) -> Row:
    """DataObject: one record, complete but for its parents."""
    kind, values = kind_of(tenant, row), row["fields"]
    phones = of_type(kind, values, "phone")
    shown = {name: row[name] for name in _SHARED}
    shown |= {
        "territories": [
            {
                "id": int(item["id"]),
                "title": item["title"],
                "parentId": number(item["parentId"]),
                "global": bool(item["global"]),
            }
            for item in tenant.territories.ancestors(row["territoryId"])
        ],
        "lastVisitNote": row["lastVisitNote"],
        "dateOfAssignment": row["dateOfAssignment"],
        "callsCount": row["callsCount"],
        "fields": shown_fields(kind, values),
        "access": access(row, user),
        "phones": phones,
        "emails": of_type(kind, values, "email"),
        "textOptedIn": False,
        "phonesFullInfo": [{"phone": phone, "textOptedIn": False} for phone in phones],
        "collaboratorIds": row["collaboratorIds"],
    }
    if row["pin"]:
        shown["pin"] = row["pin"]
    return shown


def with_parents(tenant: Tenant, row: Row, user: Row) -> Row:
    """DataObjectWithParent: the nearest parent first."""
    parents: list[Row] = []
    parent = tenant.store.row("records", row["parentId"])
    while parent is not None and len(parents) < _PARENTS_MAX:
        parents.append({"id": parent["id"], "name": parent["name"]})
        parent = tenant.store.row("records", parent["parentId"])
    return single(tenant, row, user) | {"parentsInfo": parents}


_PARENTS_MAX = 10


def access(row: Row, user: Row) -> str:
    return "full" if user["role"] != "Sales" or row["ownerId"] == user["id"] else "editable"


def exported(row: Row) -> Row:
    """DataObjectExportItem: ids as numbers, a row a value for a multiple choice, no parent."""
    shown = {name: row[name] for name in _EXPORTED}
    for name in _EXPORTED_NUMBERS:
        shown[name] = number(shown[name])
    shown["callCount"] = row["callsCount"]
    shown["lastContractSignedDate"] = None
    shown["fields"] = [
        {"fieldId": int(field_id), "value": each}
        for field_id, value in row["fields"].items()
        for each in (value if isinstance(value, list) else (value,))
    ]
    pin = row["pin"]
    if pin:
        shown["pin"] = {name: pin[name] for name in _PIN} | {"id": int(pin["id"])}
    return shown


def deleted(row: Row) -> Row:
    """DeletedDataObjectMetadata."""
    kept = ("stageId", "ownerId", "updatedAt", "createdAt", "source", "territoryId", "typeId", "value")
    shown = {name: row[name] for name in kept} | {"externalDataObjectId": row["externalDataObjectId"]}
    if row["pin"]:
        shown["pin"] = {"id": row["pin"]["id"], "address": row["address"]}
    return {
        "id": row["id"],
        "deletedAt": row["deletedAt"],
        "deletedById": row["deletedById"],
        "dataObject": shown,
    }


def searched(tenant: Tenant, row: Row, custom_fields: list[str]) -> Row:
    """SearchDataObjectDto: only the custom fields asked for."""
    kind = kind_of(tenant, row)
    shown = {name: row[name] for name in _SHARED}
    shown |= {
        "callCount": row["callsCount"],
        "lastActivityOwnerId": row["lastActivityOwnerId"],
        "lastContractSignedDate": None,
        "fields": _chosen_fields(row, custom_fields),
        "phones": of_type(kind, row["fields"], "phone"),
        "emails": of_type(kind, row["fields"], "email"),
        "filterOptionValues": [],
    }
    return shown | _short_pin(row)


def listed(tenant: Tenant, row: Row, custom_fields: list[str]) -> Row:
    """SearchDataObjectListItemDto."""
    whole = searched(tenant, row, custom_fields)
    names = words(
        "id typeId addressUnit value stageId externalDataObjectId fields name phones emails "
        "visitsCount lastVisitDate lastVisitResultId filterOptionValues"
    )
    return {name: whole[name] for name in names} | _short_pin(row)


def simple(tenant: Tenant, row: Row) -> Row:
    """SearchSimpleDataObjectDto."""
    kind = kind_of(tenant, row)
    phones = of_type(kind, row["fields"], "phone")
    shown = {name: row[name] for name in ("id", "typeId", "name", "stageId", "visitsCount")}
    shown |= {
        "phones": phones,
        "emails": of_type(kind, row["fields"], "email"),
        "textOptedIn": False,
        "phonesFullInfo": [{"phone": phone, "textOptedIn": False} for phone in phones],
    }
    return shown | _short_pin(row)


def simple_with_parent(tenant: Tenant, row: Row) -> Row:
    """SearchSimpleDataObjectWithParentDto."""
    shown = simple(tenant, row) | {name: row[name] for name in ("externalDataObjectId", "ownerId")}
    parent = tenant.store.row("records", row["parentId"])
    return shown | ({"parent": simple(tenant, parent)} if parent else {})


def related(tenant: Tenant, row: Row) -> Row:
    """RelatedDataObjectDto."""
    shown = simple(tenant, row)
    names = ("id", "typeId", "name", "phones", "emails")
    return {name: shown[name] for name in names} | {"value": row["value"]} | _short_pin(row)


def child(tenant: Tenant, row: Row) -> Row:
    """ChildObject."""
    kind, whole = kind_of(tenant, row), simple(tenant, row)
    names = ("id", "name", "typeId", "phones", "emails", "textOptedIn", "phonesFullInfo")
    shown = {name: whole[name] for name in names}
    own = {"fields": shown_fields(kind, row["fields"]), "externalDataObjectId": row["externalDataObjectId"]}
    return shown | own


def number(text: str | None) -> int | None:
    return int(text) if text is not None else None


def _short_pin(row: Row) -> Row:
    return {"pin": {name: row["pin"][name] for name in _PIN}} if row["pin"] else {}


def _chosen_fields(row: Row, field_ids: list[str]) -> list[Mapping[str, Any]]:
    values = {field_id: row["fields"][field_id] for field_id in field_ids if field_id in row["fields"]}
    return [
        {"fieldId": field_id, "value": None, "values": value}
        if isinstance(value, list)
        else {"fieldId": field_id, "value": value, "values": None}
        for field_id, value in values.items()
    ]
