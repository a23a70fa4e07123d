"""Decides which records are in Salesforce too, in what form, and writes them all down."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable

from sync.sandbox.world.company import DAY, HOUR, SECOND, Activity, Company, Instant, Person, Record
from sync.sandbox.world.crm.deals import Deals
from sync.sandbox.world.crm.desk import Desk
from sync.sandbox.world.crm.kinship import Kinship
from sync.sandbox.world.crm.leads import Leads
from sync.sandbox.world.crm.rows import Row, user_row
from sync.sandbox.world.crm.tasks import write_activities
from sync.sandbox.world.crm.variants import Party, address, household, miscopied, variant
from sync.sandbox.world.geography import houses
from sync.sandbox.world.ids import SalesforceIds
from sync.sandbox.world.instants import salesforce_text
from sync.sandbox.world.names import FIRST, LAST, PhoneBook, business, personal_mail, phone_text, work_mail
from sync.sandbox.world.stages import WON

INSIDE_LEADS_SHARE = 0.10
INSIDE_ACCOUNTS_SHARE = 0.02
"""Records that only Salesforce has, against the number of records in SPOTIO."""
QUEUE_NAME = "Unassigned Leads"


def write_book(company: Company, rng: random.Random, ids: SalesforceIds, phones: PhoneBook) -> None:
    """Fill `company.salesforce` and `company.kin`."""
    desk = Desk(company, ids)
    leads, deals = Leads(rng, ids, desk), Deals(rng, ids, desk)
    kinship, story = Kinship(company.records), _stories(company.activities)
    for record in _half(company.records, rng):
        party = miscopied(variant(record, rng, phones), rng)
        born = _born(record, rng, company.now)
        moves = story.get(record, [])
        if _is_deal(record, moves, rng):
            kinship.pair(record, "Account", deals.add(record, party, moves, born, leads)["Id"])
        else:
            kinship.pair(record, "Lead", leads.add(record, party, moves, born)["Id"])
    _inside_sales(company, rng, phones, leads, deals)
    _share_accounts(company, rng, phones, leads, deals, kinship)
    leads.spoil(kinship)
    for deal in company.deals:
        if deal.parent and (opportunity := deals.opportunity_of(deal.parent)):
            kinship.pair(deal, "Opportunity", opportunity)
    company.kin = kinship.all()
    company.salesforce = {
        "User": _users(company, rng),
        "Group": [_queue(desk, company)],
        "QueueSobject": [_queued(desk, company, ids)],
        "Lead": leads.rows,
        "LeadHistory": leads.history,
        "Account": deals.accounts,
        "Contact": deals.contacts,
        "Opportunity": deals.opportunities,
        "OpportunityContactRole": deals.roles,
        "OpportunityHistory": deals.stages,
        "OpportunityFieldHistory": deals.history,
    }
    company.salesforce |= write_activities(company.now, company.salesforce, rng, ids, desk)


def _stories(activities: Iterable[Activity]) -> dict[Record, list[Activity]]:
    """The stage moves of each record, in order."""
    found: defaultdict[Record, list[Activity]] = defaultdict(list)
    for activity in activities:
        if activity.type == "transition":
            found[activity.record].append(activity)
    return found


def _half(records: list[Record], rng: random.Random) -> list[Record]:
    """Half of SPOTIO's records, without the unwanted copies."""
    originals = [record for record in records if not record.twin]
    return sorted(rng.sample(originals, len(records) // 2), key=lambda record: (record.created, record.id))


def _born(record: Record, rng: random.Random, now: Instant) -> Instant:
    """When it came into Salesforce: lists were loaded there a day before, in a few seconds."""
    if record.source == "Import" and rng.random() < 0.7:
        return record.created - DAY + int(record.territory.id) % 4 * SECOND
    return min(record.created + rng.randrange(HOUR, 2 * DAY), now - HOUR)


def _is_deal(record: Record, moves: list[Activity], rng: random.Random) -> bool:
    """Whether it is an account with an opportunity rather than a lead."""
    if record.kind == "Account" or any(move.now in WON for move in moves):
        return True
    return record.stage == "Pitched" and rng.random() < 0.15


def _inside_sales(
    company: Company, rng: random.Random, phones: PhoneBook, leads: Leads, deals: Deals
) -> None:
    """What only Salesforce has: leads and accounts that came in by telephone and over the web."""
    regions = [territory for territory in company.territories if not territory.parent]
    lead_number = max(4, int(len(company.records) * INSIDE_LEADS_SHARE))
    account_number = max(2, int(len(company.records) * INSIDE_ACCOUNTS_SHARE))
    each = (lead_number + account_number) // len(regions) + 1
    found = (
        house for number, region in enumerate(regions) for house in houses(region.quad, each, number, rng)
    )
    for number in range(lead_number + account_number):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        firm = number >= lead_number or rng.random() < 0.15
        name = business(rng) if firm else household(first, last, rng)
        party = Party(
            first=first,
            last=last,
            company=name,
            business=firm,
            phone=phone_text(phones.next(), 0) if rng.random() < 0.8 else None,
            mobile=None,
            mail=(work_mail(first, name) if firm else personal_mail(rng, first, last))
            if rng.random() < 0.7
            else None,
            **address(next(found), rng),
        )
        born = company.now - rng.randrange(2 * HOUR, 400 * DAY)
        if number < lead_number:
            leads.add_inside(party, born)
        else:
            deals.add_inside(party, born)


def _share_accounts(
    company: Company, rng: random.Random, phones: PhoneBook, leads: Leads, deals: Deals, kinship: Kinship
) -> None:
    """Where one of a household became an account, the other one joins it as a second contact."""
    for record in company.records:
        mate = record.household
        if mate is None:
            continue
        for first, second in ((mate, record), (record, mate)):
            account = deals.account_of(first)
            if account and second not in kinship and not second.deleted:
                party = variant(second, rng, phones)
                deals.join(second, account, party, _born(second, rng, company.now), leads)
                kinship.pair(second, "Account", account["Id"])


def _users(company: Company, rng: random.Random) -> list[Row]:
    """Most reps have the e-mail address they have in SPOTIO, a few another spelling or another one."""
    vp = next(person for person in company.people if person.job == "vp")
    rows = []
    for person in company.people:
        if person.salesforce_id is None:
            continue
        roll = rng.random()
        mail = person.mail
        if person.spotio_id and roll < 0.05:
            mail = mail.upper() if roll < 0.02 else mail.title()
        elif person.spotio_id and roll < 0.08:
            mail = f"{person.first[0]}{person.last}@sales.example.net".lower()
        rows.append(user_row(person, _manager(person, vp), mail, person.left is None, company.now))
    return rows


def _manager(person: Person, vp: Person) -> Person | None:
    """Who leads the nearest team above; whoever is in none answers to the VP."""
    if person.job in ("admin", "vp"):
        return None
    team = person.team
    while team and team.lead is person:
        team = team.parent
    return (team and team.lead) or vp


def _queue(desk: Desk, company: Company) -> Row:
    since = salesforce_text(company.now - 700 * DAY)
    return {
        "Id": desk.queue,
        "Name": QUEUE_NAME,
        "DeveloperName": QUEUE_NAME.replace(" ", "_"),
        "Type": "Queue",
        "OwnerId": desk.admin,
        "DoesSendEmailToMembers": False,
        "DoesIncludeBosses": False,
        "CreatedDate": since,
        "CreatedById": desk.admin,
        "LastModifiedDate": since,
        "LastModifiedById": desk.admin,
        "SystemModstamp": since,
    }


def _queued(desk: Desk, company: Company, ids: SalesforceIds) -> Row:
    """The queue is for leads alone."""
    since = salesforce_text(company.now - 700 * DAY)
    return {
        "Id": ids.next("QueueSobject"),
        "QueueId": desk.queue,
        "SobjectType": "Lead",
        "CreatedById": desk.admin,
        "SystemModstamp": since,
    }
