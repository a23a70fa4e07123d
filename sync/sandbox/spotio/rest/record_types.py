"""Types of records as an administrator configures them: the types themselves, which fields they use, their stages."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import invalid, not_found
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.parse import camel_case, objects, optional_text, texts
from sync.sandbox.spotio.rest.workflow import (
    FIELDS,
    STAGES,
    asked_group,
    asked_kind,
    asked_stage,
    empty_stage,
    forget_values,
    position,
)
from sync.sandbox.spotio.workflow import GROUPS, Field, RecordType, Stage

_ROLES = ("name", "location")
_SCORINGS = ("lead", "churn")


def create(call: Call) -> Any:
    """A new type begins with one stage, so that records can be made of it, and without fields."""
    call.require_admin()
    workflow, body = call.tenant.workflow, call.object()
    parent_id = optional_text(body, "parentId")
    if parent_id is not None and workflow.type_by_id(parent_id) is None:
        raise invalid("parentId", f"Type with id: {parent_id} does not exist.")
    number = max(int(kind.id) for kind in workflow.types) + 1
    kind = RecordType(str(number), "", [Stage("1", "New", "active")], [], parent_id=parent_id)
    _apply(kind, body)
    workflow.types.append(kind)
    return kind.wire()


def update(call: Call) -> Any:
    call.require_admin()
    kind = asked_kind(call)
    _apply(kind, call.object())
    return kind.wire()


def _apply(kind: RecordType, body: Mapping[str, Any]) -> None:
    name = optional_text(body, "name") or kind.name
    if not name:
        raise invalid("name", "A name is required.")
    scoring = str(body.get("scoringType") or kind.scoring).lower()
    if scoring not in _SCORINGS:
        raise invalid("scoringType", f"Scoring {body.get('scoringType')} does not exist.")
    extra = body.get("extraSettings")
    if isinstance(extra, Mapping):
        sent = camel_case(extra)
        kind.extra |= {key: bool(sent[key]) for key in kind.extra if sent.get(key) is not None}
    kind.name, kind.scoring = name, scoring
    kind.inherit_owner = bool(body.get("inheritOwnerFromParent"))
    kind.parent_required = bool(body.get("parentRequired"))


def delete(call: Call) -> None:
    """Only a type without records goes, and never the default one."""
    call.require_admin()
    workflow, kind = call.tenant.workflow, asked_kind(call)
    held = call.tenant.store.rows("records", "typeId = ? and deletedAt is null", (kind.id,), "rowid limit 1")
    if held or workflow.settings["defaultDataObjectId"] == kind.id:
        raise invalid("_", f"{kind.name} is in use.")
    if any(other.parent_id == kind.id for other in workflow.types):
        raise invalid("_", f"{kind.name} is the parent of another type.")
    workflow.types.remove(kind)


def choose_default(call: Call) -> Any:
    call.require_admin()
    workflow = call.tenant.workflow
    body = call.object() if call.body is not None else {}
    type_id = optional_text(body, "dataObjectId") or call.text("id")
    kind = workflow.type_by_id(type_id) if type_id else None
    if kind is None:
        raise invalid("dataObjectId", f"Type with id: {type_id} does not exist.")
    workflow.settings["defaultDataObjectId"] = kind.id
    return kind.wire()


def available_fields(call: Call) -> Any:
    """Fields of the tenant that this type does not use."""
    kind = asked_kind(call)
    return [_available(item) for item in call.tenant.workflow.fields() if kind.field_by_id(item.id) is None]


def _available(item: Field) -> dict[str, Any]:
    """AvailableField."""
    shown = {"id": item.id, "name": item.name, "type": item.type, "group": "general", "inheritable": False}
    return shown | ({"systemRole": item.system_role} if item.system_role else {})


def move_field(call: Call) -> Any:
    """Put a field of the tenant into a type, or to another place in it; `active: false` takes it out."""
    call.require_admin()
    kind, body, field_id = asked_kind(call), call.object(), call.parts["fieldId"]
    role = str(body["role"]).lower() if body.get("role") else None
    if role is not None and role not in _ROLES:
        raise invalid("role", f"Role {body['role']} does not exist.")
    item = kind.field_by_id(field_id)
    if item is not None:
        kind.fields.remove(item)
    else:
        item = next((known for known in call.tenant.workflow.fields() if known.id == field_id), None)
        if item is None:
            raise not_found("Field", field_id)
        item = item.copy()
    if body.get("active") is False:
        forget_values(call, item.id, [kind])
        return {"field": item.wire()}
    item.role, item.updated_at = role, call.tenant.store.now()
    kind.fields.insert(position(body, len(kind.fields)), item)
    return {"field": item.wire()}


def delete_field_references(call: Call) -> None:
    """Take a field out of several types at once."""
    call.require_admin()
    wanted = texts(call.object(), "dataObjectIds")
    kinds = [kind for kind in call.tenant.workflow.types if kind.id in wanted]
    if unknown := set(wanted) - {kind.id for kind in kinds}:
        raise invalid("dataObjectIds", f"Type with id: {min(unknown)} does not exist.")
    users = [kind for kind in kinds if kind.field_by_id(call.parts["fieldId"])]
    for kind in users:
        kind.fields = [item for item in kind.fields if item.id != call.parts["fieldId"]]
    forget_values(call, call.parts["fieldId"], users)


def update_group(call: Call) -> Any:
    """Switch a group of stages on or off; off, its records move as `migrations` say."""
    call.require_admin()
    kind, group, body = asked_kind(call), asked_group(call), call.object()
    if body.get("active") is not False:
        kind.inactive_groups.discard(group)
        return kind.group_wire(group)
    if group == "active":
        raise invalid("active", "The active stages cannot be switched off.")
    targets = {
        optional_text(item, "fromStage"): optional_text(item, "toStage")
        for item in objects(body, "migrations")
    }
    for stage in kind.stages:
        if stage.group == group:
            empty_stage(call, kind, stage, targets.get(stage.id), "migrations")
    kind.inactive_groups.add(group)
    return kind.group_wire(group)


def move_stage(call: Call) -> Any:
    """Put a stage into another group, or to another place in its own."""
    call.require_admin()
    kind, stage, body = asked_kind(call), asked_stage(call), call.object()
    group = str(body.get("stagesGroup") or stage.group).lower()
    if group not in GROUPS:
        raise invalid("stagesGroup", f"Group {body.get('stagesGroup')} does not exist.")
    kind.stages.remove(stage)
    stage.group = group
    within = [item for item in kind.stages if item.group == group]
    at = position(body, len(within))
    kind.stages.insert(kind.stages.index(within[at]) if at < len(within) else len(kind.stages), stage)
    return stage.wire()


ROUTES = (
    Route("POST", "/api/workflow/dataObjects", create),
    Route("PUT", "/api/workflow/dataObjects/default", choose_default),
    Route("PUT", "/api/workflow/dataObjects/{typeId}", update),
    Route("DELETE", "/api/workflow/dataObjects/{typeId}", delete),
    Route("GET", FIELDS + "/available", available_fields),
    Route("POST", FIELDS + "/{fieldId}/move", move_field),
    Route("POST", "/api/workflow/dataObjects/fields/{fieldId}/deleteReference", delete_field_references),
    Route("PUT", STAGES + "/{group}", update_group),
    Route("POST", STAGES + "/{group}/{stageId}/move", move_stage),
)
