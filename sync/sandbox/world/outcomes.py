"""How often what happens: at the door, on the telephone and at the table.

Chosen so that a large world shows what field sales of home improvements looks like: 30 to 40 per cent of visits
find somebody, about one contact in twelve makes an appointment, two of three appointments are kept, and a third of
those sell.
"""

from __future__ import annotations

import random

from sync.sandbox.world.company import Person

CONTACTS = ("Come back", "Not interested", "Interested", "Appointment set", "Sold")
"""Results of a visit that mean somebody answered."""

CONTACT_BY_HOUR = {
    10: 0.29,
    11: 0.3,
    12: 0.32,
    13: 0.31,
    14: 0.32,
    15: 0.35,
    16: 0.4,
    17: 0.45,
    18: 0.48,
    19: 0.46,
}
WEEKEND_CONTACT = 0.06
"""Added on Saturdays and Sundays."""

WEEKDAY_EFFORT = (0.85, 1.0, 1.05, 1.05, 0.9, 0.75, 0.04)
"""How much is knocked from Monday to Sunday, against an average weekday."""

LOSS_REASONS = {
    "Not interested": ("Price", "Renting", "Competitor", "No need", "No need"),
    "Unqualified": ("Shaded roof", "Roof too old", "Credit"),
    "Former customer": ("Moved away", "Cancelled"),
}

NOTES = (
    "Dog in the yard, use the side gate.",
    "Wants to talk to spouse first.",
    "Roof replaced two years ago after hail.",
    "Paying around $180 a month in summer.",
    "Has a quote from somebody else.",
    "Asked about batteries.",
    "Only home after 5 pm.",
    "Renter, owner lives out of state.",
    "Interested in EV charger as well.",
    "Neighbor of a customer, mentioned the referral.",
    "Please call before coming back.",
    "No soliciting sign at the gate.",
)


def someone_answers(rng: random.Random, hour: int, weekend: bool) -> bool:
    return rng.random() < CONTACT_BY_HOUR.get(hour, 0.28) + (WEEKEND_CONTACT if weekend else 0.0)


def at_the_door(rng: random.Random, rep: Person) -> str:
    """What comes of a contact."""
    roll = rng.random() / rep.charm
    if roll < 0.004:
        return "Sold"
    if roll < 0.085:
        return "Appointment set"
    if roll < 0.24:
        return "Interested"
    if roll < 0.48:
        return "Come back"
    return "Not interested"


def at_the_table(rng: random.Random, closer: Person) -> str:
    """What comes of an appointment that was not cancelled before: the names are the tenant's results."""
    roll = rng.random()
    if roll < 0.15:
        return "No show"
    if roll < 0.22:
        return "Rescheduled"
    return "Sat - sold" if rng.random() < 0.33 * closer.charm else "Sat - not sold"


def on_the_telephone(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.45:
        return "No answer"
    if roll < 0.70:
        return "Left message"
    return "Reached" if roll < 0.93 else "Appointment set"


def contract_value(rng: random.Random) -> int:
    """Dollars, in steps of 50."""
    return round(rng.triangular(14_000, 52_000, 27_000) / 50) * 50
