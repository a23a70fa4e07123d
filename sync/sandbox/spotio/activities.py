"""Activities: what people logged or planned on a record, and what the system wrote down about its changes.

`verified` is true for everything but what comes from the mobile app, where the server compares the phone's place
with the record's pin; only then is there a `distance`. A logged activity never moves its record's `updatedAt`.
"""

from collections.abc import Mapping
from typing import Any

from sync.sandbox.spotio import events
from sync.sandbox.spotio.counters import refresh_counters
from sync.sandbox.spotio.errors import SpotioError, invalid, not_found
from sync.sandbox.spotio.geo import distance_metres
from sync.sandbox.spotio.parse import optional_degrees, optional_int, optional_stamp, optional_text
from sync.sandbox.spotio.store import Row, Store, words
from sync.sandbox.spotio.workflow import Template

TITLE_LENGTH, NOTES_LENGTH = 128, 512
SYSTEM_TYPES = ("transition", "create", "ownerChanged", "update")
_TEXTS = ("email", "phoneNumber", "reference", "mobileId", "allDayDate", "reminder", "appointmentId")
_CHANGEABLE = words(
    "title notes resultId done date duration durationSeconds allDay allDayDate ownerId "
    "activityTemplateId direction email phoneNumber reference isRead"
)


class Activities:
    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, activity_id: str) -> Row:
        """The stored row; 404 when it, or its record, is gone."""
        row = self._store.row("activities", activity_id) if activity_id.isdecimal() else None
        if row is None or self._record(row["dataObjectId"]) is None:
            raise not_found("Activity", activity_id)
        return row

    def log(self, by: str, request: Mapping[str, Any], *, mobile: bool = False) -> str:
        """Log or plan one from an ActivityRequest; returns its id."""
        record = self._record(optional_text(request, "dataObjectId"))
        if record is None:
            raise invalid(
                "dataObjectId", f"Data object with id: {request.get('dataObjectId')} does not exist."
            )
        now = self._store.now()
        is_note = bool(request.get("isNote")) or str(request.get("type") or "").lower() == "note"
        row: Row = {
            "dataObjectId": record["id"],
            "isNote": is_note,
            "done": bool(request.get("done")) or is_note,
            "ownerId": by,
            "date": now,
            "allDay": False,
            "verified": True,
            "createdById": by,
            "createdAt": now,
            "updatedAt": now,
        }
        row |= self._sent(request)
        row |= {"ownerId": row["ownerId"] or by, "date": row["date"] or now}
        row["type"] = self._type(request, row)
        row["plannedDate"] = None if row["done"] else row["date"]
        if mobile:
            row |= self._measured(row, record)
        return self.append(row)

    def append(self, row: Row, *, announce: bool = True) -> str:
        """Write a finished row down, refresh its record's counters and send the events."""
        row["id"] = self._store.insert("activities", row)
        refresh_counters(self._store, row["dataObjectId"])
        if announce and row["type"] not in SYSTEM_TYPES:
            events.activity(self._store, "activity.created", row)
        if row["done"] and row["type"] != "create":
            events.activity(self._store, "activity.done", row)
        return str(row["id"])

    def note_change(self, by: str, record_id: str, kind: str, at: str, **members: Any) -> str:
        """Append what the system notes about a record: kind is create, transition, ownerChanged or update."""
        row = {
            "dataObjectId": record_id,
            "type": kind,
            "done": True,
            "ownerId": by,
            "date": at,
            "allDay": False,
            "isNote": False,
            "verified": True,
            "createdById": by,
            "createdAt": at,
            "updatedAt": at,
        }
        return self.append(row | members)

    def change(
        self, by: str, activity_id: str, changes: Mapping[str, Any], *, planned_only: bool = False
    ) -> Row:
        """Change the members given; `planned_only` refuses one that is done. Keeps its appointment in step."""
        row = self.get(activity_id)
        if planned_only and row["done"]:
            raise invalid("done", "Only planned activities can be replaced.")
        if row["type"] in SYSTEM_TYPES:
            raise invalid("type", f"An activity of type {row['type']} cannot be changed.")
        sent = self._sent({name: row[name] for name in _CHANGEABLE} | dict(changes))
        changed = {name: sent[name] for name in _CHANGEABLE if name in changes}
        if changed.get("done", row["done"]) is None:
            changed["done"] = False
        changed |= {"updatedAt": self._store.now()}
        new = row | changed
        new["type"] = changed["type"] = self._type(new, new)
        self._store.update("activities", activity_id, changed)
        self._step_with_appointment(new, by)
        refresh_counters(self._store, row["dataObjectId"])
        events.activity(self._store, "activity.updated", new)
        if new["done"] and not row["done"]:
            events.activity(self._store, "activity.done", new)
        return new

    def delete(self, activity_id: str) -> None:
        """Take one away for good, with its appointment. The API shows this nowhere but in a webhook."""
        row = self.get(activity_id)
        self._store.delete("activities", activity_id)
        for appointment in self._store.rows("appointments", "activityId = ?", (activity_id,)):
            self._store.delete("appointments", appointment["id"])
            events.appointment(self._store, "appointment.deleted", appointment)
        refresh_counters(self._store, row["dataObjectId"])
        events.activity(self._store, "activity.deleted", row)

    def _record(self, record_id: str | None) -> Row | None:
        found = self._store.rows("records", "id = ? and deletedAt is null", (record_id,))
        return found[0] if found else None

    def _sent(self, request: Mapping[str, Any]) -> Row:
        """The members of a request, read and validated."""
        errors = {}
        for member, longest in (("title", TITLE_LENGTH), ("notes", NOTES_LENGTH)):
            if len(optional_text(request, member) or "") > longest:
                errors[member] = f"At most {longest} characters are allowed."
        owner_id = optional_text(request, "ownerId")
        if owner_id is not None and self._store.row("users", owner_id) is None:
            errors["ownerId"] = f"User with id: {owner_id} does not exist."
        template_id = optional_text(request, "activityTemplateId")
        template = self._store.workflow.template_by_id(template_id) if template_id else None
        if template_id is not None and (template is None or not template.active):
            errors["activityTemplateId"] = f"Activity template with id: {template_id} does not exist."
        result_id = optional_text(request, "resultId")
        if result_id is not None and not _has_result(template, result_id):
            errors["resultId"] = f"Result with id: {result_id} does not exist."
        direction = optional_text(request, "direction")
        if direction is not None and direction.lower() not in ("in", "out"):
            errors["direction"] = "Direction is in or out."
        if errors:
            raise SpotioError(errors)
        read: Row = {name: optional_text(request, name) for name in _TEXTS}
        read |= {name: optional_int(request, name) for name in ("duration", "durationSeconds")}
        read["activityLat"] = optional_degrees(request, "activityLat", 90)
        read["activityLng"] = optional_degrees(request, "activityLng", 180)
        read["isRead"] = None if request.get("isRead") is None else bool(request["isRead"])
        read |= {name: optional_text(request, name) for name in ("title", "notes")}
        read["ownerId"], read["activityTemplateId"], read["resultId"] = owner_id, template_id, result_id
        read["direction"] = direction.lower() if direction else None
        read["date"] = optional_stamp(request, "date")
        read["allDay"] = bool(request.get("allDay"))
        if "done" in request and not request.get("isNote"):
            read["done"] = bool(request["done"])
        return read

    def _type(self, request: Mapping[str, Any], row: Row) -> str:
        asked = str(request.get("type") or ("note" if row["isNote"] else "event"))
        kind = next(
            (known for known in ("note", "event", *SYSTEM_TYPES) if known.lower() == asked.lower()), None
        )
        if kind is None:
            raise invalid("type", f"Type {asked} does not exist.")
        if kind in SYSTEM_TYPES:
            raise invalid("type", f"Activities of type {kind} are written by the system.")
        if kind == "note" and (row.get("activityTemplateId") or row.get("duration")):
            raise invalid("isNote", "A note has no template and no duration.")
        if kind == "event" and not row.get("activityTemplateId"):
            raise invalid("activityTemplateId", "An event needs an activity template.")
        return kind

    def _measured(self, row: Row, record: Row) -> Row:
        """What the server makes of the phone's place; nothing can be verified without a pin or a place."""
        here, pin = (row["activityLat"], row["activityLng"]), (record["lat"], record["lng"])
        if None in here or None in pin:
            return {"verified": False, "distance": None}
        metres = round(distance_metres(here, pin), 1)
        return {"verified": metres <= self._store.workflow.settings["verifiedDistance"], "distance": metres}

    def _step_with_appointment(self, activity: Row, by: str) -> None:
        shared = ("title", "notes", "date", "duration", "done", "ownerId", "activityTemplateId")
        for appointment in self._store.rows("appointments", "activityId = ?", (activity["id"],)):
            changes = {name: activity[name] for name in shared}
            changes |= {"updatedAt": activity["updatedAt"], "updatedById": by}
            self._store.update("appointments", appointment["id"], changes)
            events.appointment(self._store, "appointment.updated", appointment | changes)


def _has_result(template: Template | None, result_id: str) -> bool:
    return template is not None and any(result.id == result_id for result in template.results)
