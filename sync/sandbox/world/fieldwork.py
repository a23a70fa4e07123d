"""Six months of work, day by day: who knocks where, what comes of it, and what the office does about it.

One pass over the calendar, so that a setter's appointment can be kept by a closer days later and everything that
happens to a record happens in order: within a day the office comes first (7 to 10 o'clock), then the appointments of
the day, whose records nobody else touches, then the doors. The number of doors is steered every day towards the
number of activities wanted.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sync.sandbox.world.arrivals import Arrivals
from sync.sandbox.world.company import DAY, HOUR, MINUTE, Instant, Person, Record, Territory, instant, moment
from sync.sandbox.world.doorstep import Doorstep
from sync.sandbox.world.journal import Journal
from sync.sandbox.world.names import PhoneBook
from sync.sandbox.world.outcomes import WEEKDAY_EFFORT
from sync.sandbox.world.scale import Scale
from sync.sandbox.world.table import Table

ZONE = ZoneInfo("America/Denver")
DAYS = 182
CLOSERS_SHARE = 0.25
"""How much closers knock, against setters."""
FEWEST_DOORS = 8
"""Nobody goes out for less."""
FIRST_GUESS = 1.5
"""Activities for each door knocked, until the year tells."""


@dataclass(slots=True, frozen=True)
class Day:
    number: int
    midnight: Instant
    """The local one."""
    weekend: bool
    effort: float
    """How much is knocked, 1 being an average weekday: a matter of weekday and weather."""

    def at(self, hour: float) -> Instant:
        return self.midnight + int(hour * HOUR)


def calendar(now: Instant, rng: random.Random) -> list[Day]:
    """The last half year, today being the last day."""
    today = moment(now).astimezone(ZONE).date()
    days = []
    for number in range(DAYS):
        date = today - timedelta(days=DAYS - 1 - number)
        midnight = instant(datetime(date.year, date.month, date.day, tzinfo=ZONE))
        effort = WEEKDAY_EFFORT[date.weekday()] * rng.uniform(0.7, 1.2)
        days.append(Day(number, midnight, date.weekday() >= 5, effort))
    return days


class HalfYear:
    """The company at work; `run` fills the journal."""

    def __init__(
        self,
        rng: random.Random,
        scale: Scale,
        now: Instant,
        people: list[Person],
        territories: list[Territory],
        phones: PhoneBook,
    ) -> None:
        self._rng, self._scale, self._now = rng, scale, now
        self._reps = [person for person in people if person.turf or person.job == "closer"]
        self._leaves: defaultdict[str, list[Territory]] = defaultdict(list)
        for territory in territories:
            if territory.parent:
                self._leaves[territory.parent.id].append(territory)
        self._regions = {
            person: region for region in territories for person in region.people if not region.parent
        }
        self.journal = Journal()
        office = [person for person in people if person.job == "office"]
        self._table = Table(rng, self.journal, now, office)
        self._doorstep = Doorstep(rng, self.journal, now, self._table, phones)
        self._arrivals = Arrivals(rng, self.journal, now, people, territories, self._doorstep)
        self._next_block: defaultdict[str, int] = defaultdict(int)
        self._doors = 0

    def run(self, records: list[Record]) -> Journal:
        days = calendar(self._now, self._rng)
        self._arrivals.announce(records, [day.midnight for day in days])
        ahead = self._effort_ahead(days)
        for day, effort in zip(days, ahead, strict=True):
            self._arrivals.begin(day.number, day.midnight)
            self._table.begin(day.midnight)
            doors = self._doors_each(effort)
            for rep in self._reps:
                if _on_duty(rep, day):
                    self._work(rep, day, doors)
        self._arrivals.finish(days[-1].midnight)
        return self.journal

    def _doors_each(self, effort_ahead: float) -> float:
        """Doors for one setter on an average day, so that the activities come out as the scale wants them."""
        done = len(self.journal.activities)
        per_door = (done - len(self.journal.records)) / self._doors if self._doors > 100 else FIRST_GUESS
        wanted = self._scale.activities - done - self._arrivals.waiting
        return max(0.0, wanted) / max(0.5, effort_ahead) / per_door

    def _effort_ahead(self, days: list[Day]) -> list[float]:
        """For each day, the effort of all reps from that day to the end; of today only the hours that have passed."""
        total, ahead = 0.0, []
        for day in reversed(days):
            passed = min(1.0, max(0.0, (self._now - day.at(13)) / (6 * HOUR)))
            total += passed * day.effort * sum(_share(rep) for rep in self._reps if _on_duty(rep, day))
            ahead.append(total)
        return ahead[::-1]

    def _work(self, rep: Person, day: Day, each: float) -> None:
        rng = self._rng
        doors = each * day.effort * _share(rep) * rng.uniform(0.75, 1.25)
        if doors < FEWEST_DOORS:
            doors = FEWEST_DOORS if rng.random() < doors / FEWEST_DOORS else 0
        if not doors:
            return
        turf = rep.turf or rng.choice(self._leaves[self._regions[rep].id])
        at = day.at(rng.triangular(10.5, 17.0, 15.0))
        knocked = 0
        for record in self._round(turf, day.midnight):
            at += int(rng.lognormvariate(1.6, 0.55) * MINUTE)
            if knocked >= doors or at > day.at(20.75) or at > self._now - 10 * MINUTE:
                break
            self._doorstep.knock(rep, record, at, int((at - day.midnight) // HOUR), day.weekend)
            knocked += 1
        if rep.habit == "sofa" and rng.random() < 0.12:
            knocked += self._doorstep.log_from_home(rep, self._round(turf, day.midnight), day.at(20.9))
        self._doors += knocked

    def _round(self, turf: Territory, midnight: Instant) -> Iterator[Record]:
        """The doors worth knocking, street by street, at most once around the territory."""
        for _ in turf.blocks:
            for record in turf.blocks[self._next_block[turf.id] % len(turf.blocks)]:
                if self._doorstep.worth_knocking(record, midnight):
                    yield record
            self._next_block[turf.id] += 1


def _share(rep: Person) -> float:
    return rep.pace * (CLOSERS_SHARE if rep.job == "closer" else 1.0)


def _on_duty(rep: Person, day: Day) -> bool:
    return rep.works(day.midnight) and rep.works(day.midnight + DAY)
