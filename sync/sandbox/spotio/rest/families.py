"""A record together with its children: read, create and patch in one call."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio import shapes
from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.jsonpatch import patched
from sync.sandbox.spotio.parse import camel_case, objects, optional_text
from sync.sandbox.spotio.rest.records import (
    PATCHABLE,
    about_of,
    change_record,
    is_transition,
    log_with,
    many,
    operations_of,
    patchable,
    seen,
)
from sync.sandbox.spotio.store import Row
from sync.sandbox.spotio.visibility import sees


def _children(call: Call, parent_id: str) -> list[Row]:
    where = "parentId = ? and deletedAt is null"
    rows = call.tenant.store.rows("records", where, (parent_id,), "rowid")
    return [row for row in rows if sees(call.user, row)]


def _family(call: Call, row: Row) -> Row:
    """DataObjectWithChildren."""
    children = [shapes.child(call.tenant, child) for child in _children(call, row["id"])]
    return {"parent": shapes.single(call.tenant, row, call.user), "children": children}


def read(call: Call) -> Any:
    return _family(call, seen(call, call.parts["id"]))


def read_many(call: Call) -> Any:
    return [_family(call, row) for row in many(call)]


def create(call: Call) -> Any:
    """All or nothing; children belong to the parent's owner unless their type says otherwise."""
    body = call.object()
    family = body.get("dataObject")
    parent = camel_case(family).get("parent") if isinstance(family, Mapping) else None
    if not isinstance(family, Mapping) or not isinstance(parent, Mapping):
        raise invalid("dataObject", "A parent is expected.")
    parent_id = call.tenant.create_record(call.user_id, camel_case(parent))
    for child in objects(camel_case(family), "children"):
        _create_child(call, parent_id, child)
    log_with(call, body.get("activity"), parent_id)
    return _family(call, call.tenant.records.get(parent_id))


def _create_child(call: Call, parent_id: str, child: Mapping[str, Any]) -> None:
    owner_id = call.tenant.records.get(parent_id)["ownerId"]
    members = {name: child.get(name) for name in ("typeId", "fields")}
    request = members | {"parentId": parent_id, "ownerId": owner_id, "fields": members["fields"] or []}
    call.tenant.create_record(call.user_id, request)


def patch(call: Call) -> Any:
    _patch(call, call.list(), None)
    return _family(call, call.tenant.records.get(call.parts["id"]))


def patch_with_activity(call: Call) -> Any:
    body = call.object()
    about = about_of(body)
    tells = about is not None and is_transition(about)
    _patch(call, operations_of(body), about if tells else None)
    if not tells:
        log_with(call, about, call.parts["id"])
    return _family(call, call.tenant.records.get(call.parts["id"]))


def _patch(call: Call, operations: list[Any], about: Mapping[str, Any] | None) -> None:
    """Patch `{parent, children}`: a child that is new is created, one that is no longer there is deleted."""
    row = seen(call, call.parts["id"])
    before = {child["id"]: child for child in _children(call, row["id"])}
    document: dict[str, Any] = {
        "parent": patchable(call, row),
        "children": [
            {"id": child["id"], "typeId": child["typeId"], "fields": patchable(call, child)["fields"]}
            for child in before.values()
        ],
    }
    after, touched = patched(document, operations)
    if "parent" in touched:
        parent = after["parent"]
        if not isinstance(parent, dict):
            raise invalid("parent", "An object is expected.")
        unknown = parent.keys() - {*PATCHABLE, "fields"}
        if unknown:
            raise invalid(sorted(unknown)[0], "This member cannot be changed.")
        changes = {name: value for name, value in parent.items() if value != document["parent"][name]}
        change_record(call, row["id"], changes, about)
    if "children" in touched:
        _replace_children(call, row["id"], before, objects(after, "children"))


def _replace_children(
    call: Call, parent_id: str, before: Mapping[str, Row], after: list[dict[str, Any]]
) -> None:
    kept = set()
    for child in after:
        child_id = optional_text(child, "id")
        if child_id is None:
            _create_child(call, parent_id, child)
            continue
        if child_id not in before:
            raise invalid("children", f"Data object with id: {child_id} is no child of this one.")
        kept.add(child_id)
        if child.get("fields") != patchable(call, before[child_id])["fields"]:
            change_record(call, child_id, {"fields": child.get("fields")}, None)
    for child_id in before.keys() - kept:
        call.tenant.delete_record(call.user_id, child_id)


ROUTES = (
    Route("POST", "/api/DataObjects/withChildren", create),
    Route("GET", "/api/DataObjects/withChildren/many", read_many),
    Route("GET", "/api/DataObjects/withChildren/{id}", read),
    Route("PATCH", "/api/DataObjects/withChildren/{id}/jsonp", patch),
    Route("PATCH", "/api/DataObjects/withChildren/{id}/jsonp/withActivity", patch_with_activity),
)
