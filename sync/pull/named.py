"""Follow what webhooks told: ask SPOTIO for just the named records, activities and appointments.

A webhook is a hint, not data: its payload is unlike the API's, it can be lost, doubled or late. So a note keeps
the id alone, and what is stored comes from the API.
"""

from __future__ import annotations

from data import ledger
from data.ledger import Note
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import SpotioApi
from sync.pull.context import Pull
from sync.pull.spotio import SpotioPull


def pull_named(pull: Pull, api: SpotioApi) -> int:
    """Follow the open notes of SPOTIO and return how many there were; a failure leaves them open."""
    notes = ledger.open_notes(pull.store, "spotio")
    if not notes:
        return 0
    spotio = SpotioPull(pull, api)
    records = _ids(notes, "record")
    activities = _ids(notes, "activity")
    appointments = _ids(notes, "appointment")
    if activities:
        with pull.table(api.client, "spotio", "activity", "named") as reading:
            reading.prepare(tables.ACTIVITY)
            spotio.read_activities(activities, reading)
        records += _records_of(pull, activities)
    if appointments:
        with pull.table(api.client, "spotio", "appointment", "named") as reading:
            reading.prepare(tables.APPOINTMENT)
            spotio.read_appointments(appointments, reading)
    if records:
        with pull.table(api.client, "spotio", "record", "named") as reading:
            workflow = api.workflow()
            reading.prepare(tables.record_table(workflow))
            spotio.read_records(workflow, list(dict.fromkeys(records)))
    if not pull.failures:
        ledger.notes_handled(pull.store, pull.run, [note.id for note in notes], pull.now)
    return len(notes)


def _ids(notes: list[Note], kind: str) -> list[str]:
    return list(dict.fromkeys(note.record_id for note in notes if note.object == kind))


def _records_of(pull: Pull, activities: list[str]) -> list[str]:
    """The records that activities belong to: their counters and next times moved with them."""
    rows = pull.store.rows(
        "select distinct dataObjectId as id from spotio.activity"
        " where dataObjectId is not null and id in (select unnest($ids))",
        {"ids": activities},
    )
    return [row["id"] for row in rows]
