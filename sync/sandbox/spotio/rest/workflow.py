"""The workflow: reading it whole and in parts, and the changes an administrator makes to fields and stages."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import invalid, not_found
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.parse import optional_int, optional_text, texts
from sync.sandbox.spotio.store import words
from sync.sandbox.spotio.workflow import GROUPS, Field, RecordType, Stage

FIELD_TYPES = words(
    "email text phone singleChoice multiChoice date number address currency dateTime multiLine attachment"
)


def whole(call: Call) -> Any:
    workflow = call.tenant.workflow
    return _properties(call) | {
        "activities": [template.wire() for template in workflow.templates],
        "dataObjects": [kind.definition() for kind in workflow.types],
    }


def properties(call: Call) -> Any:
    return _properties(call)


def _properties(call: Call) -> dict[str, Any]:
    return {
        "internalSettings": {"applicationMode": "flexible", "isNew": False},
        "userSettings": call.tenant.workflow.settings,
        "permissions": {
            "salesPermissions": {"canCreateDataObjects": True, "deleteOwnDataObjects": True},
            "managerPermissions": {"showAllDataObjects": True, "canAddUsers": True, "canExport": True},
        },
    }


def full_types(call: Call) -> Any:
    return [kind.definition() for kind in call.tenant.workflow.types]


def types(call: Call) -> Any:
    return [kind.wire() for kind in call.tenant.workflow.types]


def read_type(call: Call) -> Any:
    return asked_kind(call).wire()


def categorization(call: Call) -> Any:
    return {"wonResult": call.tenant.workflow.won, "lostResult": call.tenant.workflow.lost}


def fields(call: Call) -> Any:
    return [item.wire() for item in asked_kind(call).fields]


def field_integrations(call: Call) -> Any:
    """Which native integrations use a field, type by type."""
    used = []
    for kind in call.tenant.workflow.types:
        item = kind.field_by_id(call.parts["fieldId"])
        if item is not None and item.integrations:
            used.append({"dataObjectTypeId": kind.id, "integrations": item.integrations})
    return used


def create_field(call: Call) -> Any:
    call.require_admin()
    kind, body = asked_kind(call), call.object()
    wanted = str(body.get("type") or "").lower()
    field_type = next((known for known in FIELD_TYPES if known.lower() == wanted), None)
    if field_type is None:
        raise invalid("type", f"Type {body.get('type')} does not exist.")
    now = call.tenant.store.now()
    numbers = [int(item.id) for item in call.tenant.workflow.fields() if int(item.id) < _FIRST_SYSTEM_ID]
    item = Field(str(max(numbers, default=0) + 1), "", field_type, created_at=now, updated_at=now)
    _apply_field(item, body, now)
    kind.fields.insert(position(body, len(kind.fields)), item)
    return item.wire()


_FIRST_SYSTEM_ID = 100_000


def update_field(call: Call) -> Any:
    call.require_admin()
    item = _field(call)
    _apply_field(item, call.object(), call.tenant.store.now())
    return item.wire()


def delete_field(call: Call) -> None:
    """Take a field from one type; the values that records hold in it are lost."""
    call.require_admin()
    kind, item = asked_kind(call), _field(call)
    kind.fields.remove(item)
    forget_values(call, item.id, [kind])


def delete_field_everywhere(call: Call) -> None:
    call.require_admin()
    kinds = [kind for kind in call.tenant.workflow.types if kind.field_by_id(call.parts["fieldId"])]
    if not kinds:
        raise not_found("Field", call.parts["fieldId"])
    for kind in kinds:
        kind.fields = [item for item in kind.fields if item.id != call.parts["fieldId"]]
    forget_values(call, call.parts["fieldId"], kinds)


def forget_values(call: Call, field_id: str, kinds: list[RecordType]) -> None:
    for kind in kinds:
        call.tenant.store.db.execute(
            "update records set fields = json_remove(fields, ?) where typeId = ?",
            (f'$."{field_id}"', kind.id),
        )


def _apply_field(item: Field, body: Mapping[str, Any], now: str) -> None:
    """Set what the request names; options it no longer names become removed ones."""
    item.name = optional_text(body, "name") or item.name
    if not item.name:
        raise invalid("name", "A name is required.")
    item.stage_constraints = texts(body, "stageConstraints")
    options = texts(body, "activeOptions")
    dropped = [option for option in item.active_options if option not in options]
    item.removed_options = [option for option in [*item.removed_options, *dropped] if option not in options]
    item.active_options = options
    item.readonly, item.use_as_filter = bool(body.get("readonly")), bool(body.get("useAsFilter"))
    item.show_in_activity_feed = bool(body.get("showInActivityFeed"))
    item.required_without_stage = bool(body.get("requiredWithoutStage"))
    item.updated_at = now


def stages(call: Call) -> Any:
    return asked_kind(call).stages_wire()


def create_stage(call: Call) -> Any:
    call.require_admin()
    kind, group, body = asked_kind(call), asked_group(call), call.object()
    name = optional_text(body, "name")
    if not name:
        raise invalid("name", "A name is required.")
    stage = Stage(str(max((int(item.id) for item in kind.stages), default=0) + 1), name, group)
    stage.color = optional_text(body, "color") or stage.color
    stage.loss_reasons = texts(body, "lossReasons")
    if group == "lost" and not stage.loss_reasons:
        raise invalid("lossReasons", "A lost stage needs loss reasons.")
    within = [item for item in kind.stages if item.group == group]
    at = position(body, len(within))
    before = within[at] if at < len(within) else None
    kind.stages.insert(kind.stages.index(before) if before else len(kind.stages), stage)
    return stage.wire()


def update_stage(call: Call) -> Any:
    call.require_admin()
    stage, body = asked_stage(call), call.object()
    stage.name = optional_text(body, "name") or stage.name
    stage.color = optional_text(body, "color") or stage.color
    stage.loss_reasons = texts(body, "lossReasons")
    return stage.wire()


def delete_stage(call: Call) -> None:
    """Take a stage away; its records move to `moveToStage`, each with a transition."""
    call.require_admin()
    kind, stage = asked_kind(call), asked_stage(call)
    target = optional_text(call.object() if call.body is not None else {}, "moveToStage")
    empty_stage(call, kind, stage, target, "moveToStage")
    kind.stages.remove(stage)


def empty_stage(call: Call, kind: RecordType, stage: Stage, target: str | None, member: str) -> None:
    """Move a stage's records to another one, which the request names in `member`; without records none is needed."""
    held = call.tenant.store.rows(
        "records", "typeId = ? and stageId = ? and deletedAt is null", (kind.id, stage.id)
    )
    if held and (target is None or target == stage.id or kind.stage_by_id(target) is None):
        raise invalid(member, f"{len(held)} data objects are in this stage; name another one.")
    for row in held:
        call.tenant.records.change(call.user_id, row["id"], {"stageId": target}, check_required=False)


def position(body: Mapping[str, Any], length: int) -> int:
    index = optional_int(body, "index")
    return length if index is None else min(max(index, 0), length)


def asked_kind(call: Call) -> RecordType:
    kind = call.tenant.workflow.type_by_id(call.parts["typeId"])
    if kind is None:
        raise not_found("Data object type", call.parts["typeId"])
    return kind


def asked_group(call: Call) -> str:
    group = call.parts["group"].lower()
    if group not in GROUPS:
        raise not_found("Stage group", group)
    return group


def asked_stage(call: Call) -> Stage:
    stage = asked_kind(call).stage_by_id(call.parts["stageId"])
    if stage is None or stage.group != asked_group(call):
        raise not_found("Stage", call.parts["stageId"])
    return stage


def _field(call: Call) -> Field:
    item = asked_kind(call).field_by_id(call.parts["fieldId"])
    if item is None:
        raise not_found("Field", call.parts["fieldId"])
    return item


STAGES = "/api/workflow/dataObjects/{typeId}/stages"
FIELDS = "/api/workflow/dataObjects/{typeId}/fields"

ROUTES = (
    Route("GET", "/api/workflow", whole),
    Route("GET", "/api/workflow/properties", properties),
    Route("GET", "/api/workflow/categorization", categorization),
    Route("GET", "/api/workflow/dataObjects", types),
    Route("GET", "/api/workflow/dataObjects/full", full_types),
    Route("GET", "/api/workflow/dataObjects/fields/{fieldId}/integrations", field_integrations),
    Route("GET", "/api/workflow/dataObjects/{typeId}", read_type),
    Route("GET", FIELDS, fields),
    Route("POST", FIELDS, create_field),
    Route("PUT", FIELDS + "/{fieldId}", update_field),
    Route("DELETE", FIELDS + "/{fieldId}", delete_field),
    Route("DELETE", "/api/workflow/fields/{fieldId}", delete_field_everywhere),
    Route("GET", STAGES, stages),
    Route("POST", STAGES + "/{group}", create_stage),
    Route("PUT", STAGES + "/{group}/{stageId}", update_stage),
    Route("DELETE", STAGES + "/{group}/{stageId}", delete_stage),
)
