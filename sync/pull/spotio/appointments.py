"""SPOTIO's appointments: no list shows them all, so records and activities are asked for theirs (A-05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from data import mirror
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import IDS_A_CALL, HiddenError
from sync.connectors.spotio.tables import APPOINTMENT, rows_table
from sync.pull.context import TableReading
from sync.pull.spotio.activities import NIGHTLY_DAYS
from sync.pull.spotio.scan import Item, Part, same_moment

PROBES_A_MARK = 50
# What an appointment read by id does not tell; a merge of one leaves it as it is.
_NOT_BY_ID = frozenset({"originalStartDate"})


class Appointments(Part):
    """`spotio.appointment`."""

    def read(self) -> None:
        with self._pull.table(self._api.client, "spotio", "appointment", "window") as reading:
            reading.prepare(APPOINTMENT)
            cursor = mirror.read_cursor(self._pull.store, "spotio", "appointment")
            reading.counts.mode = "reconcile" if self._nightly else "window" if cursor else "first_load"
            until = self._probe_records(reading, cursor)
            self.read_named(self._with_changed_activity(cursor), reading)
            self._read_done_appointments(reading)
            if self._nightly:
                self._read_open_appointments(reading)
            cursor["recorded_to"] = until
            reading.move_cursor(APPOINTMENT, cursor)
            reading.counts.mirror_count = mirror.live_count(self._pull.store, APPOINTMENT)

    def _probe_records(self, reading: TableReading, cursor: dict[str, Any]) -> str:
        """Ask the records whose plans may have moved, in the order of their ids; return the moment up to which.

        A first load and a night's sweep ask a thousand of them: one that was cut off goes on where it was.
        """
        whole = "recorded_to" not in cursor or self._nightly
        probing = cursor.pop("probing", None) or {}
        if probing.get("whole") != whole:
            probing = {"whole": whole, "until": self._pull.now.isoformat(), "after": ""}
        records = [record_id for record_id in self._records_to_probe(cursor) if record_id > probing["after"]]
        reading.counts.expected = len(records)
        for number, record_id in enumerate(records, 1):
            self._pull.check_stop()
            self._read_of_record(record_id, reading)
            if number % PROBES_A_MARK == 0:
                reading.move_cursor(APPOINTMENT, {**cursor, "probing": {**probing, "after": record_id}})
        return str(probing["until"])

    def _records_to_probe(self, cursor: Mapping[str, Any]) -> list[str]:
        """Records whose next activity moved since the last probe; all that have one at night (A-05)."""
        recorded_to = cursor.get("recorded_to")
        if recorded_to is None or self._nightly:
            rows = self._pull.store.rows(
                "select id from spotio.record where _deleted_at is null and nextActivityTime is not null"
                " union select dataObjectId from spotio.appointment where _deleted_at is null and not done"
                " order by 1"
            )
        else:
            rows = self._pull.store.rows(
                "select distinct r.id as id from history.change c join spotio.record r on r.id = c.id"
                " where c.system = 'spotio' and c.object = 'record' and c.recorded_at >= $since"
                " and r._deleted_at is null and (json_exists(c.after, '$.nextActivityTime')"
                " or (c.operation in ('insert', 'undelete') and r.nextActivityTime is not null)) order by 1",
                {"since": datetime.fromisoformat(recorded_to)},
            )
        return [row["id"] for row in rows]

    def _with_changed_activity(self, cursor: Mapping[str, Any]) -> list[str]:
        """Appointments whose activity was edited, deleted or brought back since the last probe: it tells of them."""
        if "recorded_to" not in cursor:
            return []
        rows = self._pull.store.rows(
            "select distinct p.id as id from history.change c join spotio.appointment p on p.activityId = c.id"
            " where c.system = 'spotio' and c.object = 'activity' and c.recorded_at >= $since"
            " and (p._deleted_at is null or c.operation = 'undelete') order by 1",
            {"since": datetime.fromisoformat(cursor["recorded_to"])},
        )
        return [row["id"] for row in rows]

    def _read_of_record(self, record_id: str, reading: TableReading) -> None:
        """The planned appointments of a record; a known one that is no longer among them is asked for by id.

        An occurrence of a series that nobody has saved has no id of its own yet (A-04): its series stands for it.
        """
        known = {
            row["id"]: row
            for row in self._pull.store.rows(
                "select id, date::varchar as date, ownerId, title, notes, duration, updatedAt, done"
                " from spotio.appointment where dataObjectId = $id and _deleted_at is null",
                {"id": record_id},
            )
        }
        upcoming: dict[str, Item] = {}
        moved: list[str] = []
        for item in self._api.upcoming_appointments(record_id):
            appointment_id = tables.saved_appointment_id(str(item["id"]))
            if appointment_id == item["id"]:
                upcoming[appointment_id] = item
                if appointment_id not in known or _differs(known[appointment_id], item):
                    moved.append(appointment_id)
            elif appointment_id not in known:
                moved.append(appointment_id)
        open_before = [i for i, row in known.items() if not row["done"] and i not in upcoming]
        self.read_named(dict.fromkeys([*moved, *open_before]), reading, upcoming)

    def read_named(
        self, ids: Iterable[str], reading: TableReading, upcoming: Mapping[str, Item] | None = None
    ) -> None:
        """Ask for appointments by id and merge them; a 404 is the evidence of a deletion."""
        found: list[dict[str, Any]] = []
        gone: dict[str, datetime | None] = {}
        hidden: list[str] = []
        for appointment_id in ids:
            self._pull.check_stop()
            try:
                item = self._api.appointment(appointment_id)
            except HiddenError:
                hidden.append(appointment_id)
                continue
            if item is None:
                gone[appointment_id] = None
            else:
                found.append(item)
        planned = [
            {**item, "originalStartDate": upcoming[item["id"]].get("originalStartDate")}
            for item in found
            if upcoming and item["id"] in upcoming
        ]
        if planned:
            reading.merge(APPOINTMENT, rows_table(APPOINTMENT, self.readable(APPOINTMENT, planned)))
        others = [item for item in found if not upcoming or item["id"] not in upcoming]
        if others:
            reading.merge(
                APPOINTMENT, rows_table(APPOINTMENT, self.readable(APPOINTMENT, others), _NOT_BY_ID)
            )
        reading.mark_deleted(APPOINTMENT, gone)
        reading.mark_not_visible(APPOINTMENT, hidden)

    def _read_open_appointments(self, reading: TableReading) -> None:
        """Ask again for those whose time has passed without a result, of the last weeks; all with --reconcile."""
        since = None if self._pull.reconcile else self._pull.now - timedelta(days=NIGHTLY_DAYS)
        rows = self._pull.store.rows(
            "select id from spotio.appointment where _deleted_at is null and not done and date < $now"
            " and ($since is null or date >= $since) order by id",
            {"now": self._pull.now, "since": since},
        )
        for row in rows:
            self._pull.check_stop()
            self.read_named([row["id"]], reading)

    def _read_done_appointments(self, reading: TableReading) -> None:
        """Find the appointment behind each done activity of that kind: no list shows past ones, and it names the setter."""
        rows = self._pull.store.rows(
            "select a.id from spotio.activity a join spotio.activity_template t on t.id = a.activityTemplateId"
            " where t.systemRole ilike 'appointment' and a._deleted_at is null"
            " and not exists (select 1 from spotio.appointment p where p.activityId = a.id)"
            " and not exists (select 1 from sync.seen s where s.system = 'spotio'"
            " and s.table_name = 'activity without appointment' and s.id = a.id) order by a.date desc"
        )
        found: list[dict[str, Any]] = []
        for row in rows:
            self._pull.check_stop()
            try:
                item = self._api.appointment_of(row["id"])
            except HiddenError:
                continue
            if item is not None:
                found.append({**item, "activityId": item.get("activityId") or row["id"]})
            else:
                self._remember_none(row["id"])
            if len(found) >= IDS_A_CALL:
                reading.merge(
                    APPOINTMENT, rows_table(APPOINTMENT, self.readable(APPOINTMENT, found), _NOT_BY_ID)
                )
                found = []
        if found:
            reading.merge(APPOINTMENT, rows_table(APPOINTMENT, self.readable(APPOINTMENT, found), _NOT_BY_ID))

    def _remember_none(self, activity_id: str) -> None:
        with self._pull.store.write() as cursor:
            cursor.execute(
                "insert into sync.seen values ('spotio', 'activity without appointment', $id)",
                {"id": activity_id},
            )


def _differs(known: Mapping[str, Any], item: Item) -> bool:
    """Whether a planned appointment differs from what the mirror holds, or was never read by id."""
    if known["updatedAt"] is None or not same_moment(known["date"], item.get("date")):
        return True
    return any(
        (known[name] or None) != (item.get(name) or None)
        for name in ("ownerId", "title", "notes", "duration")
    )
