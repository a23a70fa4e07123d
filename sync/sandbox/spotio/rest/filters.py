"""Filters: made, shown, shared, forgotten. One without a title is temporary and in no list."""

import secrets
from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import forbidden, invalid
from sync.sandbox.spotio.filters import read_filter
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.parse import camel_case, optional_text, texts
from sync.sandbox.spotio.rest.search import filter_content
from sync.sandbox.spotio.store import Row

_VISIBILITIES = ("private", "public", "byterritory", "byteam", "byuser")


def create(call: Call) -> Any:
    body = call.object()
    content = read_filter(body) | _sharing(body)
    filter_id = f"Filter-{secrets.token_hex(12)}-{call.user_id}-"
    row = {"id": filter_id, "ownerId": call.user_id, "content": content}
    call.tenant.store.insert("filters", row)
    return _shown(filter_id, content)


def read(call: Call) -> Any:
    return _shown(call.parts["id"], filter_content(call, call.parts["id"]) or {})


def list_own(call: Call) -> Any:
    rows = call.tenant.store.rows("filters", "ownerId = ?", (call.user_id,))
    titled = [row for row in rows if row["content"].get("title")]
    return [
        {"id": row["id"], "title": row["content"]["title"], "position": at} for at, row in enumerate(titled)
    ]


def list_shared(call: Call) -> Any:
    """Titled filters of others that they share with the caller."""
    others = call.tenant.store.rows("filters", "ownerId <> ?", (call.user_id,))
    return [
        {"id": row["id"], "title": row["content"]["title"], "createdById": row["ownerId"]}
        for row in others
        if row["content"].get("title") and _shared_with(call, row["content"].get("sharingOptions") or {})
    ]


def _shared_with(call: Call, sharing: Mapping[str, Any]) -> bool:
    people = call.tenant.people
    match str(sharing.get("visibility") or "private").lower():
        case "public":
            return True
        case "byuser":
            return call.user_id in texts(sharing, "usersIds")
        case "byteam":
            return any(call.user_id in people.members(team) for team in texts(sharing, "teamsIds"))
        case "byterritory":
            return bool(set(texts(sharing, "territoriesIds")) & set(call.user["territoryIds"] or []))
    return False


def options(call: Call) -> Any:
    """What activities can be narrowed to: each template with its results."""
    return [
        {
            "id": template.id,
            "name": template.name,
            "type": "activityTemplateStats",
            "options": [
                {"value": result.id, "name": result.name, "color": result.color}
                for result in template.results
                if result.active
            ],
        }
        for template in call.tenant.workflow.templates
        if template.active
    ]


def change(call: Call) -> Any:
    """Another title, other people to share it with; what it restricts stays."""
    body, row = call.object(), _own(call)
    title = optional_text(body, "title")
    content = row["content"] | ({"title": title} if title else {}) | _sharing(body)
    call.tenant.store.update("filters", row["id"], {"content": content})
    return _shown(row["id"], content)


def delete(call: Call) -> Any:
    call.tenant.store.delete("filters", _own(call)["id"])
    return True


def _own(call: Call) -> Row:
    filter_content(call, call.parts["id"])
    row = call.tenant.store.row("filters", call.parts["id"])
    if row is None or row["ownerId"] != call.user_id:
        raise forbidden("The filter belongs to somebody else.")
    return row


def _sharing(body: Mapping[str, Any]) -> Row:
    sent = body.get("sharingOptions")
    if sent is None:
        return {}
    if not isinstance(sent, Mapping):
        raise invalid("sharingOptions", "An object is expected.")
    sharing = camel_case(sent)
    visibility = str(sharing.get("visibility") or "private")
    if visibility.lower() not in _VISIBILITIES:
        raise invalid("sharingOptions", f"Visibility {visibility} does not exist.")
    lists = {name: texts(sharing, name) for name in ("territoriesIds", "usersIds", "teamsIds")}
    return {"sharingOptions": {"visibility": visibility} | lists}


def _shown(filter_id: str, content: Mapping[str, Any]) -> Row:
    """Filter."""
    flags = {"currentUser": False, "allUsers": False, "dashboardFilter": False, "position": 0}
    return flags | dict(content) | {"id": filter_id}


ROUTES = (
    Route("POST", "/api/v2/filters", create, invalid=422),
    Route("GET", "/api/v2/filters/options", options),
    Route("GET", "/api/v2/filters/shared", list_shared),
    Route("GET", "/api/v2/filters/{id}", read, invalid=422),
    Route("GET", "/api/Filters", list_own, invalid=422),
    Route("PUT", "/api/Filters/changeFilter/{id}", change, invalid=422),
    Route("DELETE", "/api/Filters/{id}", delete, invalid=422),
)
