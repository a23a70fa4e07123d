"""Mirror SPOTIO: what its API can say since when, and what it can only be asked for record by record.

Records have a feed of changes and a list of deletions. Done activities have a list by their own date, so a
window is read again and what is missing is asked for by id; planned ones are in no list, so the records whose
next activity moved are asked (A-05). Users, teams, territories and the workflow are read whole and compared.
A record that is merely not returned is not deleted (L-08).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from data import mirror, schema, spotio_views
from data.mirror import Reading
from data.schema import MirrorTable
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import IDS_A_CALL, CursorLostError, HiddenError, Scrolled, SpotioApi
from sync.connectors.spotio.tables import (
    ACTIVITY,
    APPOINTMENT,
    FIELD,
    RECORD_TYPE,
    STAGE,
    TEAM,
    TEMPLATE,
    TERRITORY,
    USER,
    activity_row,
    custom_columns,
    record_row,
    rows_table,
    single_read_table,
)  # fmt: skip
from sync.pull.context import Pull, TableReading

OVERLAP = timedelta(minutes=10)
DELETED_OVERLAP = timedelta(days=1)
# how far back activities are read again, each run and each night; all of them with --reconcile.
ACTIVITY_DAYS = 7
NIGHTLY_ACTIVITY_DAYS = 35
ROWS_A_MERGE = 5_000
PROBES_A_MARK = 50
# What an appointment read by id does not tell; a merge of one leaves it as it is.
_NOT_BY_ID = frozenset({"originalStartDate"})

Item = Mapping[str, Any]


class SpotioPull:
    """One pull of one tenant.

    `nightly` reads all records, 35 days of activities and every planned one again; a reconciling pull reads all.
    """

    def __init__(self, pull: Pull, api: SpotioApi, *, nightly: bool = False) -> None:
        self._pull, self._api = pull, api
        self._nightly = nightly or pull.reconcile

    def run(self) -> None:
        """Bring every table up to SPOTIO's present state, as far as its API shows it."""
        workflow = self._read_workflow()
        self._read_whole(USER, self._api.users, evidence=None)
        self._read_whole(TEAM, self._api.teams, evidence=None)
        self._read_territories()
        self._read_records(workflow)
        self._read_activities(workflow)
        self._read_appointments()

    # -- read whole and compared ---------------------------------------------------------------------------

    def _read_workflow(self) -> Item:
        workflow = self._api.workflow()
        run, now = self._pull.run, self._pull.now
        schema.observe(self._pull.store, "spotio", "workflow", tables.stage_fields(workflow), run, now)
        parts: list[tuple[MirrorTable, list[dict[str, Any]]]] = [
            (RECORD_TYPE, [dict(d) for d in workflow["dataObjects"]]),
            (STAGE, tables.stage_rows(workflow)),
            (FIELD, tables.field_rows(workflow)),
            (TEMPLATE, tables.template_rows(workflow)),
        ]
        for table, rows in parts:
            # The workflow is one document: what it no longer holds is gone, there is nothing else to ask.
            self._read_whole(table, partial(list, rows), evidence=_is_gone)
        return workflow

    def _read_territories(self) -> None:
        """Territories, with polygons for the new and the changed ones."""

        def rows() -> list[dict[str, Any]]:
            shapes = {
                row["id"]: row
                for row in self._pull.store.rows(
                    "select id, updatedAt::varchar as stamp, polygons::varchar as polygons from spotio.territory"
                )
            }
            listed = [dict(item) for item in self._api.territories()]
            for item in listed:
                known = shapes.get(str(item["id"]))
                if known and known["polygons"] and _same_moment(known["stamp"], item.get("updatedAt")):
                    item["polygons"] = json.loads(known["polygons"])
                else:
                    item["polygons"] = self._polygons(str(item["id"]))
            return listed

        self._read_whole(TERRITORY, rows, evidence=None)

    def _polygons(self, territory_id: str) -> Any:
        try:
            return (self._api.territory_shape(territory_id) or {}).get("polygons")
        except HiddenError:
            return None

    def _read_whole(
        self,
        table: MirrorTable,
        fetch: Callable[[], Sequence[Item]],
        *,
        evidence: Callable[[str], bool] | None,
    ) -> None:
        """Read a table whole; `evidence(id)` says whether a missing row still exists, None that nobody can say."""
        with self._pull.table(self._api.client, "spotio", table.name, "full") as reading:
            reading.prepare(table)
            rows = fetch()
            reading.counts.expected = reading.counts.source_count = len(rows)
            begin = Reading(self._pull.run, self._pull.now, {})
            mirror.begin_or_end_seeing(self._pull.store, table, begin)
            reading.merge(table, rows_table(table, rows), seen=True)
            self._follow_missing(reading, table, evidence)
            mirror.begin_or_end_seeing(self._pull.store, table, begin)
            reading.counts.mirror_count = mirror.live_count(self._pull.store, table)

    def _follow_missing(
        self, reading: TableReading, table: MirrorTable, exists: Callable[[str], bool] | None
    ) -> None:
        missing = mirror.missing_ids(self._pull.store, table)
        live = mirror.live_count(self._pull.store, table)
        if exists is None or (table is not STAGE and reading.suspicious(len(missing), live)):
            reading.mark_not_visible(table, missing)
            return
        gone: dict[str, datetime | None] = {}
        hidden: list[str] = []
        for record_id in missing:
            self._pull.check_stop()
            try:
                if not exists(record_id):
                    gone[record_id] = None
            except HiddenError:
                hidden.append(record_id)
        reading.mark_deleted(table, gone)
        reading.mark_not_visible(table, hidden)

    # -- records -------------------------------------------------------------------------------------------

    def _read_records(self, workflow: Item) -> None:
        table = tables.record_table(workflow)
        with self._pull.table(self._api.client, "spotio", "record", "window") as reading:
            reading.prepare(table)
            spotio_views.make_record_views(self._pull.store, workflow_types(workflow))
            cursor = mirror.read_cursor(self._pull.store, "spotio", "record")
            self._read_feed(reading, table, cursor)
            self._read_deleted(reading, table, cursor)
            reading.counts.source_count = self._api.record_count()
            reading.counts.mirror_count = mirror.live_count(self._pull.store, table)

    def _read_feed(self, reading: TableReading, table: MirrorTable, cursor: dict[str, Any]) -> None:
        under_way = dict(cursor.get("reading") or {})
        refill = bool(cursor.get("refill"))
        mode = _mode(cursor, under_way, reconcile=self._nightly, refill=refill)
        reading.counts.mode = mode
        # A window is short and starts anew; a long scan goes on, and tells little of what came after it began.
        resumes = mode != "window" and under_way.get("mode") == mode
        self._scan_feed(reading, table, cursor, mode, under_way if resumes else {})
        if resumes:
            self._scan_feed(reading, table, cursor, "window", {})

    def _scan_feed(
        self,
        reading: TableReading,
        table: MirrorTable,
        cursor: dict[str, Any],
        mode: str,
        under_way: Mapping[str, Any],
    ) -> None:
        refilled = tuple(cursor.get("refill", ()))
        complete = mode == "reconcile"
        since = datetime.fromisoformat(cursor["high"]) - OVERLAP if mode == "window" else None
        reading.counts.window_from = since
        if mode != "window":
            reading.counts.expected = self._api.record_count()
        reading.show()
        if complete and not under_way:
            begin = Reading(self._pull.run, self._pull.now, {**cursor, "reading": {"mode": mode}})
            mirror.begin_or_end_seeing(self._pull.store, table, begin)
        high = datetime.fromisoformat(under_way["high"]) if under_way.get("high") else None
        # A scan shows rows as they are when their page is read: a stamp from after its beginning says nothing of
        # the rows on the pages before, so the mark never goes beyond that.
        began = under_way.get("began") or self._api.server_time.isoformat()
        for page in self._resumable(lambda at: self._api.records(since, at), under_way.get("scroll")):
            self._pull.check_stop()
            custom = custom_columns(table)
            rows = [record_row(item, custom) for item in page.items]
            high = max([*(_moment(row["updatedAt"]) for row in rows if row["updatedAt"]), *([high] if high else [])], default=high)  # fmt: skip
            cursor["reading"] = {
                "mode": mode,
                "scroll": page.scroll_id,
                "high": high.isoformat() if high else None,
                "began": began,
            }
            reading.merge(table, rows_table(table, rows), cursor=cursor, refilled=refilled, seen=complete)
        if complete:
            self._follow_missing(reading, table, lambda record_id: self._api.record(record_id) is not None)
        cursor.pop("reading", None)
        cursor.pop("refill", None)
        before = datetime.fromisoformat(cursor["high"]) if cursor.get("high") else None
        reached = min(high, datetime.fromisoformat(began)) if high else None
        highest = max((moment for moment in (reached, before) if moment), default=None)
        if highest is None:
            highest = datetime.fromtimestamp(0, self._pull.now.tzinfo)  # an empty tenant: read from the start
        cursor["high"] = highest.isoformat()
        if mode == "first_load":
            cursor["loaded_from"] = began
        mirror.begin_or_end_seeing(self._pull.store, table, Reading(self._pull.run, self._pull.now, cursor))

    def _read_deleted(self, reading: TableReading, table: MirrorTable, cursor: dict[str, Any]) -> None:
        """Follow the list of deletions; a record that was changed after its deletion has come back."""
        reached = cursor.get("deleted_to")
        since = datetime.fromisoformat(reached) - DELETED_OVERLAP if reached else None
        latest = reached
        for page in self._api.deleted_records(since, self._pull.now + timedelta(days=365)):
            self._pull.check_stop()
            deleted = {str(item["id"]): _moment(item["deletedAt"]) for item in page.items}
            for moment in deleted.values():
                latest = max(latest or "", moment.isoformat())
            reading.mark_deleted(table, self._still_deleted(deleted))
        if latest:
            cursor["deleted_to"] = latest
            reading.move_cursor(table, cursor)

    def _still_deleted(self, deleted: Mapping[str, datetime]) -> dict[str, datetime | None]:
        if not deleted:
            return {}
        changed = {
            row["id"]: _moment(row["stamp"])
            for row in self._pull.store.rows(
                "select id, updatedAt::varchar as stamp from spotio.record where id in (select unnest($ids))",
                {"ids": list(deleted)},
            )
        }
        return {i: at for i, at in deleted.items() if i in changed and changed[i] <= at}

    # -- activities ----------------------------------------------------------------------------------------

    def _read_activities(self, workflow: Item) -> None:
        with self._pull.table(self._api.client, "spotio", "activity", "window") as reading:
            reading.prepare(ACTIVITY)
            cursor = mirror.read_cursor(self._pull.store, "spotio", "activity")
            under_way = dict(cursor.get("reading") or {})
            mode = _mode(cursor, under_way, reconcile=self._pull.reconcile, refill=bool(cursor.get("refill")))
            reading.counts.mode = mode
            resumes = mode != "window" and under_way.get("mode") == mode
            self._scan_activities(reading, cursor, mode, under_way if resumes else {})
            if resumes:
                self._scan_activities(reading, cursor, "window", {})
            self._follow_deleted_records(reading, cursor)
            reading.counts.source_count = self._api.activity_count()
            reading.counts.mirror_count = self._done_activities()
            self._refresh_records(workflow, cursor)

    def _scan_activities(
        self, reading: TableReading, cursor: dict[str, Any], mode: str, under_way: Mapping[str, Any]
    ) -> None:
        days = NIGHTLY_ACTIVITY_DAYS if self._nightly else ACTIVITY_DAYS
        # From the newest one known, not from our clock: clocks differ, and phones send late.
        since = datetime.fromisoformat(cursor["high"]) - timedelta(days=days) if mode == "window" else None
        reading.counts.window_from = since
        reading.counts.expected = self._api.activity_count() if since is None else None
        reading.show()
        if not under_way:
            begin = Reading(self._pull.run, self._pull.now, {**cursor, "reading": {"mode": mode}})
            mirror.begin_or_end_seeing(self._pull.store, ACTIVITY, begin)
        refilled = tuple(cursor.get("refill", ()))
        high = cursor.get("high")
        now = self._api.server_time
        pages = self._resumable(lambda at: self._api.activities(since, None, at), under_way.get("scroll"))
        for page in _grouped(pages):
            self._pull.check_stop()
            rows = [activity_row(item) for item in page.items]
            # One that was done ahead of its date would move the window past all the others.
            dates = [min(_moment(r["date"]), now).isoformat() for r in rows if r.get("date")]
            high = max([high or "", *dates]) or None
            cursor["reading"] = {"mode": mode, "scroll": page.scroll_id}
            cursor["high"] = high
            reading.merge(ACTIVITY, rows_table(ACTIVITY, rows), cursor=cursor, refilled=refilled, seen=True)
        if mode != "first_load":
            self._follow_missing_activities(reading, since)
        cursor.pop("reading", None)
        if since is None:
            cursor.pop("refill", None)
        cursor["high"] = high or datetime.fromtimestamp(0, self._pull.now.tzinfo).isoformat()
        mirror.begin_or_end_seeing(
            self._pull.store, ACTIVITY, Reading(self._pull.run, self._pull.now, cursor)
        )

    def _follow_missing_activities(self, reading: TableReading, since: datetime | None) -> None:
        """Ask for each activity of the window that the list did not show: deleted, or moved out of it.

        Planned ones are in no list; they are asked for each night, and in between when a webhook names them.
        """
        missing = self._pull.store.rows(
            "select id from spotio.activity a where _deleted_at is null and ($since is null or date >= $since)"
            " and (done or $planned)"
            " and not exists (select 1 from sync.seen s where s.system = 'spotio' and s.table_name = 'activity'"
            " and s.id = a.id) order by id",
            {"since": since, "planned": self._nightly},
        )
        if reading.suspicious(len(missing), self._live_activities(since)):
            reading.mark_not_visible(ACTIVITY, [row["id"] for row in missing])
            return
        self.read_activities([row["id"] for row in missing], reading)

    def _live_activities(self, since: datetime | None) -> int:
        sql = "select count(*) as n from spotio.activity where _deleted_at is null and ($since is null or date >= $since)"
        return int(self._pull.store.rows(sql, {"since": since})[0]["n"])

    def read_activities(self, ids: Iterable[str], reading: TableReading) -> None:
        """Ask for activities by id, and merge what is there; a 404 is the evidence of a deletion."""
        gone: dict[str, datetime | None] = {}
        found: list[dict[str, Any]] = []
        hidden: list[str] = []
        for activity_id in ids:
            self._pull.check_stop()
            try:
                item = self._api.activity(activity_id)
            except HiddenError:
                hidden.append(activity_id)
                continue
            if item is None:
                gone[activity_id] = None
            else:
                found.append(self._whole_activity(item))
        for row in found:
            columns = frozenset(ACTIVITY.columns) - row.keys()
            reading.merge(ACTIVITY, rows_table(ACTIVITY, [row], columns))
        reading.mark_deleted(ACTIVITY, gone)
        reading.mark_not_visible(ACTIVITY, hidden)

    def _whole_activity(self, item: Item) -> dict[str, Any]:
        """A done activity as its list shows it (with distance and stamps); as read by id when it is in no list."""
        if item.get("done") and item.get("date"):
            moment = _moment(str(item["date"]))
            for page in self._api.activities(moment - timedelta(seconds=1), moment + timedelta(seconds=1)):
                for listed in page.items:
                    if listed["id"] == item["id"]:
                        return activity_row(listed)
        row = activity_row(item)
        return {name: value for name, value in row.items() if name in ACTIVITY.columns and (name in item or value is not None)}  # fmt: skip

    def _done_activities(self) -> int:
        """The live activities that SPOTIO's own count counts: planned ones are in none of its lists."""
        sql = "select count(*) as n from spotio.activity where _deleted_at is null and done"
        return int(self._pull.store.rows(sql)[0]["n"])

    def _follow_deleted_records(self, reading: TableReading, cursor: Mapping[str, Any]) -> None:
        """Ask for the activities of records that were deleted or brought back since the last time.

        They go and come with their record, also those too old for any window; only their ids can be asked.
        """
        if "refreshed_to" not in cursor:
            return
        rows = self._pull.store.rows(
            "select distinct a.id as id from history.change c join spotio.activity a on a.dataObjectId = c.id"
            " where c.recorded_at >= $since and c.system = 'spotio' and c.object = 'record'"
            " and (c.operation = 'delete' and a._deleted_at is null"
            " or c.operation = 'undelete' and a._deleted_at is not null) order by 1",
            {"since": datetime.fromisoformat(cursor["refreshed_to"])},
        )
        self.read_activities([row["id"] for row in rows], reading)

    def _refresh_records(self, workflow: Item, cursor: Mapping[str, Any]) -> None:
        """Read again the records that activities touched: a logged visit does not bump a record's stamp.

        Those since the last time that this was done to the end, so that a run that was cut off leaves none out.
        """
        until = self._pull.now
        since = cursor.get("refreshed_to")
        if since is None:
            # After a first load the feed has told all records, but for what happened since it began.
            since = mirror.read_cursor(self._pull.store, "spotio", "record").get("loaded_from")
            if since is None:
                return  # the records themselves are not loaded yet, and will be read whole
            changed = "select dataObjectId as id from spotio.activity where updatedAt >= $since"
        else:
            changed = (
                "select a.dataObjectId as id from history.change c join spotio.activity a on a.id = c.id"
                " where c.recorded_at >= $since and c.system = 'spotio' and c.object = 'activity'"
            )
        touched = self._pull.store.rows(
            f"select distinct r.id as id from ({changed}) t join spotio.record r on r.id = t.id"  # noqa: S608 (ours)
            " where r._deleted_at is null order by 1",
            {"since": datetime.fromisoformat(since)},
        )
        self.read_records(workflow, [row["id"] for row in touched])
        moved = Reading(self._pull.run, self._pull.now, {**cursor, "refreshed_to": until.isoformat()})
        mirror.move_cursor(self._pull.store, ACTIVITY, moved)

    def read_records(self, workflow: Item, ids: Sequence[str]) -> None:
        """Single reads of records by id, merged; one that is not returned is asked for alone (L-08)."""
        table = tables.record_table(workflow)
        custom = custom_columns(table)
        for start in range(0, len(ids), IDS_A_CALL):
            self._pull.check_stop()
            asked = ids[start : start + IDS_A_CALL]
            rows = [record_row(item, custom) for item in self._api.records_named(asked)]
            if rows:
                # Counted under its own table only: these are not activities.
                mirror.merge(
                    self._pull.store,
                    table,
                    single_read_table(table, rows),
                    Reading(self._pull.run, self._pull.now),
                )
            returned = {row["id"] for row in rows}
            gone: dict[str, datetime | None] = {
                i: None for i in asked if i not in returned and not self._exists(i)
            }
            mirror.mark_deleted(self._pull.store, table, gone, Reading(self._pull.run, self._pull.now))

    def _exists(self, record_id: str) -> bool:
        try:
            return self._api.record(record_id) is not None
        except HiddenError:
            return True  # and so not shown to be deleted

    # -- appointments --------------------------------------------------------------------------------------

    def _read_appointments(self) -> None:
        with self._pull.table(self._api.client, "spotio", "appointment", "window") as reading:
            reading.prepare(APPOINTMENT)
            cursor = mirror.read_cursor(self._pull.store, "spotio", "appointment")
            reading.counts.mode = "reconcile" if self._nightly else "window" if cursor else "first_load"
            until = self._probe_records(reading, cursor)
            self.read_appointments(self._with_changed_activity(cursor), reading)
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
            self.read_appointments_of(record_id, reading)
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

    def read_appointments_of(self, record_id: str, reading: TableReading) -> None:
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
        self.read_appointments(dict.fromkeys([*moved, *open_before]), reading, upcoming)

    def read_appointments(
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
            reading.merge(APPOINTMENT, rows_table(APPOINTMENT, planned))
        others = [item for item in found if not upcoming or item["id"] not in upcoming]
        if others:
            reading.merge(APPOINTMENT, rows_table(APPOINTMENT, others, _NOT_BY_ID))
        reading.mark_deleted(APPOINTMENT, gone)
        reading.mark_not_visible(APPOINTMENT, hidden)

    def _read_open_appointments(self, reading: TableReading) -> None:
        """Ask again for those whose time has passed without a result, of the last weeks; all with --reconcile."""
        since = None if self._pull.reconcile else self._pull.now - timedelta(days=NIGHTLY_ACTIVITY_DAYS)
        rows = self._pull.store.rows(
            "select id from spotio.appointment where _deleted_at is null and not done and date < $now"
            " and ($since is null or date >= $since) order by id",
            {"now": self._pull.now, "since": since},
        )
        for row in rows:
            self._pull.check_stop()
            self.read_appointments([row["id"]], reading)

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
                reading.merge(APPOINTMENT, rows_table(APPOINTMENT, found, _NOT_BY_ID))
                found = []
        if found:
            reading.merge(APPOINTMENT, rows_table(APPOINTMENT, found, _NOT_BY_ID))

    def _remember_none(self, activity_id: str) -> None:
        with self._pull.store.write() as cursor:
            cursor.execute(
                "insert into sync.seen values ('spotio', 'activity without appointment', $id)",
                {"id": activity_id},
            )

    # -- scans ---------------------------------------------------------------------------------------------

    def _resumable(
        self, scan: Callable[[str | None], Iterable[Scrolled]], scroll_id: str | None
    ) -> Iterable[Scrolled]:
        """A scan from a kept cursor; from its beginning when SPOTIO no longer knows the cursor."""
        try:
            yield from scan(scroll_id)
        except CursorLostError:
            yield from scan(None)


def workflow_types(workflow: Item) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(type id, name, [(column, field name)]) of each type, for the readable views."""
    return [
        (
            str(definition["id"]),
            str(definition["name"]),
            [(f"f_{field['id']}", str(field["name"])) for field in definition.get("fields") or []],
        )
        for definition in workflow["dataObjects"]
    ]


def _is_gone(_: str) -> bool:
    return False


def _mode(cursor: Mapping[str, Any], under_way: Mapping[str, Any], *, reconcile: bool, refill: bool) -> str:
    if under_way.get("mode") == "reconcile" or (reconcile and cursor.get("high")):
        return "reconcile"
    if not cursor.get("high") or under_way.get("mode") == "first_load":
        return "first_load"
    return "refill" if refill else "window"


def _grouped(pages: Iterable[Scrolled]) -> Iterable[Scrolled]:
    """Join pages until they hold enough rows for one transaction."""
    held: list[dict[str, Any]] = []
    last: Scrolled | None = None
    for page in pages:
        held += page.items
        last = page
        if len(held) >= ROWS_A_MERGE:
            yield Scrolled(held, page.scroll_id, page.total)
            held, last = [], None
    if last is not None:
        yield Scrolled(held, last.scroll_id, last.total)


def _moment(text: str) -> datetime:
    """A moment of the wire: none to seven fractional digits, `Z` or an offset."""
    whole, dot, rest = text.replace(" ", "T").partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{whole}.{rest[:digits][:6]}{rest[digits:]}"
    moment = datetime.fromisoformat(text.replace(" ", "T"))
    return moment


def _same_moment(known: str | None, told: Any) -> bool:
    return known is not None and told is not None and _moment(known) == _moment(str(told))


def _differs(known: Mapping[str, Any], item: Item) -> bool:
    """Whether a planned appointment differs from what the mirror holds, or was never read by id."""
    if known["updatedAt"] is None or not _same_moment(known["date"], item.get("date")):
        return True
    return any(
        (known[name] or None) != (item.get(name) or None)
        for name in ("ownerId", "title", "notes", "duration")
    )
