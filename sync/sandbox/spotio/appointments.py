"""Appointments and series of them. Each saved appointment has an activity that is planned until it is done.

Only the first appointment of a series is saved when the series is made. The others are virtual until someone
touches one: then it becomes an appointment with an id and an activity of its own, and the series skips it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sync.sandbox.spotio import events
from sync.sandbox.spotio.activities import NOTES_LENGTH, TITLE_LENGTH, Activities
from sync.sandbox.spotio.counters import refresh_counters
from sync.sandbox.spotio.errors import invalid, not_found
from sync.sandbox.spotio.parse import optional_int, optional_stamp, optional_text, texts
from sync.sandbox.spotio.recurrence import PERIODICITIES, WEEKDAYS, parse_virtual_id, starts, virtual_id
from sync.sandbox.spotio.stamps import moment, stamp
from sync.sandbox.spotio.store import Row, Store

HORIZON = timedelta(days=90)
"""How far ahead the upcoming occurrences of a series without end are shown."""

INTENTIONS = ("single", "singlefromrecurring", "allinfuturefromrecurring", "allfromrecurring")
_WITH_ACTIVITY = (
    "dataObjectId",
    "ownerId",
    "date",
    "duration",
    "title",
    "notes",
    "allDay",
    "allDayDate",
    "done",
    "activityTemplateId",
)
_OWN = ("remindBeforeInSeconds", "sendInvitation", "invitationDescription")


class Appointments:
    def __init__(self, store: Store, activities: Activities) -> None:
        self._store, self._activities = store, activities

    def get(self, appointment_id: str) -> Row:
        """A saved appointment, or a virtual one made up from its series (its `activityId` is then null)."""
        row = self._store.row("appointments", appointment_id) if appointment_id.isdecimal() else None
        row = row or self._virtual(appointment_id)
        if row is None or not self._live(row["dataObjectId"]):
            raise not_found("Appointment", appointment_id)
        return row

    def by_activity(self, activity_id: str) -> Row:
        found = self._store.rows("appointments", "activityId = ?", (activity_id,))
        if not found or not self._live(found[0]["dataObjectId"]):
            raise not_found("Appointment of the activity", activity_id)
        return found[0]

    def series(self, appointment: Row) -> Row | None:
        return self._store.row("series", appointment["seriesId"])

    def upcoming(self, record_id: str) -> list[Row]:
        """What is planned on a record and not done, in order of date; series as far as the horizon."""
        saved = self._store.rows("appointments", "dataObjectId = ? and not done", (record_id,))
        until = self._store.clock.now() + HORIZON
        of_record = "firstId in (select id from appointments where dataObjectId = ?)"
        for series in self._store.rows("series", of_record, (record_id,)):
            first = self._store.row("appointments", str(series["firstId"]))
            taken = self._taken(series)
            for start in starts(series, until):
                if first is not None and start not in taken:
                    saved.append(_occurrence(first, series, start))
        return sorted(saved, key=lambda row: (row["date"], row["id"]))

    def create(self, by: str, request: Mapping[str, Any]) -> str:
        """Schedule one, or a series with `recurringDefinition`; returns the (first) appointment's id."""
        row = self._read(request) | {"ownerId": optional_text(request, "ownerId") or by}
        if row["date"] is None:
            raise invalid("date", "A date is required.")
        if request.get("appendRecordNameToTitle"):
            record = self._store.row("records", row["dataObjectId"]) or {}
            row["title"] = f"{row['title'] or ''} {record.get('name') or ''}".strip()[:TITLE_LENGTH]
        definition = _read_series(request.get("recurringDefinition"), row["date"])
        appointment_id = self._save(by, row)
        if definition is not None:
            self._begin(appointment_id, definition)
        events.appointment(self._store, "appointment.created", self.get(appointment_id))
        return appointment_id

    def change(self, by: str, appointment_id: str, changes: Mapping[str, Any], *, whole: bool = False) -> str:
        """Change one, or with an `intention` its whole series or the rest of it; returns the id it has now."""
        row = self.get(appointment_id)
        intention = str(changes.get("intention") or "single").lower()
        if intention not in INTENTIONS:
            raise invalid("intention", f"Intention {changes.get('intention')} does not exist.")
        series = self.series(row)
        given = dict(changes) if whole else _columns(row) | dict(changes)
        new = self._read(given | {"dataObjectId": row["dataObjectId"]})
        new["ownerId"] = optional_text(given, "ownerId") or row["ownerId"]
        new["date"] = new["date"] or row["date"]
        if series is not None and intention == "allinfuturefromrecurring":
            return self._split(by, row, series, new, given)
        if series is not None and intention == "allfromrecurring":
            return self._change_all(by, row, series, new, given)
        if row["activityId"] is None:
            kept = {name: row[name] for name in ("seriesId", "originalStartDate")}
            saved_id = self._save(by, new | kept)
            events.appointment(self._store, "appointment.updated", self.get(saved_id))
            return saved_id
        self._update(by, row, new)
        definition = _read_series(given.get("recurringDefinition"), new["date"])
        if series is None and definition is not None:
            self._begin(row["id"], definition)
        return str(row["id"])

    def delete(self, appointment_id: str) -> None:
        """Take one away with its activity. An occurrence is skipped from then on; no API offers this."""
        row = self.get(appointment_id)
        series = self.series(row)
        if series is not None:
            skipped = [*(series["skipped"] or []), row["originalStartDate"]]
            self._store.update("series", series["id"], {"skipped": skipped})
            if str(series["firstId"]) == row["id"]:
                self._hand_on(series | {"skipped": skipped}, row)
        if row["activityId"] is None:
            events.appointment(self._store, "appointment.deleted", row)
        else:
            self._activities.delete(row["activityId"])

    def _hand_on(self, series: Row, first: Row) -> None:
        """Save the next occurrence in place of the first one: the others are made up from it, and called after it."""
        taken = self._taken(series)
        until = self._store.clock.now() + HORIZON
        start = next((start for start in starts(series, until) if start not in taken), None)
        if start is not None:
            following = _occurrence(first, series, start)
            kept = {
                name: following[name] for name in (*_WITH_ACTIVITY, *_OWN, "seriesId", "originalStartDate")
            }
            self._store.update("series", series["id"], {"firstId": self._save(first["createdById"], kept)})

    def cancel(self, by: str, appointment_id: str) -> None:
        """Close one with its template's result "Cancelled", as the app does; no API offers this."""
        row = self.get(appointment_id)
        template = self._store.workflow.template_by_id(row["activityTemplateId"])
        results = template.results if template else []
        result = next((item for item in results if item.name.lower() == "cancelled"), None)
        if result is None:
            raise invalid("id", "The appointment's template has no result Cancelled.")
        if row["activityId"] is None:
            row = self.get(self.change(by, appointment_id, {}))
        self._activities.change(by, row["activityId"], {"resultId": result.id, "done": True})

    def _live(self, record_id: str) -> bool:
        row = self._store.row("records", record_id)
        return row is not None and row["deletedAt"] is None

    def _virtual(self, appointment_id: str) -> Row | None:
        parsed = parse_virtual_id(appointment_id)
        if parsed is None:
            return None
        first_id, series_id, start = parsed
        series, first = self._store.row("series", series_id), self._store.row("appointments", first_id)
        if (
            series is None
            or first is None
            or str(series["firstId"]) != first_id
            or start in self._taken(series)
        ):
            return None
        exists = start in starts(series, moment(start))
        return _occurrence(first, series, start) if exists else None

    def _taken(self, series: Row) -> set[str]:
        """Original starts that are no virtual occurrences any more: saved, or taken away."""
        saved = self._store.rows("appointments", "seriesId = ?", (series["id"],))
        return {row["originalStartDate"] for row in saved} | set(series["skipped"] or [])

    def _read(self, request: Mapping[str, Any]) -> Row:
        record_id = optional_text(request, "dataObjectId")
        if record_id is None or not self._live(record_id):
            raise invalid("dataObjectId", f"Data object with id: {record_id} does not exist.")
        owner_id = optional_text(request, "ownerId")
        if owner_id is not None and self._store.row("users", owner_id) is None:
            raise invalid("ownerId", f"User with id: {owner_id} does not exist.")
        template_id = optional_text(request, "activityTemplateId")
        fallback = self._store.workflow.template_by_role("appointment")
        template = self._store.workflow.template_by_id(template_id) if template_id else fallback
        if template is None:
            raise invalid("activityTemplateId", f"Activity template with id: {template_id} does not exist.")
        row: Row = {name: optional_text(request, name) for name in ("title", "notes", "allDayDate")}
        for member, longest in (("title", TITLE_LENGTH), ("notes", NOTES_LENGTH)):
            if len(row[member] or "") > longest:
                raise invalid(member, f"At most {longest} characters are allowed.")
        duration = optional_int(request, "duration")
        return row | {
            "dataObjectId": record_id,
            "ownerId": owner_id,
            "activityTemplateId": template.id,
            "date": optional_stamp(request, "date"),
            "duration": template.default_duration if duration is None else duration,
            "allDay": bool(request.get("allDay")),
            "done": bool(request.get("done")),
            "remindBeforeInSeconds": optional_int(request, "remindBeforeInSeconds"),
            "sendInvitation": request.get("sendInvitation"),
            "invitationDescription": optional_text(request, "invitationDescription"),
        }

    def _save(self, by: str, row: Row) -> str:
        """Write a new appointment and its activity; returns the appointment's id."""
        now = self._store.now()
        stamps = {"createdById": by, "createdAt": now, "updatedById": by, "updatedAt": now}
        appointment_id = self._store.insert("appointments", row | stamps)
        activity = {name: row[name] for name in _WITH_ACTIVITY} | stamps
        activity |= {"type": "event", "isNote": False, "verified": True, "plannedDate": row["date"]}
        activity_id = self._activities.append(activity | {"appointmentId": appointment_id})
        self._store.update("appointments", appointment_id, {"activityId": activity_id})
        return appointment_id

    def _begin(self, first_id: str, definition: Row) -> None:
        """Make an appointment the first of a series."""
        series_id = self._store.insert("series", definition | {"firstId": first_id})
        changes = {"seriesId": series_id, "originalStartDate": definition["start"]}
        self._store.update("appointments", first_id, changes)

    def _update(self, by: str, row: Row, new: Row) -> None:
        own = {name: new[name] for name in _OWN if name in new}
        own |= {"allDay": new["allDay"], "allDayDate": new["allDayDate"]}
        self._store.update("appointments", row["id"], own)
        shared = {name: new[name] for name in _WITH_ACTIVITY if name != "dataObjectId"}
        self._activities.change(by, row["activityId"], shared)

    def _change_all(self, by: str, row: Row, series: Row, new: Row, given: Mapping[str, Any]) -> str:
        """Move and rename every occurrence that is not done; the shift of one is the shift of all."""
        shift = moment(new["date"]) - moment(row["date"])
        definition = _read_series(given.get("recurringDefinition"), series["start"])
        moved = {"start": stamp(moment(series["start"]) + shift)}
        self._store.update("series", series["id"], (definition or {}) | moved)
        for saved in self._store.rows("appointments", "seriesId = ? and not done", (series["id"],)):
            start = stamp(moment(saved["originalStartDate"]) + shift)
            self._store.update("appointments", saved["id"], {"originalStartDate": start})
            self._update(
                by, saved, new | {"date": stamp(moment(saved["date"]) + shift), "done": saved["done"]}
            )
        if row["activityId"] is not None:
            return str(row["id"])
        start = stamp(moment(row["originalStartDate"]) + shift)
        return virtual_id(str(series["firstId"]), series["id"], start)

    def _split(self, by: str, row: Row, series: Row, new: Row, given: Mapping[str, Any]) -> str:
        """End the series before this occurrence and begin another one with it."""
        before = moment(row["originalStartDate"]) - timedelta(seconds=1)
        passed = sum(1 for _ in starts(series, before))
        self._store.update("series", series["id"], {"until": stamp(before)})
        rest = {name: series[name] for name in ("periodicity", "interval", "repeatOn", "until", "timezone")}
        rest |= {
            "count": series["count"] - passed if series["count"] else None,
            "start": stamp(moment(new["date"])),
        }
        rest |= _read_series(given.get("recurringDefinition"), new["date"]) or {}
        if row["activityId"] is None:
            first_id = self._save(by, new)
        else:
            first_id = str(row["id"])
            self._update(by, row, new)
        self._begin(first_id, rest)
        refresh_counters(self._store, row["dataObjectId"])
        return first_id


def _occurrence(first: Row, series: Row, start: str) -> Row:
    """A virtual occurrence, from the first appointment of its series."""
    name = virtual_id(first["id"], series["id"], start)
    own = {"id": name, "date": start, "originalStartDate": start, "activityId": None, "done": False}
    return first | own


def _columns(row: Row) -> Row:
    return {name: row[name] for name in (*_WITH_ACTIVITY, *_OWN)}


def _read_series(sent: Any, start: str) -> Row | None:
    """A RecurringAppointmentDefinition as columns; None when there is none."""
    if sent is None:
        return None
    if not isinstance(sent, Mapping):
        raise invalid("recurringDefinition", "An object is expected.")
    periodicity = str(sent.get("periodicity") or "none").lower()
    if periodicity not in PERIODICITIES:
        raise invalid("recurringDefinition", f"Periodicity {sent.get('periodicity')} does not exist.")
    days = [day.lower() for day in texts(sent, "repeatOn")]
    if any(day not in WEEKDAYS for day in days):
        raise invalid("recurringDefinition", "repeatOn holds days of the week.")
    if periodicity == "none":
        return None
    return {
        "periodicity": periodicity,
        "interval": optional_int(sent, "interval") or 1,
        "repeatOn": days,
        "until": optional_stamp(sent, "until"),
        "count": optional_int(sent, "count"),
        "timezone": optional_text(sent, "timezone"),
        "start": stamp(moment(start)),
        "skipped": [],
    }
