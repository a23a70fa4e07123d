"""A small field company over a hand-filled mirror: knocks, appointments with outcomes, stages; and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from data import events, mirror
from data.access import EVERYTHING, Scope
from data.kpi import ask, rollups
from data.kpi.ask import Question, Value
from data.kpi.settings import KpiSettings
from data.schema import MirrorTable, prepare
from data.store import Store
from sync.connectors.spotio.tables import STAGE, TEMPLATE, rows_table
from tests.store.small_spotio import BEGAN, SmallSpotio

MONDAY = datetime(2026, 10, 12, 15, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
# Long after every story, so that what was due is due.
AFTERWARDS = datetime(2027, 1, 1, tzinfo=UTC)

RESULTS = {
    "Not Home": "1", "Interested": "2", "Appointment set": "3", "Sold": "4", "Left a flyer": "9",
    "Sat - sold": "21", "Sat - not sold": "22", "No show": "23", "Cancelled": "24", "Rescheduled": "25",
}  # fmt: skip
STAGES = {"1": "active", "2": "active", "3": "won", "4": "lost"}
NEW, PITCHED, SOLD, LOST = STAGES


def _results(*names: str) -> list[dict[str, Any]]:
    return [{"id": RESULTS[name], "name": name} for name in names]


_TEMPLATES: list[dict[str, Any]] = [
    {"id": "1", "name": "Visit", "systemRole": "visit",
     "results": _results("Not Home", "Interested", "Appointment set", "Sold", "Left a flyer")},
    {"id": "2", "name": "Call", "systemRole": "call", "results": []},
    {"id": "5", "name": "Appointment", "systemRole": "appointment",
     "results": _results("Sat - sold", "Sat - not sold", "No show", "Cancelled", "Rescheduled")},
]  # fmt: skip


class SmallField:
    """Records of type 10, north with u1 and u2, south with u3 below nobody; every step happens at a moment given."""

    def __init__(self, store: Store, **settings: Any) -> None:
        self.store = store
        self.spotio = SmallSpotio(store)
        self.spotio.team("north", ["u1", "u2"])
        self.spotio.team("south", ["u3"])
        self.see(
            STAGE,
            *({"id": f"10:{s}", "typeId": "10", "stageId": s, "groupName": g} for s, g in STAGES.items()),
        )
        self.see(TEMPLATE, *_TEMPLATES)
        self.settings = KpiSettings.suggested(store).model_copy(update=settings)
        self._outcomes = 0

    def see(self, table: MirrorTable, *rows: dict[str, Any]) -> None:
        """Rows of a table that is read whole."""
        prepare(self.store, table, "first", BEGAN)
        mirror.merge(self.store, table, rows_table(table, rows), self.spotio.reading())

    def record(self, record_id: str, at: datetime = MONDAY, owner: str = "u1", **members: Any) -> None:
        """A record that was created at a moment, by its owner."""
        usual = {
            "typeId": "10", "ownerId": owner, "createdById": owner, "stageId": NEW, "territoryId": "t1", "value": "100",
            "createdAt": at, "updatedAt": at, "lat": "40", "lng": "-105", "name": f"Name {record_id}",
            "address": f"{record_id} Main Street",
        }  # fmt: skip
        self.spotio.at(at).record(record_id, **(usual | members))

    def knock(
        self, activity_id: str, at: datetime, record_id: str | None = "r1", user: str = "u1", result: str = "Not Home",
        **members: Any,
    ) -> None:  # fmt: skip
        """A visit on the phone, beside the pin unless `distance` says otherwise (None: not on the phone)."""
        usual = {"ownerId": user, "resultId": RESULTS[result], "distance": "5", "verified": True}
        self.spotio.at(at).visit(activity_id, record_id, **(usual | members))

    def move(self, activity_id: str, at: datetime, from_stage: str, to_stage: str, record_id: str = "r1", user: str = "u1") -> None:  # fmt: skip
        self.spotio.at(at).move(activity_id, from_stage, to_stage, record_id, ownerId=user)

    def appoint(
        self, appointment_id: str, at: datetime, due: datetime, record_id: str = "r1", setter: str = "u2", closer: str = "u1",
    ) -> None:  # fmt: skip
        """An appointment that the setter makes for the closer; its outcome is logged on activity a<id>."""
        self.spotio.at(at).appointment(
            appointment_id, record_id, ownerId=closer, createdById=setter, date=due, activityTemplateId="5",
            activityId=f"a{appointment_id}",
        )  # fmt: skip

    def outcome(
        self, appointment_id: str, result: str, due: datetime, record_id: str = "r1", closer: str = "u1", made: datetime | None = None,
    ) -> None:  # fmt: skip
        """The result of an appointment, dated when it was due; `made`: when the appointment was."""
        self.spotio.at(due + HOUR).visit(
            f"a{appointment_id}", record_id, ownerId=closer, activityTemplateId="5", resultId=RESULTS[result], date=due,
            createdAt=made or due,
        )  # fmt: skip

    def settle(self, *, everything: bool = False) -> datetime:
        """Bring events and numbers up to date as a pull does; gives the moment from which they are known."""
        events.refresh(self.store, self.settings.events())
        touched = events.touched(self.store)
        rollups.refresh(self.store, self.settings, None if everything else touched)
        events.settled(self.store, touched)
        return datetime.now(UTC)

    def values(self, *kpis: str, **question: Any) -> dict[str, Value]:
        return ask.values(self.store, october(**question), kpis)

    def value(self, kpi: str, **question: Any) -> Value:
        return self.values(kpi, **question)[kpi]

    def number(self, kpi: str, **question: Any) -> float | None:
        """The numerator of a count, or its value."""
        return self.value(kpi, **question).value

    def parts(self, kpi: str, **question: Any) -> tuple[float | None, float | None]:
        """Numerator and denominator."""
        found = self.value(kpi, **question)
        return found.numerator, found.denominator

    def by(self, kpi: str, group: str, **question: Any) -> dict[Any, Any]:
        """Key -> numerator, of the keys with something to count."""
        frame = ask.by(self.store, october(**question), [kpi], group)
        return {key: number for key, number, _ in frame.iter_rows() if number}


def october(**members: Any) -> Question:
    """A question about October 2026, of everybody, seen long afterwards."""
    usual: dict[str, Any] = {
        "first": date(2026, 10, 1), "last": date(2026, 10, 31), "scope": EVERYTHING, "now": AFTERWARDS,
    }  # fmt: skip
    return Question(**(usual | members))


def manager(*teams: str) -> Scope:
    return Scope("manager", "m@example.com", frozenset(teams), None)


def rep(user: str) -> Scope:
    return Scope("rep", f"{user}@example.com", None, user)


def on(day: date) -> dict[str, date]:
    """A question's members for one day."""
    return {"first": day, "last": day}


def column(rows: Sequence[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]
