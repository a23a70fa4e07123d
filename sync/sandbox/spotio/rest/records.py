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
from sync.sandbox.spotio.visibility import sees

MANY_MAX = 100
PATCHABLE = ("stageId", "ownerId", "parentId", "externalDataObjectId", "source", "pin", "collaboratorIds")


def seen(call: Call, record_id: str) -> Row:
    """A live record that the caller may see: 404 when there is none, 403 when it is not theirs."""
    row = call.tenant.records.get(record_id)
    if not sees(call.user, row):
        raise forbidden("You have no access to this data object.")
    return row


def check_writable(call: Call, record_id: Any) -> None:
    """403 for a record that is not the caller's; one that does not exist is a matter of validation."""
    if call.tenant.store.row("records", str(record_id)) is not None:
        seen(call, str(record_id))


def read(call: Call) -> Any:
    return shapes.with_parents(call.tenant, seen(call, call.parts["id"]), call.user)


def read_many(call: Call) -> Any:
    return [shapes.single(call.tenant, row, call.user) for row in many(call)]


def many(call: Call) -> list[Row]:
    """The live records that the query names and the caller sees."""
    ids = call.names("dataObjectsIds")
    if len(ids) > MANY_MAX:
        raise invalid("dataObjectsIds", f"At most {MANY_MAX} ids are allowed.")
    marks = ", ".join("?" * len(ids))
    rows = call.tenant.store.rows("records", f"deletedAt is null and id in ({marks})", ids)
    return [row for row in rows if sees(call.user, row)]


def create(call: Call) -> Any:
    body = call.object()
    request = body.get("dataObject")
    if not isinstance(request, Mapping):
        raise invalid("dataObject", "A data object is expected.")
    record_id = call.tenant.create_record(call.user_id, camel_case(request))
    log_with(call, body.get("activity"), record_id)
    return shapes.with_parents(call.tenant, call.tenant.records.get(record_id), call.user)


def log_with(call: Call, activity: Any, record_id: str) -> None:
    """Log the activity that came along with a record, if one did."""
    if isinstance(activity, Mapping):
        call.tenant.log_activity(call.user_id, camel_case(activity) | {"dataObjectId": record_id})


def patch(call: Call) -> Any:
    _patch(call, call.list(), None)
    return _single(call)


def patch_with_activity(call: Call) -> Any:
    """A patch and an activity in one step; an activity of type transition tells about the stage change itself."""
    body = call.object()
    operations, about = operations_of(body), about_of(body)
    if about is None or is_transition(about):
        _patch(call, operations, about)
    else:
        _patch(call, operations, None)
        log_with(call, about, call.parts["id"])
    return _single(call)


def operations_of(body: Mapping[str, Any]) -> list[Any]:
    """The patch beside an activity: a bare array, or an object that holds it as `operations`."""
    operations = body.get("dataObject") or []
    if isinstance(operations, Mapping):
        operations = camel_case(operations).get("operations") or []
    if not isinstance(operations, list):
        raise invalid("dataObject", "Operations are expected.")
    return operations


def about_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    activity = body.get("activity")
    return camel_case(activity) if isinstance(activity, Mapping) else None


def is_transition(about: Mapping[str, Any]) -> bool:
    return str(about.get("type") or "").lower() == "transition"


def patchable(call: Call, row: Row) -> dict[str, Any]:
    """The document that a JSON Patch works on: what a DataObjectRequest can hold."""
    fields = shown_fields(shapes.kind_of(call.tenant, row), row["fields"])
    names = ("fieldId", "value", "values")
    document = {name: row[name] for name in PATCHABLE}
    return document | {"fields": [{name: value[name] for name in names} for value in fields]}


def change_record(
    call: Call, record_id: str, changes: Mapping[str, Any], about: Mapping[str, Any] | None
) -> None:
    """Carry a patch out; `about` is the transition that came along with it."""
    move = about.get("transition") if about else None
    call.tenant.records.change(
        call.user_id,
        record_id,
        changes,
        check_required=call.flag("validateRequiredFields") is not False,
        loss_reasons=texts(move, "lossReasons") if isinstance(move, Mapping) else None,
        notes=optional_text(about, "notes") if about else None,
    )


def _patch(call: Call, operations: list[Any], about: Mapping[str, Any] | None) -> None:
    row = seen(call, call.parts["id"])
    after, touched = patched(patchable(call, row), operations)
    change_record(call, row["id"], {name: after[name] for name in touched}, about)


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
