"""One visit: whether somebody answers, how well it is logged, and what it does to the record."""

from __future__ import annotations

import random
from collections.abc import Iterable
from math import cos, sin

from sync.sandbox.world.company import DAY, HOUR, MINUTE, SECOND, Activity, Instant, Person, Record
from sync.sandbox.world.geography import METRES_PER_DEGREE
from sync.sandbox.world.journal import Journal
from sync.sandbox.world.names import PhoneBook, personal_mail, phone_text
from sync.sandbox.world.outcomes import LOSS_REASONS, NOTES, at_the_door, someone_answers
from sync.sandbox.world.stages import LOST, WON, forward
from sync.sandbox.world.table import Table

VERIFIED_METRES = 100.0
"""The tenant's radius: a visit logged farther from the pin reads as unverified."""

_DEGREES_PER_METRE = (1 / METRES_PER_DEGREE, 1 / (METRES_PER_DEGREE * cos(0.694)))
_STEPS = {
    "Not Home": "attempted",
    "Come back": "contacted",
    "Not interested": "lost",
    "Interested": "pitched",
    "Appointment set": "booked",
    "Sold": "sold",
}


class Doorstep:
    def __init__(
        self, rng: random.Random, journal: Journal, now: Instant, table: Table, phones: PhoneBook
    ) -> None:
        self._rng, self._journal, self._now, self._table, self._phones = rng, journal, now, table, phones
        self.debut: dict[Record, Instant] = {}
        """Houses nobody has entered yet, and from when on a rep drops a pin there."""

    def worth_knocking(self, record: Record, midnight: Instant) -> bool:
        if not record.created:
            return self.debut.get(record, self._now) <= midnight
        if record.busy > midnight:
            return False
        rest = 3 * DAY
        if record.stage in LOST:
            if record.stage == "Unqualified":
                return False
            rest = 18 * DAY
        elif record.stage in WON:
            rest = 45 * DAY
        return record.last_visit is None or record.last_visit.at < midnight - rest

    def knock(self, rep: Person, record: Record, at: Instant, hour: int, weekend: bool) -> None:
        rng = self._rng
        if not record.created:
            self.debut.pop(record, None)
            self._journal.create(record, rep, at - 20 * SECOND, rng.choice(("Ios", "Ios", "Android")), rep)
        result = at_the_door(rng, rep) if someone_answers(rng, hour, weekend) else "Not Home"
        if result in ("Appointment set", "Sold") and (
            record.stage in WON or record.stage == "Appointment set"
        ):
            result = "Come back"
        visit = self._visit(rep, record, at, result)
        self._say(visit)
        stage = forward(record.kind, record.stage, _STEPS[result])
        if stage != record.stage:
            # What moves a stage reaches the server at once: the order of the moves is the order of the visits.
            visit.logged = min(visit.logged, at + 2 * SECOND)
            reason = rng.choice(LOSS_REASONS[stage]) if stage in LOST else ""
            self._journal.move(record, rep, at + 3 * SECOND, stage, reason)
        if result == "Not Home":
            return
        self._learn(rep, record, at + MINUTE, result)
        if result == "Appointment set":
            self._table.book(record, rep, at + 2 * MINUTE)
        elif result == "Sold":
            self._table.sell(record, rep, at + 2 * MINUTE)
        elif result in ("Come back", "Interested") and rng.random() < 0.5:
            self._table.call_later(record, rep, at)

    def log_from_home(self, rep: Person, records: Iterable[Record], at: Instant) -> int:
        """A row of visits entered within minutes from one armchair; returns how many."""
        rng = self._rng
        home = (39.70 + rng.random() * 0.1, -104.95 + rng.random() * 0.1)
        entered = 0
        for record in records:
            at += rng.randrange(14, 45) * SECOND
            if entered >= 12 or at > self._now - MINUTE:
                break
            if not record.created:
                continue
            visit = Activity(record, "event", rep, at, at + SECOND, template="Visit", result="Not Home")
            self._measure(visit, home)
            self._journal.event(visit)
            entered += 1
        return entered

    def _visit(self, rep: Person, record: Record, at: Instant, result: str) -> Activity:
        rng = self._rng
        visit = Activity(record, "event", rep, at, at + SECOND, template="Visit", result=result, mobile=True)
        roll = rng.random()
        if roll < 1 - rep.care:
            # Entered at a desk, in the evening or the next day: SPOTIO calls that verified, but nobody measured.
            visit.mobile = False
            visit.logged = min(at + rng.randrange(HOUR, 20 * HOUR), self._now)
        else:
            self._stand_at(visit, rep)
            if rng.random() < 0.04:
                visit.logged = min(at + rng.randrange(HOUR, 9 * HOUR), self._now)
        if rng.random() < 0.01:
            visit.edited = min(visit.logged + rng.randrange(MINUTE, 30 * HOUR), self._now)
        self._journal.event(visit)
        return visit

    def _stand_at(self, visit: Activity, rep: Person) -> None:
        """Where the phone was: near the pin, or nowhere known, or, with some, across the town."""
        rng = self._rng
        roll = rng.random()
        if roll < 0.015:
            visit.verified = False
            return
        metres = min(90.0, rng.lognormvariate(2.7, 0.7))
        if roll < 0.05:
            metres = rng.uniform(105.0, 600.0)
        elif rep.habit == "roams" and roll < 0.08:
            metres = rng.uniform(8_000.0, 25_000.0)
        visit.position = beside(visit.record.house.lat, visit.record.house.lng, metres, rng.random() * 6.2832)
        visit.distance = round(metres, 1)
        visit.verified = metres <= VERIFIED_METRES

    def _measure(self, visit: Activity, position: tuple[float, float]) -> None:
        house = visit.record.house
        north = (position[0] - house.lat) / _DEGREES_PER_METRE[0]
        east = (position[1] - house.lng) / _DEGREES_PER_METRE[1]
        visit.mobile, visit.position = True, position
        visit.distance = round((north * north + east * east) ** 0.5, 1)
        visit.verified = visit.distance <= VERIFIED_METRES

    def _say(self, visit: Activity) -> None:
        if self._rng.random() < (0.03 if visit.result == "Not Home" else 0.2):
            visit.notes = self._rng.choice(NOTES)

    def _learn(self, rep: Person, record: Record, at: Instant, result: str) -> None:
        """What a talk at the door adds to the record."""
        rng, journal = self._rng, self._journal
        if result == "Not interested":
            return
        if not record.phone and rng.random() < 0.4:
            journal.edit(record, rep, at, "Phone", phone_text(self._phones.next(), 0))
        elif not record.mail and record.first and record.last and rng.random() < 0.25:
            journal.edit(
                record, rep, at, "Email", personal_mail(rng, record.first.strip(), record.last.strip())
            )
        elif "Monthly bill" not in record.details and rng.random() < 0.3:
            journal.edit(record, rep, at, "Monthly bill", str(rng.randrange(60, 420)))
        if rng.random() < 0.12:
            journal.note(record, rep, at + 20 * SECOND, rng.choice(NOTES))


def beside(lat: float, lng: float, metres: float, direction: float) -> tuple[float, float]:
    """The place `metres` away in a direction given in radians."""
    north, east = _DEGREES_PER_METRE
    return round(lat + metres * cos(direction) * north, 6), round(lng + metres * sin(direction) * east, 6)
