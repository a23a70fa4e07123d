"""Makes a company from a seed: the same seed, scale and time of day give the same one, to the last digit."""

from __future__ import annotations

import random
from datetime import datetime
from itertools import count

from sync.sandbox.world.company import Company, instant
from sync.sandbox.world.crm import write_book
from sync.sandbox.world.deals import open_deals
from sync.sandbox.world.fieldwork import HalfYear
from sync.sandbox.world.finishing import delete_some, look_ahead, stand_appointments
from sync.sandbox.world.households import number_records, settle
from sync.sandbox.world.ids import SalesforceIds
from sync.sandbox.world.names import PhoneBook
from sync.sandbox.world.people import Staff, company_people
from sync.sandbox.world.scale import Scale

FIRST_ACTIVITY = 2_000_003
FIRST_APPOINTMENT = 40_001


def build(seed: int, scale: Scale, now: datetime) -> Company:
    """A company whose six months of work end at `now` (aware)."""

    def part(name: str) -> random.Random:
        # One generator for each part: a change in one leaves the others as they are.
        return random.Random(f"{seed}:{scale.name}:{name}")  # noqa: S311 - an invented world, no secret

    end = instant(now)
    ids = SalesforceIds()
    phones = PhoneBook(part("phones"))
    staff = Staff(part("people"), end, phones, ids)
    teams, territories = company_people(part("company"), scale, staff)
    nobody = staff.people[0]
    records = settle(territories, scale.records, nobody, part("households"), phones)
    journal = HalfYear(part("work"), scale, end, staff.people, territories, phones).run(records)
    stand_appointments(journal, territories, end, part("series"))
    look_ahead(journal)
    delete_some(journal, end, part("deletions"))
    deals = open_deals(journal, end, part("deals"))
    number_records(records, part("ids"))
    number_records(deals, part("ids of deals"))
    journal.activities.sort(key=lambda activity: activity.logged)
    for number, activity in zip(count(FIRST_ACTIVITY, 3), journal.activities, strict=False):
        activity.id = str(number)
    journal.appointments.sort(key=lambda appointment: appointment.booked)
    for number, appointment in zip(count(FIRST_APPOINTMENT), journal.appointments, strict=False):
        appointment.id = str(number)
    company = Company(
        seed=seed,
        scale=scale,
        now=end,
        people=staff.people,
        teams=teams,
        territories=territories,
        records=records,
        deals=deals,
        activities=journal.activities,
        appointments=journal.appointments,
    )
    write_book(company, part("salesforce"), ids, phones)
    return company
