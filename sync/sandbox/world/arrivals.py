"""How records come into SPOTIO and change hands: imports, web leads, pins dropped at the door, joiners and leavers."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import cycle

from sync.sandbox.world.company import DAY, HOUR, MINUTE, SECOND, Instant, Person, Record, Territory
from sync.sandbox.world.doorstep import Doorstep
from sync.sandbox.world.journal import Journal

IMPORT_DAYS = (0, 0, 0, 0, 0, 0, 0, 38, 82, 131)
"""The days of the half year on which lists were imported; the first one brought most."""


class Arrivals:
    def __init__(
        self,
        rng: random.Random,
        journal: Journal,
        now: Instant,
        people: list[Person],
        territories: list[Territory],
        doorstep: Doorstep,
    ) -> None:
        self._rng, self._journal, self._now, self._doorstep = rng, journal, now, doorstep
        self._admin = next(person for person in people if person.job == "admin")
        self._office = cycle([person for person in people if person.job == "office"])
        self._movers = [person for person in people if person.turf and person.accepted]
        self._due: defaultdict[int, list[tuple[Record, str]]] = defaultdict(list)
        self._leaves = [territory for territory in territories if territory.parent]
        self._total = 0

    @property
    def waiting(self) -> int:
        """How many records are still to come."""
        return self._total - len(self._journal.records)

    def announce(self, records: list[Record], midnights: list[Instant]) -> None:
        """Decide for each record how and when it will come."""
        rng = self._rng
        self._total = len(records)
        for record in records:
            roll = rng.random()
            if roll < 0.56:
                self._due[rng.choice(IMPORT_DAYS)].append((record, "Import"))
            elif roll < 0.86:
                # Early ones were dropped sooner than a steady rate would have it: new territories fill up first.
                self._doorstep.debut[record] = midnights[int(rng.random() ** 1.4 * (len(midnights) - 8))]
            else:
                day = rng.randrange(len(midnights))
                self._due[day].append((record, "Web" if roll < 0.95 else "Api"))

    def begin(self, day: int, midnight: Instant) -> None:
        """The morning of a day: lists, web leads, people who join or leave."""
        rng = self._rng
        for record, source in self._due.pop(day, ()):
            if source == "Import":
                self._arrive(record, self._admin, midnight + 7 * HOUR, source, midnight)
            elif source == "Web":
                at = midnight + rng.randrange(8 * HOUR, 17 * HOUR)
                self._arrive(record, next(self._office), at, source, midnight)
            else:
                self._arrive(record, self._admin, midnight + rng.randrange(DAY), source, midnight)
        for person in self._movers:
            if midnight - DAY < person.joined <= midnight and person.turf:
                self._hand_over(person.turf, None, person, midnight + 7 * HOUR + 30 * MINUTE)
            if person.left and midnight - DAY < person.left <= midnight and person.turf:
                successor = person.turf.people[0]
                self._hand_over(person.turf, person, successor, midnight + 7 * HOUR + 40 * MINUTE)

    def finish(self, midnight: Instant) -> None:
        """Houses nobody came to are entered at a desk in the last weeks."""
        for record in self._doorstep.debut:
            at = midnight - self._rng.randrange(DAY, 21 * DAY)
            self._arrive(record, next(self._office), at, "Web", at)
        self._doorstep.debut.clear()

    def _arrive(self, record: Record, by: Person, at: Instant, source: str, midnight: Instant) -> None:
        at = min(at, self._now - SECOND)
        self._journal.create(record, by, at, source, self._owner(record.territory, at))
        record.busy = midnight + DAY if source != "Import" else 0

    def _owner(self, leaf: Territory, at: Instant) -> Person:
        """Who gets a new record: mostly the one who knocks there, else the team's lead."""
        working = [person for person in self._movers if person.turf is leaf and person.works(at)]
        lead = leaf.parent.people[0] if leaf.parent else leaf.people[0]
        return self._rng.choice(working) if working and self._rng.random() < 0.9 else lead

    def _hand_over(self, leaf: Territory, from_person: Person | None, to: Person, at: Instant) -> None:
        """All records of a territory (or one person's of them) change their owner in one mass action."""
        if not to.works(at) or at > self._now:
            return
        for block in leaf.blocks:
            for record in block:
                taken = from_person is None and record.owner.job == "lead"
                if record.created and (taken or record.owner is from_person):
                    self._journal.reassign(record, self._admin, at, to)
