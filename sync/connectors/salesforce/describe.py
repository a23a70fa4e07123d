"""From a describe answer to the mirror's table, and back from what the store remembers of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.schema import Field, MirrorTable

# Salesforce field type -> DuckDB type; None is not mirrored. An address or location is the sum of its parts,
# which are fields of their own; base64 bodies are files, not data to look at.
_TYPES: Mapping[str, str | None] = {
    "boolean": "boolean",
    "int": "bigint",
    "double": "double",
    "currency": "double",
    "percent": "double",
    "date": "date",
    "datetime": "timestamptz",
    "address": None,
    "location": None,
    "base64": None,
    "complexvalue": None,
}
# In this order: the first one that can be filtered on is the cursor (reference: replication pitfalls, 1).
_STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")


def mirror_table(answer: Mapping[str, Any]) -> MirrorTable:
    """The mirror's table for a describe answer: every field, typed, with what mappings depend on as detail."""
    fields = tuple(_field(described) for described in answer["fields"])
    return assemble(str(answer["name"]), fields)


def assemble(sobject: str, fields: tuple[Field, ...]) -> MirrorTable:
    """The table of an object from its fields, fresh or remembered."""
    by_name = {field.name: field for field in fields}
    stamp = next(
        (name for name in _STAMPS if name in by_name and by_name[name].detail.get("filterable")), None
    )
    return MirrorTable(
        system="salesforce",
        name=sobject.lower(),
        object=sobject,
        key="Id",
        fields=fields,
        stamp=stamp,
        deleted_flag="IsDeleted" if "IsDeleted" in by_name else None,
    )


def _field(described: Mapping[str, Any]) -> Field:
    kind = str(described["type"])
    detail: dict[str, Any] = {
        "createable": described["createable"],
        "updateable": described["updateable"],
        "filterable": described["filterable"],
        "nillable": described["nillable"],
    }
    for name in ("length", "precision", "scale", "digits"):
        if described.get(name):
            detail[name] = described[name]
    for name in (
        "calculated",
        "unique",
        "externalId",
        "restrictedPicklist",
        "defaultedOnCreate",
        "autoNumber",
    ):
        if described.get(name):
            detail[name] = True
    if described.get("referenceTo"):
        detail["referenceTo"] = described["referenceTo"]
    if described.get("compoundFieldName"):
        detail["compound"] = described["compoundFieldName"]
    if described.get("picklistValues"):
        detail["choices"] = {c["value"]: c["label"] for c in described["picklistValues"] if c["active"]}
    return Field(
        name=described["name"],
        source_type=kind,
        column_type=_TYPES.get(kind, "varchar"),
        label=described["label"],
        detail=detail,
    )
