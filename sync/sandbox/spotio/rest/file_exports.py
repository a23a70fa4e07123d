"""Records and activities as CSV files. The guide polls `/api/exports/{id}`, which the OpenAPI document leaves out."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.sandbox.spotio import activity_shapes, shapes
from sync.sandbox.spotio.errors import invalid
from sync.sandbox.spotio.fields import as_text
from sync.sandbox.spotio.file_exports import FileExport, Rows
from sync.sandbox.spotio.filters import Conditions
from sync.sandbox.spotio.http import Call, Content, Route
from sync.sandbox.spotio.parse import optional_text, texts
from sync.sandbox.spotio.rest.activities import done_activities
from sync.sandbox.spotio.rest.search import conditions, filter_content, filters, records_page, visible
from sync.sandbox.spotio.store import Row, words

_RECORD_COLUMNS = words(
    "id type name stage owner ownerEmail address lat lng value source externalDataObjectId createdAt updatedAt "
    "visitsCount lastVisitDate nextActivityTime"
)
_ACTIVITY_COLUMNS = words(
    "id activityDate owner latitude longitude title notes activityType activityTemplateType fromStage toStage "
    "previousDataObjectOwner newDataObjectOwner result distanceFromTheDataObjectInFeet duration direction content "
    "dataObjectId activityOwnerExternalUserId updatedAt createdAt"
)
REPORT_TYPES = ("current", "historical")


def create_of_records(call: Call) -> Any:
    """A row a record; with `historical` a row for each activity that was done on them."""
    body = call.object()
    report = str(body.get("reportType") or "current").lower()
    if report not in REPORT_TYPES:
        raise invalid("reportType", f"Report type {body.get('reportType')} does not exist.")
    if report == "historical":
        return _start(call, body, "dataObjects", _ACTIVITY_COLUMNS, lambda: _activities(call, body))
    fields = {item.name for item in call.tenant.workflow.fields() if item.type != "address"}
    columns = (*_RECORD_COLUMNS, *sorted(fields))
    return _start(call, body, "dataObjects", columns, lambda: _records(call, body))


def create_of_activities(call: Call) -> Any:
    body = call.object()
    return _start(call, body, "activities", _ACTIVITY_COLUMNS, lambda: _activities(call, body))


def _start(
    call: Call, body: Mapping[str, Any], type_name: str, columns: tuple[str, ...], rows: Rows
) -> dict[str, Any]:
    wanted = texts(body, "columns")
    if unknown := [name for name in wanted if name not in columns]:
        raise invalid("columns", f"Column {unknown[0]} does not exist.")
    filter_id = optional_text(body, "filterId")
    filter_content(call, filter_id)
    export = call.standin.file_exports.start(call.user_id, type_name, filter_id, wanted or columns, rows)
    return _shown(call, export)


def read(call: Call) -> Any:
    export = call.standin.file_exports.get(call.parts["id"], call.user_id)
    shown = _shown(call, export)
    call.standin.file_exports.look(export)
    return shown


def fetch(call: Call) -> Any:
    data = call.standin.file_exports.file(call.parts["id"], call.parts["secret"])
    return Content(data, "text/csv; charset=utf-8")


def _shown(call: Call, export: FileExport) -> dict[str, Any]:
    """Export."""
    address = f"{call.origin}/api/exports/{export.id}/files/{export.secret}"
    return {
        "id": export.id,
        "createdAt": export.created,
        "updatedAt": export.updated,
        "state": "preparing" if export.data is None else "ready",
        "url": None if export.data is None else address,
        "typeName": export.type_name,
        "filterId": export.filter_id,
        "territoryId": None,
        "startDate": None,
        "endDate": None,
    }


def _records(call: Call, body: Mapping[str, Any]) -> Iterator[Row]:
    where = Conditions()
    visible(call, where)
    conditions(call, body, "singleType", where)
    query = f"select r.rowid from records r where {where.sql} order by r.rowid"  # noqa: S608
    keys = [row[0] for row in call.tenant.store.db.execute(query, where.values)]
    owners = {user["id"]: user for user in call.tenant.people.users()}
    for start in range(0, len(keys), _ROWS_AT_ONCE):
        for row in records_page(call, keys[start : start + _ROWS_AT_ONCE]):
            kind, owner = shapes.kind_of(call.tenant, row), owners.get(row["ownerId"], {})
            stage = kind.stage_by_id(row["stageId"])
            named = {
                "type": kind.name,
                "stage": stage.name if stage else None,
                "owner": activity_shapes.user_name(owner),
                "ownerEmail": owner.get("email"),
            }
            values = {item.name: as_text(row["fields"].get(item.id)) for item in kind.fields}
            yield values | row | named


_ROWS_AT_ONCE = 500
"""SQLite takes so many parameters in a statement without ado."""


def _activities(call: Call, body: Mapping[str, Any]) -> Iterator[Row]:
    where = done_activities(call)
    if type_id := optional_text(body, "singleType"):
        where.add("r.typeId = ?", type_id)
    content = filter_content(call, optional_text(body, "filterId"))
    if content is not None:
        filters(call).activities(content, where)
    store = call.tenant.store
    query = (
        f"select a.id from activities a cross join records r on r.id = a.dataObjectId "  # noqa: S608
        f"where {where.sql} order by a.date, a.id"
    )
    for (key,) in store.db.execute(query, where.values).fetchall():
        activity = store.row("activities", key)
        record = store.row("records", activity["dataObjectId"]) if activity else None
        if activity is not None and record is not None:
            yield activity_shapes.flat(call.tenant, activity, record)


ROUTES = (
    Route("POST", "/api/Exports/dataObjects", create_of_records, invalid=422),
    Route("POST", "/api/Exports/activities", create_of_activities, invalid=422),
    Route("GET", "/api/Exports/{id}", read, documented=False),
    Route("GET", "/api/Exports/{id}/files/{secret}", fetch, public=True, documented=False),
)
