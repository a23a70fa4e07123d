"""What follows a good visit: appointments set and kept, calls, sales and sales taken back."""

from __future__ import annotations

import random
from collections import defaultdict

from sync.sandbox.world.company import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Activity,
    Appointment,
    Instant,
    Person,
    Record,
)
from sync.sandbox.world.journal import Journal
from sync.sandbox.world.outcomes import LOSS_REASONS, at_the_table, contract_value, on_the_telephone
from sync.sandbox.world.stages import LOST, STEPS, WON, forward

SLOTS = (10.5, 11, 13, 14, 15, 16, 16.5, 17, 17.5, 18, 18.5, 19)
"""Hours of the day at which appointments begin."""


class Table:
    """Knows what is due on which day; days are known by their number, the first `begin` being day 1."""

    def __init__(self, rng: random.Random, journal: Journal, now: Instant, office: list[Person]) -> None:
        self._rng, self._journal, self._now, self._office = rng, journal, now, office
        self._appointments: defaultdict[int, list[Appointment]] = defaultdict(list)
        self._calls: defaultdict[int, list[tuple[Record, Person]]] = defaultdict(list)
        self._surveys: defaultdict[int, list[tuple[Record, Person]]] = defaultdict(list)
        self._regrets: defaultdict[int, list[tuple[Record, Person]]] = defaultdict(list)
        self._midnight: Instant = 0
        self._today = 0

    def begin(self, midnight: Instant) -> None:
        """A new day: the telephone in the morning, the appointments until the evening."""
        self._midnight = midnight
        self._today += 1
        for record, person in self._calls.pop(self._today, ()):
            self._call(record, person, self._morning())
        for record, person in self._regrets.pop(self._today, ()):
            self._regret(record, self._still_here(record, person), self._morning())
        for record, person in self._surveys.pop(self._today, ()):
            self._survey(record, self._still_here(record, person), self._morning())
        for appointment in self._appointments.pop(self._today, ()):
            if appointment.activity.at + 2 * HOUR < self._now:
                self._keep(appointment)

    def book(self, record: Record, setter: Person, at: Instant) -> None:
        """An appointment on one of the next days, for one of the region's closers."""
        rng = self._rng
        days = rng.choices((1, 2, 3, 4, 5, 6, 9), (30, 25, 18, 12, 8, 4, 3))[0]
        begins = self._midnight + days * DAY + int(rng.choice(SLOTS) * HOUR)
        closer = self._closer(record) if setter.job != "closer" else setter
        appointment = self._journal.plan(record, setter, at, closer, begins, rng.choice((60, 60, 90)))
        record.busy = max(record.busy, self._midnight + (days + 1) * DAY)
        self._appointments[self._today + days].append(appointment)
        self._journal.move(record, setter, at + SECOND, forward(record.kind, record.stage, "booked"))
        if rng.random() < 0.75:
            self._journal.reassign(record, setter, at + 2 * SECOND, closer)
        if rng.random() < 0.4:
            self._text(record, setter, at + 5 * MINUTE)

    def sell(self, record: Record, rep: Person, at: Instant) -> None:
        rng = self._rng
        self._journal.edit(record, rep, at + SECOND, "Value", str(contract_value(rng)))
        self._journal.move(record, rep, at + 2 * SECOND, STEPS[record.kind]["sold"])
        if rng.random() < 0.05:
            self._regrets[self._today + rng.randrange(1, 4)].append((record, rep))
        elif rng.random() < 0.6:
            self._surveys[self._today + rng.randrange(3, 10)].append((record, rep))

    def call_later(self, record: Record, rep: Person, at: Instant) -> None:
        self._calls[self._today + self._rng.randrange(1, 8)].append((record, rep))

    def _closer(self, record: Record) -> Person:
        region = record.territory.parent or record.territory
        closers = [
            person for person in region.people if person.job == "closer" and person.works(self._midnight)
        ]
        return self._rng.choice(closers) if closers else region.people[0]

    def _still_here(self, record: Record, person: Person) -> Person:
        """The person, or who took their records over when they left."""
        return person if person.works(self._midnight + DAY) else record.owner

    def _morning(self) -> Instant:
        return self._midnight + self._rng.randrange(9 * HOUR, 10 * HOUR)

    def _call(self, record: Record, person: Person, at: Instant, confirming: bool = False) -> None:
        if not record.phone or at > self._now - HOUR or not person.works(at):
            return
        rng = self._rng
        result = on_the_telephone(rng)
        if result == "Appointment set" and (confirming or record.stage in WON or record.busy > at):
            result = "Reached"
        call = Activity(record, "event", person, at, at + SECOND, template="Call", result=result)
        call.seconds = (
            rng.randrange(20, 600) if result in ("Reached", "Appointment set") else rng.randrange(5, 40)
        )
        call.direction = "out" if rng.random() < 0.9 else "in"
        self._journal.event(call)
        if confirming:
            return
        if result == "Appointment set":
            self.book(record, person, at + 5 * MINUTE)
        elif (
            result == "Reached"
            and record.stage == "Pitched"
            and rng.random() < 0.04
            and person.job == "closer"
        ):
            self.sell(record, person, at + 10 * MINUTE)
        elif result in ("No answer", "Left message") and rng.random() < 0.35:
            self.call_later(record, person, at)

    def _text(self, record: Record, person: Person, at: Instant) -> None:
        if at < self._now and record.phone:
            template = "Email" if record.mail and self._rng.random() < 0.25 else "Text"
            text = Activity(record, "event", person, at, at + SECOND, template=template, direction="out")
            text.notes = "Your consultation with Brightwater Home Energy is booked."
            self._journal.event(text)

    def _survey(self, record: Record, person: Person, at: Instant) -> None:
        if record.stage not in WON or at > self._now - HOUR:
            return
        result = self._rng.choices(("Roof suitable", "Roof unsuitable", "Cancelled"), (88, 7, 5))[0]
        survey = Activity(record, "event", person, at, at + SECOND, template="Site survey", result=result)
        self._journal.event(survey)
        if result == "Roof unsuitable" and record.kind == "Lead":
            self._journal.move(record, person, at + MINUTE, "Unqualified", "Roof too old")

    def _regret(self, record: Record, person: Person, at: Instant) -> None:
        """A sale taken back within the days the law gives."""
        if record.stage in WON and record.kind == "Lead" and at < self._now:
            self._journal.move(record, person, at, "Not interested", "Price")

    def _keep(self, appointment: Appointment) -> None:
        """The day of an appointment that is over by now."""
        rng, journal = self._rng, self._journal
        record, closer = appointment.record, appointment.owner
        begins = appointment.activity.at
        if rng.random() < 0.45 and self._office:
            self._call(record, rng.choice(self._office), self._morning(), confirming=True)
        roll = rng.random()
        if roll < 0.03:
            return  # nobody ever closed it
        if roll < 0.12:
            at = self._midnight + rng.randrange(8 * HOUR, 10 * HOUR)
            journal.finish(appointment, at, "Cancelled")
            self._reopen(record, closer, at + SECOND)
            return
        result = at_the_table(rng, closer)
        at = begins + (15 * MINUTE if result in ("No show", "Rescheduled") else appointment.minutes * MINUTE)
        at += rng.randrange(10 * MINUTE)
        kept = journal.finish(appointment, at, result)
        kept.mobile = rng.random() < 0.8
        if kept.mobile and result != "Rescheduled":
            kept.distance = round(min(95.0, rng.lognormvariate(2.5, 0.8)), 1)
        if result == "Rescheduled":
            self.book(record, closer, at + MINUTE)
        elif result == "No show":
            self._reopen(record, closer, at + SECOND)
            self.call_later(record, closer, at)
        elif result == "Sat - sold":
            self.sell(record, closer, at + MINUTE)
        else:
            self._not_sold(record, closer, at + MINUTE)

    def _reopen(self, record: Record, closer: Person, at: Instant) -> None:
        if record.stage not in WON and record.stage not in LOST:
            self._journal.move(record, closer, at, STEPS[record.kind]["contacted"])

    def _not_sold(self, record: Record, closer: Person, at: Instant) -> None:
        rng = self._rng
        roll = rng.random()
        if record.stage in WON:
            return
        if roll < 0.55:
            self._journal.move(record, closer, at, STEPS[record.kind]["pitched"])
            self.call_later(record, closer, at)
            if rng.random() < 0.5:
                self._journal.note(
                    record, closer, at + MINUTE, "Left the proposal with them, decides this week."
                )
        elif record.kind == "Lead":
            stage = "Unqualified" if roll > 0.87 else "Not interested"
            self._journal.move(record, closer, at, stage, rng.choice(LOSS_REASONS[stage]))
