"""One record: read, create, patch, delete."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio import shapes
from sync.sandbox.spotio.errors import forbidden, invalid
from sync.sandbox.spotio.fields import shown_fields
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.jsonpatch import patched
from sync.sandbox.spotio.parse import camel_case, optional_text, texts
from sync.sandbox.spotio.store import Row

MANY_MAX = 100
_PATCHABLE = ("stageId", "ownerId", "parentId", "externalDataObjectId", "source", "pin", "collaboratorIds")


def seen(call: Call, record_id: str) -> Row:
    """A live record that the caller may see: 404 when there is none, 403 when it is not theirs."""
    row = call.tenant.records.get(record_id)
    if call.user["role"] == "Sales" and call.user_id not in (row["ownerId"], *row["collaboratorIds"]):
        raise forbidden("You have no access to this data object.")
    return row


def read(call: Call) -> Any:
    return shapes.with_parents(call.tenant, seen(call, call.parts["id"]), call.user)


def read_many(call: Call) -> Any:
    ids = call.names("dataObjectsIds")
    if len(ids) > MANY_MAX:
        raise invalid("dataObjectsIds", f"At most {MANY_MAX} ids are allowed.")
    marks = ", ".join("?" * len(ids))
    rows = call.tenant.store.rows("records", f"deletedAt is null and id in ({marks})", ids)
    if call.user["role"] == "Sales":
        rows = [row for row in rows if call.user_id in (row["ownerId"], *row["collaboratorIds"])]
    return [shapes.single(call.tenant, row, call.user) for row in rows]


def create(call: Call) -> Any:
    body = call.object()
    request = body.get("dataObject")
    if not isinstance(request, Mapping):
        raise invalid("dataObject", "A data object is expected.")
    record_id = call.tenant.create_record(call.user_id, camel_case(request))
    activity = body.get("activity")
    if isinstance(activity, Mapping):
        call.tenant.log_activity(call.user_id, camel_case(activity) | {"dataObjectId": record_id})
    return shapes.with_parents(call.tenant, call.tenant.records.get(record_id), call.user)


def patch(call: Call) -> Any:
    _patch(call, call.list(), None)
    return _single(call)


def patch_with_activity(call: Call) -> Any:
    """A patch and an activity in one step; an activity of type transition tells about the stage change itself."""
    body = call.object()
    operations = body.get("dataObject") or []
    if isinstance(operations, Mapping):
        operations = camel_case(operations).get("operations") or []
    if not isinstance(operations, list):
        raise invalid("dataObject", "Operations are expected.")
    activity = body.get("activity")
    about = camel_case(activity) if isinstance(activity, Mapping) else None
    if about is None or str(about.get("type") or "").lower() == "transition":
        _patch(call, operations, about)
    else:
        _patch(call, operations, None)
        call.tenant.log_activity(call.user_id, about | {"dataObjectId": call.parts["id"]})
    return _single(call)


def _patch(call: Call, operations: list[Any], about: Mapping[str, Any] | None) -> None:
    row = seen(call, call.parts["id"])
    fields = shown_fields(shapes.kind_of(call.tenant, row), row["fields"])
    names = ("fieldId", "value", "values")
    document = {name: row[name] for name in _PATCHABLE}
    document["fields"] = [{name: value[name] for name in names} for value in fields]
    after, touched = patched(document, operations)
    move = about.get("transition") if about else None
    call.tenant.records.change(
        call.user_id,
        row["id"],
        {name: after[name] for name in touched},
        check_required=call.flag("validateRequiredFields") is not False,
        loss_reasons=texts(move, "lossReasons") if isinstance(move, Mapping) else None,
        notes=optional_text(about, "notes") if about else None,
    )


def _single(call: Call) -> Row:
    return shapes.single(call.tenant, call.tenant.records.get(call.parts["id"]), call.user)


def delete(call: Call) -> None:
    row = seen(call, call.parts["id"])
    body = call.object() if call.body is not None else {}
    mode = str(body.get("mode") or "delete").lower()
    new_parent_id = optional_text(body, "newParentId")
    if mode not in ("delete", "deleteandreassign"):
        raise invalid("mode", f"Mode {body.get('mode')} does not exist.")
    if mode == "deleteandreassign" and new_parent_id is None:
        raise invalid("newParentId", "A new parent is required.")
    call.tenant.records.delete(
        call.user_id,
        row["id"],
        permanently=bool(body.get("permanently")),
        new_parent_id=new_parent_id if mode == "deleteandreassign" else None,
        reassign_type_ids=texts(body, "reassignTypesIds"),
    )


ROUTES = (
    Route("POST", "/api/DataObjects", create),
    Route("GET", "/api/DataObjects/many", read_many),
    Route("GET", "/api/DataObjects/{id}", read),
    Route("DELETE", "/api/DataObjects/{id}", delete),
    Route("PATCH", "/api/DataObjects/{id}/jsonp", patch),
    Route("PATCH", "/api/DataObjects/{id}/jsonp/withActivity", patch_with_activity),
)
