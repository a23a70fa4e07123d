"""Activity templates and their results. Those that the system needs can neither be switched off nor deleted."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import SpotioError, invalid, not_found
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.parse import objects, optional_int, optional_text
from sync.sandbox.spotio.rest.workflow import position
from sync.sandbox.spotio.workflow import Result, Template


def templates(call: Call) -> Any:
    return [template.wire() for template in call.tenant.workflow.templates]


def create_template(call: Call) -> Any:
    call.require_admin()
    workflow, body = call.tenant.workflow, call.object()
    number = max((int(template.id) for template in workflow.templates), default=100) + 1
    kind = str(body.get("type") or "event").lower()
    template = Template(str(number), "", [], type=kind if kind in ("event", "task") else "event")
    _apply_template(call, template, body)
    workflow.templates.insert(position(body, len(workflow.templates)), template)
    return template.wire()


def update_template(call: Call) -> Any:
    call.require_admin()
    template = _template(call)
    _apply_template(call, template, call.object())
    return template.wire()


def delete_template(call: Call) -> None:
    call.require_admin()
    template = _template(call)
    if template.system_role is not None:
        raise SpotioError({"_": f"{template.name} cannot be deleted."}, 400)
    call.tenant.workflow.templates.remove(template)


def _apply_template(call: Call, template: Template, body: Mapping[str, Any]) -> None:
    template.name = optional_text(body, "name") or template.name
    if not template.name:
        raise invalid("name", "A name is required.")
    active = bool(body.get("active", True))
    if template.system_role is not None and not active:
        raise invalid("active", f"{template.name} cannot be switched off.")
    template.active = active
    duration = optional_int(body, "defaultDuration")
    template.default_duration = template.default_duration if duration is None else duration
    category = str(body.get("category") or template.category).lower()
    template.category = "virtual" if category == "virtual" else "inPerson"
    sent = objects(body, "activityResults")
    known = {result.id: result for result in template.results}
    numbers = [int(result.id) for other in call.tenant.workflow.templates for result in other.results]
    following = max(numbers, default=0) + 1
    results = []
    for item in sent:
        result = known.get(optional_text(item, "id") or "")
        if result is None:
            result, following = Result(str(following), ""), following + 1
        result.name = optional_text(item, "name") or result.name
        result.color = optional_text(item, "color") or result.color
        result.active = bool(item.get("active", True))
        results.append(result)
    # A result that was used cannot vanish: those left out are switched off.
    for result in template.results:
        if result not in results:
            result.active = False
            results.append(result)
    template.results = results


def _template(call: Call) -> Template:
    template = call.tenant.workflow.template_by_id(call.parts["id"])
    if template is None:
        raise not_found("Activity template", call.parts["id"])
    return template


ROUTES = (
    Route("GET", "/api/workflow/activityTemplates", templates),
    Route("POST", "/api/workflow/activityTemplates", create_template),
    Route("PUT", "/api/workflow/activityTemplates/{id}", update_template),
    Route("DELETE", "/api/workflow/activityTemplates/{id}", delete_template),
)
