"""`?columns=true`: what a query's result will look like, for tools that lay out a table before they ask for rows."""

from __future__ import annotations

from typing import Any

from sync.sandbox.salesforce.plan import Plan
from sync.sandbox.salesforce.schema import NUMBERS, Field
from sync.sandbox.salesforce.shape import AddressOf, Children, Entry, Leaf, Node, Variants

_APEX = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "int": "Integer",
    "double": "Double",
    "currency": "Double",
    "percent": "Double",
    "date": "Date",
    "datetime": "Datetime",
    "address": "Address",
}


def column_metadata(plan: Plan) -> dict[str, Any]:
    aggregate = plan.kind == "aggregate"
    entries = {} if plan.kind == "count" else plan.shape.entries
    return {
        "columnMetadata": [_column(name, entry, aggregate) for name, entry in entries.items()],
        "entityName": plan.sobject.name,
        "groupBy": aggregate,
        "idSelected": "Id" in entries,
        "keyPrefix": plan.sobject.prefix,
    }


def _column(name: str, entry: Entry, aggregate: bool) -> dict[str, Any]:
    match entry:
        case Leaf(_, field):
            return _described(name, field, aggregate and field.name != name)
        case AddressOf():
            return _described(name, Field(name, "address", name))
        case Node(entries=entries):
            inner = entries
        case Variants(nodes):
            inner = {key: each for node in nodes for key, each in node.entries.items()}
        case Children(plan):
            inner = plan.shape.entries
    joined = [_column(key, each, aggregate) for key, each in inner.items()]
    return {**_described(name, None), "joinColumns": joined}


def _described(name: str, field: Field | None, aggregate: bool = False) -> dict[str, Any]:
    kind = field.type if field else ""
    return {
        "aggregate": aggregate,
        "apexType": _APEX.get(kind, "String") if field else None,
        "booleanType": kind == "boolean",
        "columnName": name,
        "custom": field.custom if field else False,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": "c" in field.flags if field else False,
        "joinColumns": [],
        "numberType": kind in NUMBERS,
        "textType": bool(field) and kind not in _APEX,
        "updatable": "u" in field.flags if field else False,
    }
