"""SPOTIO's records: the feed of changes, the list of deletions, and single reads of named ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from data import mirror, spotio_views
from data.mirror import Reading
from data.schema import MirrorTable
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import IDS_A_CALL, HiddenError
from sync.connectors.spotio.tables import custom_columns, record_row, rows_table, single_read_table
from sync.pull.context import TableReading
from sync.pull.spotio.scan import Item, Part, mode_of, moment_of, moment_or_none

OVERLAP = timedelta(minutes=10)
DELETED_OVERLAP = timedelta(days=1)


class Records(Part):
    """`spotio.record`."""

    def read(self, workflow: Item) -> None:
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
        mode = mode_of(cursor, under_way, reconcile=self._nightly, refill=refill)
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
        for page in self.resumable(lambda at: self._api.records(since, at), under_way.get("scroll")):
            self._pull.check_stop()
            custom = custom_columns(table)
            rows = self.readable(table, [record_row(item, custom) for item in page.items])
            high = max([*(moment_of(row["updatedAt"]) for row in rows if row["updatedAt"]), *([high] if high else [])], default=high)  # fmt: skip
            cursor["reading"] = {
                "mode": mode,
                "scroll": page.scroll_id,
                "high": high.isoformat() if high else None,
                "began": began,
            }
            reading.merge(table, rows_table(table, rows), cursor=cursor, refilled=refilled, seen=complete)
        if complete:
            self._follow_missing(reading, table)
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

    def _follow_missing(self, reading: TableReading, table: MirrorTable) -> None:
        """Ask for each record that a complete reading has not shown: only a 404 on its id is a deletion (L-08)."""
        missing = mirror.missing_ids(self._pull.store, table)
        live = mirror.live_count(self._pull.store, table)
        if reading.suspicious(len(missing), live):
            reading.mark_not_visible(table, missing)
            return
        gone: dict[str, datetime | None] = {}
        hidden: list[str] = []
        for record_id in missing:
            self._pull.check_stop()
            try:
                if self._api.record(record_id) is None:
                    gone[record_id] = None
            except HiddenError:
                hidden.append(record_id)
        reading.mark_deleted(table, gone)
        reading.mark_not_visible(table, hidden)

    def _read_deleted(self, reading: TableReading, table: MirrorTable, cursor: dict[str, Any]) -> None:
        """Follow the list of deletions; a record that was changed after its deletion has come back."""
        reached = cursor.get("deleted_to")
        since = datetime.fromisoformat(reached) - DELETED_OVERLAP if reached else None
        latest = reached
        for page in self._api.deleted_records(since, self._pull.now + timedelta(days=365)):
            self._pull.check_stop()
            deleted = {str(item["id"]): moment_or_none(item.get("deletedAt")) for item in page.items}
            latest = max([latest or "", *(moment.isoformat() for moment in deleted.values() if moment)])
            reading.mark_deleted(table, self._still_deleted(deleted))
        if latest:
            cursor["deleted_to"] = latest
            reading.move_cursor(table, cursor)

    def _still_deleted(self, deleted: Mapping[str, datetime | None]) -> dict[str, datetime | None]:
        """Those that were not changed since; where a moment is missing, or is none, SPOTIO is asked for the record."""
        if not deleted:
            return {}
        changed = {
            row["id"]: moment_or_none(row["stamp"])
            for row in self._pull.store.rows(
                "select id, updatedAt::varchar as stamp from spotio.record where id in (select unnest($ids))",
                {"ids": list(deleted)},
            )
        }

        def gone(record_id: str, at: datetime | None) -> bool:
            since = changed[record_id]
            return since <= at if since and at else not self._exists(record_id)

        return {i: at for i, at in deleted.items() if i in changed and gone(i, at)}

    def read_named(self, workflow: Item, ids: Sequence[str]) -> None:
        """Single reads of records by id, merged; one that is not returned is asked for alone (L-08)."""
        table = tables.record_table(workflow)
        custom = custom_columns(table)
        for start in range(0, len(ids), IDS_A_CALL):
            self._pull.check_stop()
            asked = ids[start : start + IDS_A_CALL]
            rows = self.readable(table, [record_row(item, custom) for item in self._api.records_named(asked)])
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
