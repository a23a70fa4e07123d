"""Activities: the feed, one at a time, a record's history, the flat exports."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sync.sandbox.spotio import activity_shapes as shapes
from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.filters import Conditions
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.paging import UNSIZED, Page
from sync.sandbox.spotio.parse import optional_stamp, optional_text, texts
from sync.sandbox.spotio.rest.records import check_writable, seen
from sync.sandbox.spotio.rest.search import filter_content, filters
from sync.sandbox.spotio.store import Row
from sync.sandbox.spotio.tenant import Tenant

_SORT_COLUMNS = {
    "schedule": "a.date",
    "time": "a.date",
    "activity": "a.activityTemplateId",
    "status": "r.stageId",
    "territory": "r.territoryId",
    "address": "r.address",
    "visitcount": "r.visitsCount",
    "callcount": "r.callsCount",
}
_DONE = "a.done and r.deletedAt is null"


def done_activities(call: Call, *, ghosts: bool = False) -> Conditions:
    """Done activities the caller may see; ghosts are those on records that are not theirs."""
    where = Conditions([_DONE])
    if call.user["role"] == "Sales" and not ghosts:
        where.add("(r.ownerId = ? or a.ownerId = ?)", call.user_id, call.user_id)
    return where


def _scan(call: Call, operation: str, where: Conditions, order: str) -> Page:
    def select() -> Iterable[int]:
        query = (
            f"select a.id from activities a cross join records r on r.id = a.dataObjectId "  # noqa: S608
            f"where {where.sql} order by {order}"
        )
        return (row[0] for row in call.tenant.store.db.execute(query, where.values))

    return call.standin.cursors.page(operation, call.text("scrollId"), UNSIZED, select)


def feed(call: Call) -> Any:
    """Done activities of a period by the activity's own date, the newest first."""
    where = done_activities(call, ghosts=call.flag("includeGhosts") is True)
    where.between("a.date", call.instant("startDate"), call.instant("endDate"))
    if territory := call.text("territoryId"):
        where.among("r.territoryId", sorted(call.tenant.territories.below([territory])))
    if type_id := call.text("singleType"):
        where.add("r.typeId = ?", type_id)
    content = filter_content(call, call.text("filterId"))
    if content is not None:
        filters(call).activities(content, where)
    key = (call.text("sortBy") or "-time").lower()
    if key.lstrip("-") not in _SORT_COLUMNS:
        raise invalid("SortBy", f"{key} is no sort key.")
    direction = "desc" if key.startswith("-") else "asc"
    page = _scan(call, "feed", where, f"{_SORT_COLUMNS[key.lstrip('-')]} {direction}, a.id {direction}")
    fields = call.names("includeCustomFieldIds") or None
    return {"scrollId": page.scroll_id, "items": shapes.feed_page(call.tenant, page.keys, fields, call.user)}


def create(call: Call) -> Any:
    request = call.object()
    check_writable(call, request.get("dataObjectId"))
    activity_id = call.tenant.log_activity(call.user_id, request)
    return shapes.activity_response(call.tenant, call.tenant.activities.get(activity_id))


def create_many(call: Call) -> Any:
    """All or none; the ids in order, as numbers."""
    requests = [request for request in call.list() if isinstance(request, Mapping)]
    for request in requests:
        check_writable(call, request.get("dataObjectId"))
    return [int(call.tenant.log_activity(call.user_id, request)) for request in requests]


def read(call: Call) -> Any:
    return shapes.activity_response(call.tenant, _own(call))


def _own(call: Call) -> Row:
    """An activity that is the caller's, or on a record that they see."""
    row = call.tenant.activities.get(call.parts["id"])
    if row["ownerId"] != call.user_id:
        seen(call, row["dataObjectId"])
    return row


def patch(call: Call) -> Any:
    _own(call)
    row = call.tenant.activities.change(call.user_id, call.parts["id"], call.object())
    return shapes.activity_response(call.tenant, row)


def replace(call: Call) -> Any:
    _own(call)
    row = call.tenant.activities.change(call.user_id, call.parts["id"], call.object(), planned_only=True)
    return shapes.activity_response(call.tenant, row)


def history(call: Call) -> Any:
    record = seen(call, call.parts["id"])
    where = Conditions([_DONE])
    where.add("a.dataObjectId = ?", record["id"])
    body = call.object() if call.body is not None else {}
    if templates := call.names("activityTemplateIds") or texts(body, "activityTemplateIds"):
        where.among("a.activityTemplateId", templates)
    page = _scan(call, "historical", where, "a.date desc, a.id desc")
    return {"scrollId": page.scroll_id, "items": [shapes.historical(row) for row in _rows(call, page)]}


def read_historical(call: Call) -> Any:
    record, row = seen(call, call.parts["id"]), call.tenant.activities.get(call.parts["activityId"])
    if row["dataObjectId"] != record["id"]:
        raise invalid("activityId", "The activity belongs to another data object.")
    return shapes.historical(row)


def _rows(call: Call, page: Page) -> list[Row]:
    marks = ", ".join("?" * len(page.keys))
    rows = {row["id"]: row for row in call.tenant.store.rows("activities", f"id in ({marks})", page.keys)}
    return [rows[str(key)] for key in page.keys if str(key) in rows]


def _export(call: Call, operation: str, shape: Callable[[Tenant, Row, Row], Row]) -> tuple[Page, list[Row]]:
    body = call.object() if call.body is not None else {}
    where = done_activities(call)
    where.between("a.date", optional_stamp(body, "startDate"), optional_stamp(body, "endDate"))
    if users := texts(body, "userIds"):
        where.among("a.ownerId", users)
    if territories := texts(body, "territoryIds"):
        where.among("r.territoryId", sorted(call.tenant.territories.below(territories)))
    if type_id := optional_text(body, "dataObjectTypeId"):
        where.add("r.typeId = ?", type_id)
    content = filter_content(call, optional_text(body, "filterId"))
    if content is not None:
        filters(call).activities(content, where)
    page = _scan(call, operation, where, "a.date, a.id")
    rows = _rows(call, page)
    ids = sorted({row["dataObjectId"] for row in rows})
    found = call.tenant.store.rows(
        "records", f"deletedAt is null and id in ({', '.join('?' * len(ids))})", ids
    )
    records = {record["id"]: record for record in found}
    shown = [
        shape(call.tenant, row, records[row["dataObjectId"]])
        for row in rows
        if row["dataObjectId"] in records
    ]
    return page, shown


def export_classic(call: Call) -> Any:
    page, rows = _export(call, "export-classic", shapes.flat_classic)
    return {"scrollId": page.scroll_id, "totalCount": page.total, "activityList": rows}


def export_flexible(call: Call) -> Any:
    page, rows = _export(call, "export-flexible", shapes.flat)
    return {"scrollId": page.scroll_id, "items": rows}


ROUTES = (
    Route("GET", "/api/v2/activities/feed", feed),
    Route("POST", "/api/v2/activities", create, invalid=422),
    Route("POST", "/api/v2/activities/many", create_many, invalid=422),
    Route("GET", "/api/v2/activities/{id}", read),
    Route("PATCH", "/api/v2/activities/{id}", patch, invalid=422),
    Route("PUT", "/api/v2/activities/{id}", replace, invalid=422),
    Route("GET", "/api/DataObjects/{id}/activities/historical", history, invalid=422),
    Route("POST", "/api/DataObjects/{id}/activities/historical", history, invalid=422),
    Route("GET", "/api/DataObjects/{id}/activities/{activityId}", read_historical, invalid=404),
    Route("POST", "/api/Exports/activities/data", export_classic, invalid=422),
    Route("POST", "/api/Exports/activities/data/flexible", export_flexible, invalid=422),
)
