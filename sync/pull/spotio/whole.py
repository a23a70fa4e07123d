"""What SPOTIO gives only whole: workflow, users, teams and territories, read and compared at each pull."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from data import mirror, schema
from data.mirror import Reading
from data.schema import MirrorTable
from sync.connectors.spotio import tables
from sync.connectors.spotio.api import HiddenError
from sync.connectors.spotio.tables import (
    CATEGORIZATION,
    COMPANY,
    FIELD,
    RECORD_TYPE,
    STAGE,
    TEAM,
    TEMPLATE,
    TERRITORY,
    USER,
    rows_table,
)
from sync.pull.context import TableReading
from sync.pull.spotio.scan import Item, Part, same_moment


class WholeTables(Part):
    """The tables without a feed of changes."""

    def read_people(self) -> None:
        """Users and teams. No call reads one user, so nobody can say whether a missing one was deleted."""
        self._read_whole(USER, self._api.users, gone=None)
        self._read_whole(TEAM, self._api.teams, gone=lambda team_id: self._api.team(team_id) is None)

    def read_workflow(self) -> Item:
        workflow = self._api.workflow()
        run, now = self._pull.run, self._pull.now
        schema.observe(self._pull.store, "spotio", "workflow", tables.stage_fields(workflow), run, now)
        parts: list[tuple[MirrorTable, list[dict[str, Any]]]] = [
            (COMPANY, tables.company_rows(workflow)),
            (RECORD_TYPE, [dict(d) for d in workflow["dataObjects"]]),
            (STAGE, tables.stage_rows(workflow)),
            (FIELD, tables.field_rows(workflow)),
            (TEMPLATE, tables.template_rows(workflow)),
        ]
        for table, rows in parts:
            # The workflow is one document: what it no longer holds is gone, there is nothing else to ask.
            self._read_whole(table, partial(list, rows), gone=_always)
        self._read_whole(
            CATEGORIZATION, lambda: tables.categorization_rows(self._api.categorization()), gone=_always
        )
        return workflow

    def read_territories(self) -> None:
        """Territories, with polygons for the new and the changed ones."""

        def rows() -> list[Item]:
            shapes = {
                row["id"]: row
                for row in self._pull.store.rows(
                    "select id, updatedAt::varchar as stamp, polygons::varchar as polygons from spotio.territory"
                )
            }
            listed = [dict(item) for item in self._api.territories()]
            for item in listed:
                known = shapes.get(str(item["id"]))
                if known and known["polygons"] and same_moment(known["stamp"], item.get("updatedAt")):
                    item["polygons"] = json.loads(known["polygons"])
                else:
                    item["polygons"] = self._polygons(str(item["id"]))
            return self.readable(TERRITORY, listed)

        self._read_whole(TERRITORY, rows, gone=lambda found: self._api.territory_shape(found) is None)

    def _polygons(self, territory_id: str) -> Any:
        try:
            return (self._api.territory_shape(territory_id) or {}).get("polygons")
        except HiddenError:
            return None

    def _read_whole(
        self, table: MirrorTable, fetch: Callable[[], Sequence[Item]], *, gone: Callable[[str], bool] | None
    ) -> None:
        """Read a table whole; `gone(id)` is the evidence that a missing one was deleted, None that there is none."""
        with self._pull.table(self._api.client, "spotio", table.name, "full") as reading:
            reading.prepare(table)
            rows = fetch()
            reading.counts.expected = reading.counts.source_count = len(rows)
            told = _digest(table, rows)
            if self._pull.reconcile or self._stands(table).get("told") != told:
                self._merge_whole(reading, table, rows, told, gone)
            else:
                reading.counts.read = len(rows)
            reading.counts.mirror_count = mirror.live_count(self._pull.store, table)

    def _stands(self, table: MirrorTable) -> dict[str, Any]:
        return mirror.read_cursor(self._pull.store, "spotio", table.name)

    def _merge_whole(
        self,
        reading: TableReading,
        table: MirrorTable,
        rows: Sequence[Item],
        told: str,
        gone: Callable[[str], bool] | None,
    ) -> None:
        store, run, now = self._pull.store, self._pull.run, self._pull.now
        mirror.begin_or_end_seeing(store, table, Reading(run, now, {}))
        reading.merge(table, rows_table(table, rows), seen=True)
        missing = mirror.missing_ids(store, table)
        deleted = [i for i in missing if gone is not None and self._proves(gone, i)]
        reading.mark_deleted(table, dict.fromkeys(deleted))
        reading.mark_not_visible(table, [i for i in missing if i not in deleted])
        # Of a missing one whose deletion may yet be proven, the next pull asks again.
        asked_again = gone is not None and len(deleted) < len(missing)
        mirror.begin_or_end_seeing(store, table, Reading(run, now, {} if asked_again else {"told": told}))

    def _proves(self, gone: Callable[[str], bool], found: str) -> bool:
        self._pull.check_stop()
        try:
            return gone(found)
        except HiddenError:
            return False


def _always(_: str) -> bool:
    return True


def _digest(table: MirrorTable, rows: Sequence[Item]) -> str:
    """Of what SPOTIO told, and of the columns it is kept in: the same again is in the mirror already."""
    columns = [(field.name, field.column_type) for field in table.fields]
    return hashlib.sha256(msgspec.json.encode((columns, rows))).hexdigest()
