"""Managing webhooks: scopes, the company's secret, endpoints."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio.errors import invalid, not_found
from sync.sandbox.spotio.events import SCOPES
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.parse import objects, optional_text, texts
from sync.sandbox.spotio.store import Row


def scopes(call: Call) -> Any:
    return list(SCOPES)


def list_endpoints(call: Call) -> Any:
    call.require_admin()
    rows = call.tenant.store.rows("endpoints", order="rowid")
    return {"secret": call.standin.webhooks.secret, "endpoints": rows}


def create_endpoint(call: Call) -> Any:
    call.require_admin()
    store = call.tenant.store
    number = store.db.execute("select coalesce(max(cast(id as integer)), 0) + 1 from endpoints").fetchone()[0]
    row = _read(call.object()) | {"id": str(number), "active": True}
    store.insert("endpoints", row)
    return row


def update_endpoint(call: Call) -> Any:
    call.require_admin()
    row = _endpoint(call) | _read(call.object()) | {"active": bool(call.object().get("active"))}
    call.tenant.store.update("endpoints", row["id"], row)
    return row


def delete_endpoint(call: Call) -> None:
    call.require_admin()
    call.tenant.store.delete("endpoints", _endpoint(call)["id"])


def _endpoint(call: Call) -> Row:
    row = call.tenant.store.row("endpoints", call.parts["id"])
    if row is None:
        raise not_found("Webhook", call.parts["id"])
    return row


def _read(body: Mapping[str, Any]) -> Row:
    callback = optional_text(body, "callback") or ""
    if not callback.startswith(("http://", "https://")):
        raise invalid("callback", "An address that begins with http:// or https:// is expected.")
    wanted = texts(body, "scopes")
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise invalid("scopes", f"Scope {unknown[0]} does not exist." if unknown else "A scope is required.")
    headers = [
        {"name": str(item.get("name")), "value": str(item.get("value"))}
        for item in objects(body, "customHeaders")
    ]
    return {"callback": callback, "scopes": wanted, "customHeaders": headers}


ROUTES = (
    Route("GET", "/api/Webhooks/scopes", scopes),
    Route("GET", "/api/Webhooks", list_endpoints),
    Route("POST", "/api/Webhooks", create_endpoint),
    Route("PUT", "/api/Webhooks/{id}", update_endpoint),
    Route("DELETE", "/api/Webhooks/{id}", delete_endpoint),
)
