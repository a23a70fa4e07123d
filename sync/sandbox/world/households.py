"""Who lives and works in the houses: the records before anything happened to them."""

from __future__ import annotations

import random
from typing import Any

from sync.sandbox.world.company import Person, Record, Territory
from sync.sandbox.world.geography import House, houses
from sync.sandbox.world.ids import record_id
from sync.sandbox.world.names import (
    FIRST,
    LAST,
    PhoneBook,
    business,
    mistyped,
    personal_mail,
    phone_text,
    work_mail,
)
from sync.sandbox.world.stages import STAGES

ACCOUNT_SHARE = 0.10
SECOND_PERSON_SHARE = 0.06
"""Records that are another person of the household next to them in the list."""
COPY_SHARE = 0.02
"""Records that are an unwanted second copy of the one before, spelled differently."""

ROOFS = (
    "Asphalt shingle",
    "Asphalt shingle",
    "Asphalt shingle",
    "Concrete tile",
    "Clay tile",
    "Metal",
    "Slate",
    "Flat",
)
INTERESTS = ("Solar panels", "Battery storage", "EV charger", "New roof", "Heat pump")
INDUSTRIES = ("Agriculture", "Chemicals", "Construction", "Education", "Healthcare", "Retail", "Technology")


def settle(
    territories: list[Territory], number: int, nobody: Person, rng: random.Random, phones: PhoneBook
) -> list[Record]:
    """`number` records spread over the child territories, street by street.

    They are not in SPOTIO yet: `created` is 0 and `nobody` stands for owner and creator until then.
    """
    leaves = [territory for territory in territories if territory.parent]
    weights = [rng.uniform(0.7, 1.3) for _ in leaves]
    shares = [int(number * weight / sum(weights)) for weight in weights]
    shares[0] += number - sum(shares)
    records: list[Record] = []
    for area, (leaf, share) in enumerate(zip(leaves, shares, strict=True)):
        leaf.blocks = []
        previous: Record | None = None
        for house in houses(leaf.quad, share, area, rng):
            previous = _record(house, leaf, previous, nobody, rng, phones)
            if len(leaf.blocks) == house.block:
                leaf.blocks.append([])
            leaf.blocks[-1].append(previous)
            records.append(previous)
    return records


def _record(
    house: House,
    leaf: Territory,
    neighbour: Record | None,
    nobody: Person,
    rng: random.Random,
    phones: PhoneBook,
) -> Record:
    roll = rng.random()
    if neighbour and neighbour.kind == "Lead" and not neighbour.twin and roll < COPY_SHARE:
        return _copy(neighbour, leaf, nobody, rng)
    if neighbour and neighbour.kind == "Lead" and roll < COPY_SHARE + SECOND_PERSON_SHARE:
        other = newcomer(neighbour.house, leaf, nobody, "Lead", rng.choice(FIRST), neighbour.last.strip())
        other.household = neighbour.twin or neighbour
        other.phone = neighbour.phone if rng.random() < 0.4 else ""
        return other
    first, last = rng.choice(FIRST), rng.choice(LAST)
    if roll > 1 - ACCOUNT_SHARE:
        account = newcomer(house, leaf, nobody, "Account", first, last)
        account.company = business(rng)
        account.phone = phone_text(phones.next(), rng.randrange(4))
        account.mail = work_mail(first, account.company) if rng.random() < 0.6 else ""
        account.details["Industry"] = rng.choice(INDUSTRIES)
        account.stage = "Customer" if rng.random() < 0.35 else "Prospect"
        account.unit = f"Suite {rng.randrange(100, 420)}" if rng.random() < 0.3 else ""
        return account
    lead = newcomer(house, leaf, nobody, "Lead", first, last)
    _know(lead, rng, phones)
    return lead


def newcomer(
    house: House, leaf: Territory, nobody: Person, kind: str, first: str = "", last: str = ""
) -> Record:
    """A record at the first stage of its kind that nobody has entered yet."""
    return Record(
        id="",
        kind=kind,
        house=house,
        territory=leaf,
        first=first,
        last=last,
        company="",
        phone="",
        mail="",
        details={},
        owner=nobody,
        creator=nobody,
        source="",
        created=0,
        stage=STAGES[kind][0],
        stage_at=0,
        stage_by=nobody,
        updated=0,
        updated_by=nobody,
        assigned=0,
    )


def _know(lead: Record, rng: random.Random, phones: PhoneBook) -> None:
    """What is known of a household from the start; much of it is not, and some of it is mistyped."""
    if rng.random() < 0.62:
        lead.phone = phone_text(phones.next(), rng.randrange(10) if rng.random() < 0.3 else 0)
    if rng.random() < 0.42:
        lead.mail = personal_mail(rng, lead.first, lead.last)
    if rng.random() < 0.45:
        lead.details["Roof type"] = rng.choice(ROOFS)
    if rng.random() < 0.25:
        lead.details["Household size"] = str(rng.randrange(1, 7))
    lead.details |= _wishes(rng)
    slip = rng.random()
    if slip < 0.04:
        lead.first = ""
    elif slip < 0.06:
        lead.first = lead.last = ""
    elif slip < 0.09:
        lead.last = mistyped(rng, lead.last)
    elif slip < 0.12:
        lead.first = mistyped(rng, lead.first)


def _wishes(rng: random.Random) -> dict[str, Any]:
    if rng.random() > 0.2:
        return {}
    return {"Interests": rng.sample(INTERESTS, rng.choice((1, 1, 2, 3)))}


def _copy(original: Record, leaf: Territory, nobody: Person, rng: random.Random) -> Record:
    copy = newcomer(original.house, leaf, nobody, "Lead", original.first, original.last)
    copy.twin = original
    if rng.random() < 0.5:
        copy.first = copy.first[:1]
    else:
        copy.last = mistyped(rng, copy.last) if copy.last else ""
    digits = "".join(c for c in original.phone if c.isdigit())[-10:]
    copy.phone = phone_text(digits, rng.randrange(3, 9)) if digits and rng.random() < 0.7 else ""
    copy.mail = original.mail.upper() if rng.random() < 0.3 else ""
    return copy


def number_records(records: list[Record], rng: random.Random) -> None:
    """Give every created record its id."""
    for record in records:
        record.id = record_id(rng, record.created)
