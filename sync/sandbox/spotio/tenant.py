"""One SPOTIO company: its state and everything that can happen to it.

REST handlers, the sandbox's own actions and the world that lives in it all work through the operations reached
from here, so that stamps, appended activities, counters and webhooks are the same whoever acts. `by` is always the
id of the user who acts; requests have the wire's member names.
"""

import copy
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from sync.sandbox.clock import Clock
from sync.sandbox.spotio.activities import Activities
from sync.sandbox.spotio.appointments import Appointments
from sync.sandbox.spotio.counters import refresh_counters
from sync.sandbox.spotio.derived import derived_members
from sync.sandbox.spotio.people import People
from sync.sandbox.spotio.records import Records
from sync.sandbox.spotio.stamps import moment, precise, stamp
from sync.sandbox.spotio.store import COLUMNS, Row, Store, words
from sync.sandbox.spotio.territories import Territories
from sync.sandbox.spotio.workflow import Workflow

Kind = Literal["users", "teams", "territories", "dataObjects", "activities", "appointments"]

_STAMPS = frozenset(
    words(
        "createdAt updatedAt date plannedDate stageUpdatedAt dateOfAssignment lastVisitDate "
        "lastCallDate lastActivityTime nextActivityTime originalStartDate invitedAt "
        "invitationAcceptedAt lastLoginAt deletedAt"
    )
)
_SERVER_STAMPS = frozenset({"createdAt", "updatedAt", "stageUpdatedAt"})


class Tenant:
    def __init__(self, clock: Clock, workflow: Workflow) -> None:
        self.clock = clock
        self.store = Store(clock, workflow)
        self.people = People(self.store)
        self.territories = Territories(self.store)
        self.activities = Activities(self.store)
        self.records = Records(self.store, self.activities, self.territories)
        self.appointments = Appointments(self.store, self.activities)
        self._saved: tuple[sqlite3.Connection, Workflow] | None = None

    @property
    def workflow(self) -> Workflow:
        return self.store.workflow

    def load(self, kind: Kind, rows: Iterable[Mapping[str, Any]]) -> None:
        """Put rows in as they are: single-read names, ids as text, instants as aware datetimes or ISO text.

        A record's `fields` are `{field id: text | list of texts}`; what follows from them (name, value, address) may
        be left out. Nothing is validated, appended or sent. Call `refresh_counters` once all activities are in, unless
        the rows bring visitsCount and its kin themselves.
        """
        table = "records" if kind == "dataObjects" else kind
        self.store.load(table, self._prepared(table, rows))

    def refresh_counters(self) -> None:
        """Work out visit and call counts, last and next activity of all records from their activities."""
        refresh_counters(self.store)

    def create_record(self, by: str, request: Mapping[str, Any]) -> str:
        """Create a record from a DataObjectRequest; returns its id. Raises SpotioError."""
        with self.store.atomic():
            return self.records.create(by, request)

    def patch_record(self, by: str, record_id: str, changes: Mapping[str, Any]) -> None:
        """Replace members (stageId, ownerId, pin, fields as the whole list, ...); raises SpotioError."""
        with self.store.atomic():
            self.records.change(by, record_id, changes)

    def delete_record(self, by: str, record_id: str) -> None:
        with self.store.atomic():
            self.records.delete(by, record_id)

    def log_activity(self, by: str, request: Mapping[str, Any], *, mobile: bool = False) -> str:
        """Log (`done`) or plan an activity from an ActivityRequest; returns its id. Raises SpotioError.

        From the mobile app the server measures: `verified` and `distance` come from activityLat and activityLng.
        """
        with self.store.atomic():
            return self.activities.log(by, request, mobile=mobile)

    def create_appointment(self, by: str, request: Mapping[str, Any]) -> str:
        """Schedule an appointment, or a series, from an AppointmentV2Request; returns its id. Raises SpotioError."""
        with self.store.atomic():
            return self.appointments.create(by, request)

    def save(self) -> None:
        """Remember the state, the workflow included, for `reset`."""
        # A nameless database lies on disk once it is large, where a copy that is rarely read is in nobody's way.
        copied = sqlite3.connect("", check_same_thread=False)
        self.store.db.backup(copied)
        self._saved = copied, copy.deepcopy(self.workflow)

    def reset(self) -> None:
        if self._saved is None:
            raise RuntimeError("nothing was saved to return to")
        saved, workflow = self._saved
        saved.backup(self.store.db)
        self.store.workflow = copy.deepcopy(workflow)

    def _prepared(self, table: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
        now = self.store.now()
        for given in rows:
            row = dict(given)
            for name in _STAMPS & row.keys():
                row[name] = _loaded_stamp(name, row[name])
            row.setdefault("createdAt", now)
            row.setdefault("updatedAt", row["createdAt"])
            if table == "records":
                row = derived_members(self.workflow, row)
            yield {name: row.get(name) for name in COLUMNS[table]}


def _loaded_stamp(name: str, value: datetime | str | None) -> str | None:
    if value is None:
        return None
    text = stamp(value)
    # What the server itself set carries all seven digits; times that people chose are round.
    return precise(moment(text)) if name in _SERVER_STAMPS and len(text) < _FULL_LENGTH else text


_FULL_LENGTH = len("2026-08-04T07:14:38.6801689+00:00")
