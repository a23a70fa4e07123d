"""How the same household or business reads in the other system: tidied, abbreviated, incomplete, a little wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from sync.sandbox.world.company import Record
from sync.sandbox.world.geography import House
from sync.sandbox.world.names import PhoneBook, phone_text

LONG_SUFFIXES = {
    "St": "Street",
    "Ave": "Avenue",
    "Ct": "Court",
    "Dr": "Drive",
    "Ln": "Lane",
    "Pl": "Place",
    "Cir": "Circle",
}


@dataclass(slots=True)
class Party:
    """A person at an address, or a business with its contact person, as Salesforce knows them."""

    first: str | None
    last: str
    company: str
    business: bool
    phone: str | None
    mobile: str | None
    mail: str | None
    street: str
    city: str
    state: str
    zip: str
    country: str | None
    industry: str | None = None


def variant(record: Record, rng: random.Random, phones: PhoneBook) -> Party:
    """What Salesforce has of a record of SPOTIO."""
    first = " ".join(record.first.split()).title() or None
    last = " ".join(record.last.split()).title() or "Homeowner"
    if first and rng.random() < 0.03:
        first = f"{first[0]}."
    phone = _phone(record.phone, rng, phones)
    on_mobile = rng.random() < 0.3
    business = record.kind == "Account"
    return Party(
        first=first,
        last=last,
        company=record.company.strip() if business else household(first, last, rng),
        business=business,
        phone=None if on_mobile else phone,
        mobile=phone if on_mobile else None,
        mail=_mail(record.mail, rng),
        industry=record.details.get("Industry"),
        **address(record.house, rng),
    )


def miscopied(party: Party, rng: random.Random) -> Party:
    """The same party as somebody in a hurry typed it from the other screen: a few have one thing wrong."""
    roll = rng.random()
    if roll < 0.03:
        return replace(party, last=_swapped(party.last, rng))
    number, _, street = party.street.partition(" ")
    if roll < 0.05:
        return replace(party, street=f"{number} {_swapped(street, rng)}")
    if roll < 0.07:
        return replace(party, street=f"{_swapped(number, rng)} {street}")
    if roll < 0.08:
        return replace(party, zip=f"80{rng.randrange(201, 300)}")
    return party


def _swapped(word: str, rng: random.Random) -> str:
    """The word with two neighbours after the first letter in each other's place."""
    at = rng.randrange(1, max(2, len(word) - 1))
    return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]


def household(first: str | None, last: str, rng: random.Random) -> str:
    """Salesforce wants a company for every lead; this is what people write for a family."""
    roll = rng.random()
    if roll < 0.6:
        return f"{last} Household"
    if roll < 0.9:
        return f"{first} {last}" if first else last
    return "Residential" if roll < 0.97 else "n/a"


def address(house: House, rng: random.Random) -> dict[str, str]:
    """The address parts of a party, now and then with words spelled out or a longer zip code."""
    street = house.street
    name, _, suffix = street.rpartition(" ")
    if rng.random() < 0.12:
        street = f"{name} {LONG_SUFFIXES.get(suffix, suffix)}"
    return {
        "street": f"{house.number} {street}",
        "city": house.city,
        "state": "Colorado" if rng.random() < 0.15 else "CO",
        "zip": f"{house.zip}-{1000 + house.number % 9000}" if rng.random() < 0.05 else house.zip,
        "country": rng.choice(("US", "US", "United States")),
    }


def _phone(known: str, rng: random.Random, phones: PhoneBook) -> str | None:
    digits = "".join(c for c in known if c.isdigit())[-10:]
    roll = rng.random()
    if roll < 0.03:
        return phone_text(phones.next(), 0)
    return phone_text(digits, 0) if digits and roll > 0.12 else None


def _mail(known: str, rng: random.Random) -> str | None:
    if not known or rng.random() < 0.12:
        return None
    name, _, host = known.lower().partition("@")
    return f"{name.partition('.')[0]}@{host}" if rng.random() < 0.04 else f"{name}@{host}"
