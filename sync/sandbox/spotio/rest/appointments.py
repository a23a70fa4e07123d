"""Appointments. There is no list of all and no delete: by id, by activity, or the upcoming ones of a record."""

from typing import Any

from sync.sandbox.spotio import activity_shapes as shapes
from sync.sandbox.spotio.errors import SpotioError, invalid
from sync.sandbox.spotio.http import Call, Route
from sync.sandbox.spotio.paging import UNSIZED
from sync.sandbox.spotio.parse import camel_case
from sync.sandbox.spotio.rest.records import check_writable, seen
from sync.sandbox.spotio.store import Row

MULTIPLE_MAX = 20


def create(call: Call) -> Any:
    return _created(call, call.object())


def _created(call: Call, request: Any) -> Row:
    check_writable(call, request.get("dataObjectId"))
    appointment_id = call.tenant.create_appointment(call.user_id, request)
    return shapes.appointment(call.tenant, call.tenant.appointments.get(appointment_id))


def create_multiple(call: Call) -> Any:
    """Each on its own: some may fail."""
    requests = call.object().get("appointments") or []
    if not isinstance(requests, list) or len(requests) > MULTIPLE_MAX:
        raise invalid("appointments", f"At most {MULTIPLE_MAX} appointments are allowed.")
    results = [_result(call, index, request) for index, request in enumerate(requests)]
    successes = sum(result["success"] for result in results)
    return {"results": results, "successCount": successes, "failureCount": len(results) - successes}


def _result(call: Call, index: int, request: Any) -> Row:
    try:
        if not isinstance(request, dict):
            raise invalid("_", "An object is expected.")
        with call.tenant.store.atomic():
            appointment = _created(call, camel_case(request))
    except SpotioError as error:
        errors = [{"code": code, "message": message} for code, message in error.errors.items()]
        return {"index": index, "success": False, "errors": errors}
    return {"index": index, "success": True, "appointment": appointment, "errors": []}


def read(call: Call) -> Any:
    return _read(call, call.tenant.appointments.get(call.parts["id"]))


def read_by_activity(call: Call) -> Any:
    return _read(call, call.tenant.appointments.by_activity(call.parts["id"]))


def _read(call: Call, row: Row) -> Row:
    _own(call, row)
    return shapes.appointment_with_record(call.tenant, row)


def _own(call: Call, row: Row) -> None:
    """403 unless the appointment is the caller's, or on a record that they see."""
    if row["ownerId"] != call.user_id:
        seen(call, row["dataObjectId"])


def patch(call: Call) -> Any:
    return _change(call, whole=False)


def replace(call: Call) -> Any:
    return _change(call, whole=True)


def _change(call: Call, *, whole: bool) -> Row:
    appointments = call.tenant.appointments
    _own(call, appointments.get(call.parts["id"]))
    changed_id = appointments.change(call.user_id, call.parts["id"], call.object(), whole=whole)
    return shapes.appointment(call.tenant, appointments.get(changed_id))


def upcoming(call: Call) -> Any:
    """Planned and not done, in order of date. The cursor counts, because virtual occurrences have no row."""
    record = seen(call, call.parts["id"])
    rows = call.tenant.appointments.upcoming(record["id"])
    page = call.standin.cursors.page("upcoming", call.text("scrollId"), UNSIZED, lambda: range(len(rows)))
    items = [shapes.upcoming(call.tenant, rows[key], record) for key in page.keys if key < len(rows)]
    return {"scrollId": page.scroll_id, "items": items}


ROUTES = (
    Route("POST", "/api/v2/appointments", create, invalid=422),
    Route("POST", "/api/v2/appointments/multiple", create_multiple, invalid=422),
    Route("GET", "/api/v2/appointments/byActivity/{id}", read_by_activity, invalid=422),
    Route("GET", "/api/v2/appointments/{id}", read, invalid=422),
    Route("PATCH", "/api/v2/appointments/{id}", patch, invalid=422),
    Route("PUT", "/api/v2/appointments/{id}", replace, invalid=422),
    Route("GET", "/api/DataObjects/{id}/appointments/upcoming", upcoming, invalid=422),
    Route("POST", "/api/DataObjects/{id}/appointments/upcoming", upcoming, invalid=422),
)
