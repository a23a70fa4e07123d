"""A small SPOTIO mirror filled by hand, through the merges and the tables that a pull uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from data import mirror
from data.mirror import Reading
from data.schema import MirrorTable, prepare
from data.store import Store
from sync.connectors.spotio.tables import ACTIVITY, APPOINTMENT, STAGE, TEAM, record_table, rows_table

RECORD = record_table({"dataObjects": []})
TABLES: dict[str, MirrorTable] = {
    "record": RECORD,
    "activity": ACTIVITY,
    "appointment": APPOINTMENT,
    "team": TEAM,
    "stage": STAGE,
}
# When the mirror began; every story happens in the weeks after it, unless it says otherwise.
BEGAN = datetime(2026, 10, 1, 6, tzinfo=UTC)


class SmallSpotio:
    """Rows arrive as they would: whole when new, else only what is given; `now` is the moment at which they are seen."""

    def __init__(self, store: Store, *, new: bool = True) -> None:
        self.store = store
        self.now = BEGAN
        if not new:
            return
        for table in TABLES.values():
            prepare(store, table, "first", BEGAN)
        with store.write() as cursor:
            cursor.execute(
                "insert into sync.run (id, started_at, systems) values ('first', $began, 'spotio')",
                {"began": BEGAN},
            )

    def at(self, moment: datetime) -> SmallSpotio:
        """Let it be that moment."""
        self.now = moment
        return self

    def record(self, record_id: str, **members: Any) -> None:
        self.see("record", record_id, **members)

    def visit(self, activity_id: str, record_id: str | None = "r1", **members: Any) -> None:
        """A done visit of u1, logged the moment it happened, now, unless `members` say otherwise."""
        happened = members.get("date", self.now)
        usual = {
            "type": "event", "done": True, "activityTemplateId": "1", "ownerId": "u1", "dataObjectId": record_id,
            "date": happened, "createdAt": happened, "updatedAt": self.now,
        }  # fmt: skip
        self.see("activity", activity_id, **(usual | members))

    def move(
        self, activity_id: str, from_stage: str, to_stage: str, record_id: str = "r1", **members: Any
    ) -> None:
        """u1 moves a record to another stage, now, as SPOTIO notes it."""
        moved = members.get("date", self.now)
        usual = {
            "type": "transition", "done": True, "ownerId": "u1", "dataObjectId": record_id, "date": moved,
            "createdAt": moved, "updatedAt": moved, "fromStageId": from_stage, "toStageId": to_stage,
        }  # fmt: skip
        self.see("activity", activity_id, **(usual | members))

    def appointment(self, appointment_id: str, record_id: str | None = "r1", **members: Any) -> None:
        """An appointment of u1, made by u2 now, for tomorrow."""
        usual = {
            "dataObjectId": record_id, "ownerId": "u1", "createdById": "u2", "updatedAt": self.now,
            "date": self.now + timedelta(days=1), "done": False,
        }  # fmt: skip
        self.see("appointment", appointment_id, **(usual | members))

    def team(self, team_id: str, users: list[str], parent: str | None = None) -> None:
        self.see("team", team_id, usersIds=users, parentId=parent)

    def see(self, table: str, row_id: str, **members: Any) -> None:
        """Merge one row of which these members are told."""
        chosen = TABLES[table]
        row = {name: _told(value) for name, value in members.items()} | {"id": row_id}
        mirror.merge(
            self.store, chosen, rows_table(chosen, [row], frozenset(chosen.columns) - row.keys()), self.reading()
        )  # fmt: skip

    def delete(self, table: str, *ids: str) -> None:
        mirror.mark_deleted(self.store, TABLES[table], dict.fromkeys(ids), self.reading())

    def hide(self, table: str, *ids: str) -> None:
        mirror.mark_not_visible(self.store, TABLES[table], ids, self.reading())

    def reading(self) -> Reading:
        return Reading("first", self.now)


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
