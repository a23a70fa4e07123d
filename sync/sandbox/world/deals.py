"""The deals of business customers in SPOTIO: each hangs on an account and follows what happened to that one.

They are written once the half year is over, from the accounts' own activities, so that nothing of it moves an account.
"""

from __future__ import annotations

import random
from collections import defaultdict

from sync.sandbox.world.company import DAY, HOUR, MINUTE, SECOND, Activity, Instant, Person, Record
from sync.sandbox.world.households import newcomer
from sync.sandbox.world.instants import date_text
from sync.sandbox.world.journal import Journal
from sync.sandbox.world.outcomes import contract_value
from sync.sandbox.world.stages import WON

PATIENCE_DAYS = (20, 60)
"""How long after its last step a deal is given up, if anybody tidies up."""
REASONS = ("Price", "Price", "Competitor", "Timing")

Step = tuple[Instant, str]
"""When a deal comes to which stage, or into other hands when that is HANDED."""
HANDED = "handed over"


def open_deals(journal: Journal, now: Instant, rng: random.Random) -> list[Record]:
    """A deal for every account with which somebody came to talk; its activities are added to the journal's."""
    moves: defaultdict[Record, list[Activity]] = defaultdict(list)
    for activity in journal.activities:
        if activity.type == "transition" and activity.record.kind == "Account":
            moves[activity.record].append(activity)
    book = Journal()
    for account, story in moves.items():
        opened = story[0].at + MINUTE
        if not account.deleted and opened < now:
            sold = next((move for move in story if move.now in WON), None)
            deal = _open(book, account, story[0].owner, opened)
            _follow(book, deal, account, sold, now, rng)
    journal.activities += book.activities
    return book.records


def _open(book: Journal, account: Record, by: Person, at: Instant) -> Record:
    """The deal belongs to the account's owner, or before that one came to whoever opened it."""
    deal = newcomer(account.house, account.territory, by, "Deal")
    deal.parent = account
    deal.details = {
        "Deal name": f"{account.company.strip()} - Solar",
        "Close date": date_text(at + 45 * DAY),
    }
    book.create(deal, by, at, "Web", account.owner if account.assigned <= at else by)
    return deal


def _follow(
    book: Journal, deal: Record, account: Record, sold: Activity | None, now: Instant, rng: random.Random
) -> None:
    steps = _offers(deal.created, sold.at if sold else now, rng)
    if sold:
        steps.append((sold.at + 2 * MINUTE, "Closed won"))
    elif rng.random() < 0.5:
        last = max([deal.created, *(at for at, _ in steps)])
        steps.append((last + rng.randrange(*PATIENCE_DAYS) * DAY, "Closed lost"))
    if account.assigned > deal.created:
        steps.append((account.assigned + SECOND, HANDED))
    for at, step in sorted(steps):
        if at >= now:
            return
        by = deal.owner if deal.owner.works(at) else _lead(account)
        if step == HANDED:
            book.reassign(deal, by, at, account.owner)
            continue
        amount = {"Proposal": str(contract_value(rng)), "Closed won": account.details.get("Value")}.get(step)
        if amount:
            book.edit(deal, by, at - SECOND, "Value", amount)
        book.move(deal, by, at, step, rng.choice(REASONS) if step == "Closed lost" else "")


def _offers(opened: Instant, ends: Instant, rng: random.Random) -> list[Step]:
    """What is written and bargained over before the end, as far as the time allows."""
    proposed = opened + rng.randrange(HOUR, 6 * DAY)
    bargained = proposed + rng.randrange(DAY, 9 * DAY)
    steps = [(proposed, "Proposal"), (bargained, "Negotiation")]
    return [(at, stage) for at, stage in steps if at < ends and rng.random() < 0.7]


def _lead(account: Record) -> Person:
    region = account.territory.parent or account.territory
    return region.people[0]
