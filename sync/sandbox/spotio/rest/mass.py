"""One change to many records: of owner, of stage, deletion, an appointment each. The answer comes before the change."""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio import shapes
from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.filters import Conditions
from sync.sandbox.spotio.geo import inside
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.mass import Change
from sync.sandbox.spotio.parse import camel_case, objects, optional_degrees, optional_text, texts
from sync.sandbox.spotio.rest.records import seen
from sync.sandbox.spotio.rest.search import conditions, visible

_SELECTING = ("dataObjectIds", "filterId", "polygon", "q", "singleType")


def change(call: Call) -> None:
    """Exactly one of `ownerId`, `stageId` and `delete` says what happens to the selected records."""
    body = call.object()
    for member in ("email", "text"):
        if body.get(member) is not None:
            raise invalid(member, "Messages to many are sent from the app only.")
    owner_id, stage_id = optional_text(body, "ownerId"), optional_text(body, "stageId")
    wanted = [owner_id is not None, stage_id is not None, body.get("delete") is True]
    if sum(wanted) != 1:
        raise invalid("_", "One of ownerId, stageId and delete is expected.")
    records, by = call.tenant.records, call.user_id
    reasons = texts(body, "lossReasons")

    def apply(record_id: str) -> None:
        if owner_id is not None:
            records.change(by, record_id, {"ownerId": owner_id}, check_required=False)
        elif stage_id is not None:
            changes = {"stageId": stage_id}
            records.change(by, record_id, changes, check_required=False, loss_reasons=reasons)
        else:
            records.delete(by, record_id)

    if owner_id is not None and call.tenant.store.row("users", owner_id) is None:
        raise invalid("ownerId", f"User with id: {owner_id} does not exist.")
    _start(call, body, apply)


def create_appointments(call: Call) -> None:
    body = call.object()
    sent = body.get("appointment")
    if not isinstance(sent, Mapping):
        raise invalid("appointment", "An appointment is expected.")
    request, by = camel_case(sent), call.user_id

    def apply(record_id: str) -> None:
        call.tenant.appointments.create(by, request | {"dataObjectId": record_id})

    _start(call, body, apply)


def status(call: Call) -> Any:
    """The records of the caller's mass changes whose turn is still to come."""
    ids = call.standin.mass_changes.waiting(call.user_id)
    rows = [row for record_id in ids if (row := call.tenant.store.row("records", record_id))]
    items = [shapes.related(call.tenant, row) for row in rows]
    return {"scrollId": None, "totalCount": len(items), "totalValue": None, "items": items}


def move(call: Call) -> None:
    """Bring records to the place of a pin that another record has, each with a unit of its own."""
    body = call.object()
    pin = call.tenant.records.pin(optional_text(body, "pinId") or "")
    for item in objects(body, "dataObjects"):
        record = seen(call, optional_text(item, "id") or "")
        call.tenant.records.move(call.user_id, record["id"], pin, optional_text(item, "unit"))


def _start(call: Call, body: Mapping[str, Any], apply: Change) -> None:
    call.standin.mass_changes.start(call.user_id, _selected(call, body), apply)


def _selected(call: Call, body: Mapping[str, Any]) -> list[str]:
    """The ids of the records that the caller named and may see."""
    if not any(body.get(member) for member in _SELECTING):
        raise invalid("_", f"One of {', '.join(_SELECTING)} is expected.")
    where = Conditions()
    visible(call, where)
    conditions(call, {name: body.get(name) for name in _SELECTING}, "singleType", where)
    corners = _corners(body)
    query = f"select r.id, r.lat, r.lng from records r where {where.sql} order by r.rowid"  # noqa: S608
    rows = call.tenant.store.db.execute(query, where.values).fetchall()
    if corners is None:
        return [row[0] for row in rows]
    return [row[0] for row in rows if row[1] is not None and inside(row[1], row[2], corners)]


def _corners(body: Mapping[str, Any]) -> list[dict[str, float]] | None:
    polygon = body.get("polygon")
    if polygon is None:
        return None
    if not isinstance(polygon, Mapping):
        raise invalid("polygon", "An object is expected.")
    corners = []
    for point in objects(camel_case(polygon), "points"):
        lat, lng = optional_degrees(point, "lat", 90), optional_degrees(point, "lng", 180)
        if lat is None or lng is None:
            raise invalid("polygon", "A corner has lat and lng.")
        corners.append({"lat": lat, "lng": lng})
    if len(corners) < 3:
        raise invalid("polygon", "At least three corners are expected.")
    return corners


ROUTES = (
    Route("POST", "/api/DataObjects/bulk", change),
    Route("GET", "/api/DataObjects/bulkActions/status", status),
    Route("POST", "/api/DataObjects/move", move),
    Route("POST", "/api/v2/appointments/bulk/create", create_appointments),
)
