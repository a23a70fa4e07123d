"""SPOTIO's activities: the done ones by their own date, read again in windows, and single ones by id (A-05)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from data import mirror
from data.mirror import Reading
from sync.connectors.spotio.api import HiddenError
from sync.connectors.spotio.tables import ACTIVITY, activity_row, rows_table
from sync.pull.context import TableReading
from sync.pull.spotio.records import Records
from sync.pull.spotio.scan import Item, Part, grouped, mode_of, moment_of, moment_or_none

# how far back they are read again, each run and each night; all of them with --reconcile.
WINDOW_DAYS = 7
NIGHTLY_DAYS = 35


class Activities(Part):
    """`spotio.activity`."""

    def read(self, workflow: Item, records: Records) -> None:
        with self._pull.table(self._api.client, "spotio", "activity", "window") as reading:
            reading.prepare(ACTIVITY)
            cursor = mirror.read_cursor(self._pull.store, "spotio", "activity")
            under_way = dict(cursor.get("reading") or {})
            mode = mode_of(
                cursor, under_way, reconcile=self._pull.reconcile, refill=bool(cursor.get("refill"))
            )
            reading.counts.mode = mode
            resumes = mode != "window" and under_way.get("mode") == mode
            self._scan_activities(reading, cursor, mode, under_way if resumes else {})
            if resumes:
                self._scan_activities(reading, cursor, "window", {})
            self._follow_deleted_records(reading, cursor)
            reading.counts.source_count = self._api.activity_count()
            reading.counts.mirror_count = self._done_activities()
            self._refresh_records(workflow, records, cursor)

    def _scan_activities(
        self, reading: TableReading, cursor: dict[str, Any], mode: str, under_way: Mapping[str, Any]
    ) -> None:
        days = NIGHTLY_DAYS if self._nightly else WINDOW_DAYS
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
        pages = self.resumable(lambda at: self._api.activities(since, None, at), under_way.get("scroll"))
        for page in grouped(pages):
            self._pull.check_stop()
            rows = self.readable(ACTIVITY, [activity_row(item) for item in page.items])
            # One that was done ahead of its date would move the window past all the others.
            dates = [min(moment_of(r["date"]), now).isoformat() for r in rows if r.get("date")]
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
        self.read_named([row["id"] for row in missing], reading)

    def _live_activities(self, since: datetime | None) -> int:
        sql = "select count(*) as n from spotio.activity where _deleted_at is null and ($since is null or date >= $since)"
        return int(self._pull.store.rows(sql, {"since": since})[0]["n"])

    def read_named(self, ids: Iterable[str], reading: TableReading) -> None:
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
        for row in self.readable(ACTIVITY, found):
            columns = frozenset(ACTIVITY.columns) - row.keys()
            reading.merge(ACTIVITY, rows_table(ACTIVITY, [row], columns))
        reading.mark_deleted(ACTIVITY, gone)
        reading.mark_not_visible(ACTIVITY, hidden)

    def _whole_activity(self, item: Item) -> dict[str, Any]:
        """A done activity as its list shows it (with distance and stamps); as read by id when it is in no list."""
        moment = moment_or_none(item.get("date"))
        if item.get("done") and moment:
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
        self.read_named([row["id"] for row in rows], reading)

    def _refresh_records(self, workflow: Item, records: Records, cursor: Mapping[str, Any]) -> None:
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
        records.read_named(workflow, [row["id"] for row in touched])
        moved = Reading(self._pull.run, self._pull.now, {**cursor, "refreshed_to": until.isoformat()})
        mirror.move_cursor(self._pull.store, ACTIVITY, moved)
