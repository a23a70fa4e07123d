"""A small company in the field: who knocks where, in the mirror of SPOTIO, with the numbers that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.mirror import Reading, merge
from data.schema import prepare
from data.store import Store
from sync.connectors.spotio.tables import RECORD_TYPE, TEMPLATE, TERRITORY, USER, rows_table
from sync.facts import refresh_facts
from tests.store.small_spotio import BEGAN, TABLES, SmallSpotio

ZONE = "America/Denver"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def _a_monday() -> datetime:
    """Nine o'clock in Denver on a Monday that is over, and too long ago for anybody of then to be new."""
    now = datetime.now(ZoneInfo(ZONE))
    monday = now - timedelta(days=now.weekday() + 42)
    return monday.replace(hour=9, minute=0, second=0, microsecond=0).astimezone(UTC)


MONDAY = _a_monday()
FIRST, LAST = MONDAY.date(), (MONDAY + 6 * DAY).date()
# The week that begins with it, as the address names it.
PERIOD = {"period": "Custom", "from": FIRST.isoformat(), "to": LAST.isoformat()}

AMARA, BEA, CALEB, ELI, FINN, DANA = "u-amara", "u-bea", "u-caleb", "u-eli", "u-finn", "u-dana"
WEST, RIDGE, DELTA = "t-west", "t-ridge", "t-delta"
VISIT, CALL = "1", "2"
NOT_HOME, INTERESTED, SET, REACHED = "11", "12", "13", "21"
VERIFIED_WITHIN = 100  # metres, as SPOTIO has it

_USERS = (
    (AMARA, "Amara", "Osei", "Sales"),
    (BEA, "Bea", "Lindqvist", "Sales"),
    (CALEB, "Caleb", "Trask", "Sales"),
    (ELI, "Eli", "Navarro", "Sales"),
    (FINN, "Finn", "Marsh", "Sales"),
    (DANA, "Dana", "Whitlock", "Manager"),
)
_TEMPLATES: tuple[dict[str, Any], ...] = (
    {
        "id": VISIT, "name": "Visit", "systemRole": "visit", "type": "event", "active": True,
        "results": [
            {"id": NOT_HOME, "name": "Not home"},
            {"id": INTERESTED, "name": "Interested"},
            {"id": SET, "name": "Appointment set"},
        ],
    },
    {
        "id": CALL, "name": "Call", "systemRole": "call", "type": "event", "active": True,
        "results": [{"id": REACHED, "name": "Reached"}],
    },
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """A visit logged on the phone, `away` metres from the pin (beyond 100 not verified; None: not measured)."""

    user: str
    moment: datetime
    away: float | None = 12.0
    result: str = NOT_HOME
    template: str = VISIT
    record: str | None = None


class Field:
    """Amara, Bea and Caleb of Ridge and Eli of Delta, both in West; Finn is in no team; Dana leads Ridge. Nothing is logged yet."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.spotio = SmallSpotio(store)
        self._ids = 0
        reading = Reading("first", BEGAN)
        users = [
            {
                "id": id,
                "firstName": first,
                "lastName": last,
                "role": role,
                "email": f"{first}@acme.example".lower(),
            }
            for id, first, last, role in _USERS
        ]
        types = [{"id": "10", "name": "Lead"}, {"id": "20", "name": "Deal"}]
        for table, rows in ((USER, users), (TEMPLATE, _TEMPLATES), (RECORD_TYPE, types)):
            prepare(store, table, reading.run, reading.now)
            merge(store, table, rows_table(table, list(rows)), reading)
        for id, name, parent, members in (
            (WEST, "West", None, [AMARA, BEA, CALEB, ELI, DANA]),
            (RIDGE, "Ridge", WEST, [AMARA, BEA, CALEB, DANA]),
            (DELTA, "Delta", WEST, [ELI]),
        ):
            self.spotio.see("team", id, name=name, parentId=parent, usersIds=members)

    def territory(self, id: str, title: str, above: str | None = None) -> None:
        """A territory, below another one or at the top."""
        reading = Reading("first", BEGAN)
        prepare(self.store, TERRITORY, reading.run, reading.now)
        rows = [{"id": id, "title": title, "parentId": above, "updatedAt": BEGAN.isoformat()}]
        merge(self.store, TERRITORY, rows_table(TERRITORY, rows), reading)

    def door(self, user: str, **members: Any) -> str:
        """A new household of this rep, with a pin; gives its id."""
        row = self._household(user) | members
        self._bring("record", [row])
        return str(row["id"])

    def knock(self, user: str, moment: datetime, **told: Any) -> None:
        """One visit, as `Visit` tells it."""
        self.log(Visit(user, moment, **told))

    def knocks(self, user: str, count: int, first: datetime = MONDAY, **told: Any) -> None:
        """So many visits at as many new doors, a minute apart."""
        self.log(*(Visit(user, first + turn * MINUTE, **told) for turn in range(count)))

    def log(self, *visits: Visit) -> None:
        """Merge visits, those without a record at a new household each."""
        doors = {visit: self._household(visit.user) for visit in visits if visit.record is None}
        if doors:
            self._bring("record", list(doors.values()))
        self._bring(
            "activity", [self._activity(visit, visit.record or doors[visit]["id"]) for visit in visits]
        )

    def call(self, user: str, moment: datetime) -> None:
        """A call that reached somebody."""
        self.knock(user, moment, away=None, result=REACHED, template=CALL)

    def appointment(self, setter: str, closer: str, made: datetime) -> None:
        """The setter makes the first appointment of a record of theirs, for the closer, on the next day."""
        self._ids += 1
        self.spotio.at(made).appointment(
            f"p-{self._ids}", self.door(setter), ownerId=closer, createdById=setter, activityTemplateId="3"
        )

    def to_delta(self, user: str, moment: datetime) -> None:
        """Somebody of Ridge is seen in Delta from a moment on."""
        for id, members in ((RIDGE, [AMARA, BEA, CALEB, DANA]), (DELTA, [ELI])):
            told = {user, *members} if id == DELTA else {*members} - {user}
            self.spotio.at(moment).see("team", id, name=id[2:].title(), parentId=WEST, usersIds=sorted(told))

    def count(self) -> None:
        """Let events and numbers follow what is mirrored, as each pull does."""
        refresh_facts(self.store, ZONE)

    def _household(self, user: str) -> dict[str, Any]:
        self._ids += 1
        long_ago = (MONDAY - 28 * DAY).isoformat()
        return {
            "id": f"r-{self._ids}", "typeId": "10", "ownerId": user, "createdById": user, "createdAt": long_ago,
            "updatedAt": long_ago, "name": f"Household {self._ids}", "address": f"{self._ids} Fern Ave, Golden, CO",
            "lat": 39.7, "lng": -105.2,
        }  # fmt: skip

    def _activity(self, visit: Visit, record: str) -> dict[str, Any]:
        self._ids += 1
        logged = visit.moment.isoformat()
        return {
            "id": f"a-{self._ids}", "type": "event", "done": True, "activityTemplateId": visit.template,
            "ownerId": visit.user, "dataObjectId": record, "date": logged, "createdAt": logged, "updatedAt": logged,
            "resultId": visit.result, "distance": visit.away,
            "verified": visit.away is None or visit.away <= VERIFIED_WITHIN,
        }  # fmt: skip

    def _bring(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Merge rows of which the same columns are told."""
        chosen = TABLES[table]
        arrived = rows_table(chosen, rows, frozenset(chosen.columns) - rows[0].keys())
        merge(self.store, chosen, arrived, Reading("first", BEGAN))


def at_work(field: Field) -> None:
    """Two weeks and today: what the pictures and the browser tests show."""
    today = datetime.now(UTC)
    visits: list[Visit] = []
    for back in range(14, 0, -1):
        for place, rep in enumerate((AMARA, BEA, CALEB, ELI)):
            start = today - back * DAY - place * 25 * MINUTE
            for turn in range(3 + (back * (place + 3)) % 7):
                visits.append(
                    Visit(rep, start + turn * MINUTE, result=INTERESTED if turn % 3 == place else NOT_HOME)
                )
            if (back + place) % 3 == 0:
                visits.append(Visit(rep, start + 50 * MINUTE, away=140.0))
            if (back + place) % 4 == 0:
                visits.append(Visit(rep, start + 55 * MINUTE, None, REACHED, CALL))
    for place, rep in enumerate((BEA, AMARA, ELI)):
        for turn in range(5 - place):
            visits.append(
                Visit(rep, today - timedelta(seconds=40 - turn - place), None if turn == 3 else 14.0)
            )
    field.log(*visits)
    for place, rep in enumerate((AMARA, BEA, ELI)):
        field.appointment(rep, CALEB, today - (place + 2) * DAY)
    field.count()
