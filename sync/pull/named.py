"""Follow what webhooks told: ask SPOTIO for just the named records, activities and appointments.

A webhook is a hint, not data: its payload is unlike the API's, it can be lost, doubled or late. So a note keeps
the id alone, and what is stored comes from the API.
"""

from __future__ import annotations

from collections.abc import Callable

from data import ledger
from data.ledger import Note, Problem
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import SpotioApi
from sync.errors import RejectedError
from sync.pull.context import Pull
from sync.pull.spotio import SpotioPull


def pull_named(pull: Pull, api: SpotioApi) -> int:
    """Follow as many notes of SPOTIO as are open now, the oldest first, and return how many there were.

    Those that arrive meanwhile have woken a run of their own: events and numbers are derived when a run ends, so one
    that went on as long as webhooks come would hold up every board on a busy day.

    What SPOTIO refuses for one id is a problem of that record, and its note is done with; when SPOTIO does not
    answer at all, the notes stay open for the next run.
    """
    followed, standing = 0, ledger.open_note_count(pull.store, "spotio")
    while followed < standing and (notes := ledger.open_notes(pull.store, "spotio")):
        pull.check_stop()
        _follow(pull, api, notes)
        if pull.failures:
            break  # not of one record: the next run follows them
        ledger.notes_handled(pull.store, pull.run, [note.id for note in notes], pull.now)
        followed += len(notes)
    return followed


def _follow(pull: Pull, api: SpotioApi, notes: list[Note]) -> None:
    spotio = SpotioPull(pull, api)
    records = _ids(notes, "record")
    activities = _ids(notes, "activity")
    appointments = _ids(notes, "appointment")
    if activities:
        with pull.table(api.client, "spotio", "activity", "named") as reading:
            reading.prepare(tables.ACTIVITY)
            _each(pull, "activity", activities, lambda ids: spotio.activities.read_named(ids, reading))
        records += _records_of(pull, activities)
    if appointments:
        with pull.table(api.client, "spotio", "appointment", "named") as reading:
            reading.prepare(tables.APPOINTMENT)
            _each(pull, "appointment", appointments, lambda ids: spotio.appointments.read_named(ids, reading))
    if records:
        with pull.table(api.client, "spotio", "record", "named") as reading:
            workflow = api.workflow()
            reading.prepare(tables.record_table(workflow))
            _each(
                pull,
                "record",
                list(dict.fromkeys(records)),
                lambda ids: spotio.records.read_named(workflow, ids),
            )


def _each(pull: Pull, table: str, ids: list[str], read: Callable[[list[str]], None]) -> None:
    """Read all together; when SPOTIO refuses that, one by one, so that one refusal holds up no other."""
    try:
        read(ids)
    except RejectedError:
        for record_id in ids:
            try:
                read([record_id])
            except RejectedError as error:
                pull.note(
                    Problem("spotio", error.code, error.text, error.advice, table=table, record=record_id)
                )


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
