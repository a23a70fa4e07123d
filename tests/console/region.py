"""Two teams over sixty days, as a dashboard shows them: territories with shapes, setters, closers and what came of it.

Made in bulk, and the same for every run but for the day it ends on: today. What happened is kept in lists too, so
that a test can count it without the code that counts it in the product.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.mirror import Reading, mark_deleted, merge
from data.schema import MirrorTable, prepare
from data.store import Store
from sync.connectors.spotio.tables import (
    ACTIVITY,
    APPOINTMENT,
    COMPANY,
    RECORD_TYPE,
    STAGE,
    TEAM,
    TEMPLATE,
    TERRITORY,
    USER,
    record_table,
    rows_table,
)
from sync.facts import refresh_facts

ZONE = "America/Denver"
DAYS = 60
RECORD = record_table({"dataObjects": []})
WEST, RIDGE, DELTA = "t-west", "t-ridge", "t-delta"
ALMA, BELA, CIRO, DARA, MINA, NOBODYS = "u-alma", "u-bela", "u-ciro", "u-dara", "u-mina", "u-nil"
NORTH, NORTH_EAST, NORTH_WEST, SOUTH = "g-north", "g-north-east", "g-north-west", "g-south"
VISIT, CALL, APPOINTED = "1", "2", "5"
NOT_HOME, INTERESTED, SET = "1", "2", "3"
SAT_SOLD, SAT, NO_SHOW, CANCELLED = "21", "22", "23", "24"

_USERS = (
    (ALMA, "Alma", "Seger", "Sales", RIDGE, NORTH_EAST),
    (BELA, "Bela", "Mercer", "Sales", RIDGE, NORTH_WEST),
    (CIRO, "Ciro", "Haas", "Sales", DELTA, SOUTH),
    # A name that a spreadsheet would run.
    (DARA, "=1+1", "Dara", "Sales", DELTA, SOUTH),
    (MINA, "Mina", "Ortega", "Manager", RIDGE, NORTH),
    (NOBODYS, "Nils", "Oden", "Manager", None, None),
)
_TEMPLATES: tuple[dict[str, Any], ...] = (
    {"id": VISIT, "name": "Visit", "systemRole": "visit", "results": [
        {"id": NOT_HOME, "name": "Not home"}, {"id": INTERESTED, "name": "Interested"}, {"id": SET, "name": "Appointment set"}]},
    {"id": CALL, "name": "Call", "systemRole": "call", "results": []},
    {"id": APPOINTED, "name": "Appointment", "systemRole": "appointment", "results": [
        {"id": SAT_SOLD, "name": "Sat - sold"}, {"id": SAT, "name": "Sat - not sold"},
        {"id": NO_SHOW, "name": "No show"}, {"id": CANCELLED, "name": "Cancelled"}]},
)  # fmt: skip
REPS = (ALMA, BELA, CIRO, DARA)
_CLOSER = {ALMA: BELA, BELA: BELA, CIRO: DARA, DARA: ALMA}  # Dara's appointments go to the other team


def today() -> date:
    """The company's present day."""
    return datetime.now(ZoneInfo(ZONE)).date()


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A local time of a day, as an instant."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(ZONE)).astimezone(UTC)


class Region:
    """The region's mirror, with events and numbers that follow it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.records: list[dict[str, Any]] = []
        self.activities: list[dict[str, Any]] = []
        self.appointments: list[dict[str, Any]] = []
        began = at(today() - timedelta(days=DAYS + 30), 0)
        self._reading = Reading("first", began)
        with store.write() as cursor:
            cursor.execute(
                "insert into sync.run (id, started_at, systems) values ('first', $began, 'spotio')",
                {"began": began},
            )
        self._company()
        for back in range(DAYS, -1, -1):
            self._day(today() - timedelta(days=back), back)
        for table, rows in (
            (RECORD, self.records),
            (ACTIVITY, self.activities),
            (APPOINTMENT, self.appointments),
        ):
            self._bring(table, rows)
        refresh_facts(store, ZONE)

    def delete(self, activity: str) -> None:
        """SPOTIO says that an activity is gone, now."""
        mark_deleted(self.store, ACTIVITY, {activity: None}, Reading("first", datetime.now(UTC)))
        refresh_facts(self.store, ZONE)

    def currency(self, told: str | None) -> None:
        """What SPOTIO calls the company's currency, now."""
        self._reading = Reading("first", datetime.now(UTC))
        self._bring(COMPANY, [{"id": "company", "name": "Acme", "currency": told}])

    def delete_territory(self, territory: str) -> None:
        """SPOTIO says that a territory is gone, now."""
        mark_deleted(self.store, TERRITORY, {territory: None}, Reading("first", datetime.now(UTC)))

    def bring_territories(self) -> None:
        """SPOTIO tells all territories, those that were gone too."""
        self._reading = Reading("first", datetime.now(UTC))
        self._territories()

    def rename(self, record: str, name: str) -> None:
        """SPOTIO tells another name of a record, now."""
        row = next(row for row in self.records if row["id"] == record) | {"name": name}
        merge(
            self.store,
            RECORD,
            rows_table(RECORD, [row], frozenset(RECORD.columns) - row.keys()),
            Reading("first", datetime.now(UTC)),
        )

    def _company(self) -> None:
        self._bring(
            USER,
            [
                {
                    "id": id,
                    "firstName": first,
                    "lastName": last,
                    "role": role,
                    "email": f"{id[2:]}@acme.example",
                }
                for id, first, last, role, _, _ in _USERS
            ],
        )
        members = {team: [user[0] for user in _USERS if user[4] == team] for team in (RIDGE, DELTA)}
        everybody = [*members[RIDGE], *members[DELTA]]
        self._bring(
            TEAM,
            [
                {"id": WEST, "name": "West", "parentId": None, "usersIds": everybody},
                {"id": RIDGE, "name": "Ridge", "parentId": WEST, "usersIds": members[RIDGE]},
                {"id": DELTA, "name": "Delta", "parentId": WEST, "usersIds": members[DELTA]},
            ],
        )
        self._territories()
        self._bring(RECORD_TYPE, [{"id": "10", "name": "Lead"}])
        self._bring(
            STAGE,
            [
                {
                    "id": f"10:{id}",
                    "typeId": "10",
                    "stageId": id,
                    "name": name,
                    "groupName": group,
                    "position": place,
                }
                for place, (id, name, group) in enumerate((("1", "New", "active"), ("3", "Sold", "won")))
            ],
        )
        self._bring(TEMPLATE, list(_TEMPLATES))

    def _territories(self) -> None:
        self._bring(
            TERRITORY,
            [
                _territory(NORTH, "North", None, (-105.0, 39.6, 0.4, 0.2)),
                _territory(NORTH_EAST, "North East", NORTH, (-104.8, 39.6, 0.2, 0.2)),
                _territory(NORTH_WEST, "North West", NORTH, (-105.0, 39.6, 0.2, 0.2)),
                _territory(SOUTH, "South", None, None),
            ],
        )

    def _day(self, day: date, back: int) -> None:
        """Some doors of each rep, some of them twice; now and then an appointment for the next day, and its outcome."""
        for place, rep in enumerate(REPS):
            territory = next(user[5] for user in _USERS if user[0] == rep)
            for door in range(2 + (back + place) % 4):
                record = self._record(rep, territory, day)
                hour = 10 + (door * 2 + place) % 8
                result = (NOT_HOME, INTERESTED, NOT_HOME, SET)[(back + door + place) % 4]
                away = (8.0, 8.0, 8.0, 160.0, None)[(back + door) % 5]
                self._visit(rep, record, at(day, hour, door), result, away)
                if (back + door) % 6 == 0:
                    self._visit(rep, record, at(day, hour, door + 30), INTERESTED, 8.0)
            if (back + place) % 2 == 0:
                self._appointment(rep, territory, day, back + place * 3)

    def _record(self, rep: str, territory: str | None, day: date) -> str:
        id = f"r-{len(self.records)}"
        created = at(day - timedelta(days=30), 9).isoformat()
        self.records.append(
            {
                "id": id, "typeId": "10", "stageId": "1", "ownerId": rep, "createdById": rep, "createdAt": created,
                "updatedAt": created, "territoryId": territory, "name": f"Household {id}", "value": 1000.0,
                "address": f"{len(self.records)} Fern Ave", "lat": 39.7, "lng": -105.0,
            }
        )  # fmt: skip
        return id

    def _visit(self, rep: str, record: str, moment: datetime, result: str, away: float | None) -> None:
        told = moment.isoformat()
        self.activities.append(
            {
                "id": f"a-{len(self.activities)}", "type": "event", "done": True, "activityTemplateId": VISIT,
                "ownerId": rep, "dataObjectId": record, "date": told, "createdAt": told, "updatedAt": told,
                "resultId": result, "distance": away, "verified": away is None or away < 100,
            }
        )  # fmt: skip

    def _appointment(self, rep: str, territory: str | None, day: date, turn: int) -> None:
        record = self._record(rep, territory, day)
        id, closer, due = f"p-{len(self.appointments)}", _CLOSER[rep], day + timedelta(days=1)
        made, told = at(day, 15).isoformat(), at(due, 17).isoformat()
        over = due < today()
        outcome = (SAT_SOLD, SAT, SAT, NO_SHOW, CANCELLED)[turn % 5]
        activity = f"o-{len(self.appointments)}"
        self.appointments.append(
            {
                "id": id, "dataObjectId": record, "ownerId": closer, "createdById": rep, "createdAt": made,
                "updatedAt": made, "date": told, "done": over, "activityTemplateId": APPOINTED,
                "activityId": activity if over else None,
            }
        )  # fmt: skip
        if over:
            outcome_of = {
                "ownerId": closer, "dataObjectId": record, "date": told, "createdAt": made, "updatedAt": told,
                "type": "event", "done": True, "distance": None, "verified": True, "resultId": None,
            }  # fmt: skip
            self.activities.append(
                outcome_of | {"id": activity, "activityTemplateId": APPOINTED, "resultId": outcome}
            )
            if outcome == SAT_SOLD:
                self.activities.append(
                    outcome_of
                    | {"id": f"s-{id}", "type": "transition", "activityTemplateId": None, "fromStageId": "1", "toStageId": "3"}
                )  # fmt: skip

    def _bring(self, table: MirrorTable, rows: list[dict[str, Any]]) -> None:
        prepare(self.store, table, self._reading.run, self._reading.now)
        told = {name for row in rows for name in row}
        whole = [{name: row.get(name) for name in told} for row in rows]
        merge(self.store, table, rows_table(table, whole, frozenset(table.columns) - told), self._reading)


def _territory(
    id: str, name: str, parent: str | None, box: tuple[float, float, float, float] | None
) -> dict[str, Any]:
    users = [user[0] for user in _USERS if user[5] in {id, *_BELOW.get(id, ())}]
    shapes = []
    if box:
        x, y, wide, tall = box
        corners = ((x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall))
        shapes = [{"id": id, "points": [{"lng": lng, "lat": lat} for lng, lat in corners]}]
    return {"id": id, "title": name, "parentId": parent, "userIds": users, "polygons": shapes}


_BELOW = {NORTH: (NORTH_EAST, NORTH_WEST)}
