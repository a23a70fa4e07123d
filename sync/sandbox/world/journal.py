"""Writes down what happens and keeps each record consistent with it.

Every change of a record goes through here, so a record's stage, owner, counts and stamps are always those its
activities tell: `updated` moves with creation, field, stage and owner, never with a visit or a call alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.sandbox.world.company import Activity, Appointment, Instant, Person, Record


class Journal:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self.activities: list[Activity] = []
        self.appointments: list[Appointment] = []

    def create(self, record: Record, by: Person, at: Instant, source: str, owner: Person) -> None:
        record.created = record.updated = record.stage_at = record.assigned = at
        record.creator = record.updated_by = record.stage_by = by
        record.owner = owner
        record.source = source
        self.records.append(record)
        self.activities.append(Activity(record, "create", by, at, at))

    def move(self, record: Record, by: Person, at: Instant, stage: str, reason: str = "") -> None:
        """A stage change; nothing when the record is there already."""
        if record.stage == stage:
            return
        self.activities.append(
            Activity(record, "transition", by, at, at, was=record.stage, now=stage, reason=reason)
        )
        record.stage, record.stage_at, record.stage_by = stage, at, by
        record.updated, record.updated_by = at, by

    def reassign(self, record: Record, by: Person, at: Instant, owner: Person) -> None:
        if record.owner is owner:
            return
        was, now = record.owner.spotio_id or "", owner.spotio_id or ""
        self.activities.append(Activity(record, "ownerChanged", by, at, at, was=was, now=now))
        record.owner = owner
        record.assigned = record.updated = at
        record.updated_by = by

    def edit(self, record: Record, by: Person, at: Instant, field: str, value: str) -> None:
        """A change of one text field: Phone, Email, First Name, ... or one of the details."""
        own = {"Phone": "phone", "Email": "mail", "First Name": "first", "Last Name": "last"}.get(field)
        was = getattr(record, own) if own else record.details.get(field, "")
        if was == value:
            return
        if own:
            setattr(record, own, value)
        else:
            record.details[field] = value
        self.activities.append(Activity(record, "update", by, at, at, was=was, now=value, reason=field))
        record.updated, record.updated_by = at, by

    def event(self, activity: Activity) -> None:
        """A visit, a call, a text or an e-mail that was done."""
        record = activity.record
        self.activities.append(activity)
        _touch(record, activity)
        if activity.template == "Visit":
            record.visits += 1
            if record.last_visit is None or activity.at >= record.last_visit.at:
                record.last_visit = activity
        elif activity.template == "Call":
            record.calls += 1
            if record.last_call is None or activity.at >= record.last_call.at:
                record.last_call = activity

    def note(self, record: Record, by: Person, at: Instant, text: str) -> None:
        activity = Activity(record, "note", by, at, at, notes=text)
        self.activities.append(activity)
        _touch(record, activity)

    def plan(
        self,
        record: Record,
        setter: Person,
        booked: Instant,
        owner: Person,
        at: Instant,
        minutes: int = 60,
        title: str = "Consultation",
        repeat: Mapping[str, Any] | None = None,
    ) -> Appointment:
        """An appointment for later; `done` stays False until `finish`."""
        activity = Activity(
            record, "event", owner, at, booked, template="Appointment", done=False, title=title
        )
        appointment = Appointment("", activity, setter, booked, minutes, title, repeat=repeat)
        activity.appointment = appointment
        self.activities.append(activity)
        self.appointments.append(appointment)
        return appointment

    def finish(self, appointment: Appointment, at: Instant, result: str) -> Activity:
        """The planned activity becomes a done one with its result, logged `at`."""
        activity = appointment.activity
        activity.done, activity.result, activity.edited = True, result, at
        appointment.changed = at
        _touch(activity.record, activity)
        return activity


def _touch(record: Record, activity: Activity) -> None:
    if record.last_active is None or activity.at >= record.last_active.at:
        record.last_active = activity
