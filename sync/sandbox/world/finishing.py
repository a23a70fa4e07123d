"""The last touches on six months of work: standing appointments, deleted records, what comes next on each record."""

from __future__ import annotations

import random

from sync.sandbox.world.company import DAY, HOUR, Instant, Record, Territory
from sync.sandbox.world.journal import Journal

DELETED_SHARE = 0.006
DELETED_COPIES_SHARE = 0.25
"""Of the unwanted second copies, those that an administrator found."""


def stand_appointments(
    journal: Journal, territories: list[Territory], now: Instant, rng: random.Random
) -> None:
    """One series in each region: its team's lead sees a business customer every week or two.

    Every second one began weeks ago; only its first occurrence is saved and done, as nobody touched the others.
    """
    accounts: dict[str, list[Record]] = {}
    for record in journal.records:
        if record.kind == "Account" and record.territory.parent:
            accounts.setdefault(record.territory.parent.id, []).append(record)
    regions = [territory for territory in territories if not territory.parent]
    for number, region in enumerate(regions):
        if region.id not in accounts:
            continue
        lead, record = region.people[0], rng.choice(accounts[region.id])
        begun = number % 2 == 1
        at = _round_hour(now - 24 * DAY if begun else now + rng.randrange(1, 6) * DAY)
        booked = max(record.created + HOUR, at - rng.randrange(2, 9) * DAY)
        booked = min(booked, now - HOUR, at - HOUR)
        if booked <= record.created:
            continue
        weeks = rng.choice((1, 1, 2))
        repeat = {"periodicity": "weeks", "interval": weeks, "repeatOn": []}
        appointment = journal.plan(record, lead, booked, lead, at, 30, "Customer check-in", repeat)
        if begun:
            journal.finish(appointment, at + HOUR, "")


def _round_hour(at: Instant) -> Instant:
    """16:00 UTC that day, in the morning in Denver."""
    return at // DAY * DAY + 16 * HOUR


def delete_some(journal: Journal, now: Instant, rng: random.Random) -> None:
    """An administrator deletes a few records, duplicates above all, after the last thing that happened to them."""
    last: dict[Record, Instant] = {}
    for activity in journal.activities:
        if not activity.done:
            last[activity.record] = now
            continue
        at = max(activity.at, activity.logged, activity.edited)
        if at > last.get(activity.record, 0):
            last[activity.record] = at
    for record in journal.records:
        share = DELETED_COPIES_SHARE if record.twin else DELETED_SHARE
        if rng.random() < share and last[record] < now - 2 * HOUR:
            record.deleted = rng.randrange(last[record] + HOUR, now)


def look_ahead(journal: Journal) -> None:
    """What is planned next on each record: the earliest thing not done, as SPOTIO counts it even when it is overdue."""
    for appointment in journal.appointments:
        if not appointment.activity.done:
            record, at = appointment.record, appointment.activity.at
            if record.next_active is None or at < record.next_active:
                record.next_active = at
