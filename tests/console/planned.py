"""The sync `doors` with something of every kind to do, and a limit that holds a part of it: for the page Plan."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from data.store import Store
from sync.connectors.salesforce.ids import full_id
from tests.console import doors
from tests.console.doors import SYNC, Doors

LIMIT = 2
# Four households whose company Ada edited in Salesforce: more than the limit lets through.
EDITED = tuple((f"6a1ea{n}" + "0" * 18, full_id(f"00Q0000000000E{n}"), f"Household {n}") for n in range(4))
CALLED = ("6a1eb" + "0" * 19, full_id("00Q0000000000FA"), "Ibarra Dyes")  # its phone was edited in SPOTIO


def configuration(**changes: Any) -> dict[str, Any]:
    """The sync with its limit of writes."""
    return {**deepcopy(SYNC), "guard": {"writes": LIMIT}, **changes}


def at_work(store: Store) -> Doors:
    """One to create, four to update in SPOTIO (held), one in Salesforce, one that is blocked, and a conflict."""
    made = doors.at_work(store)
    later = made.now
    for number, (record, lead, name) in enumerate((*EDITED, CALLED)):
        email, phone = f"{number}@household.example", f"614 555 02{number:02}"
        made.record(record, email, name=name, f_100004=name, f_100005=phone)
        made.lead(lead, email, Company=name, Phone=phone, Industry="Chemicals")
        made.link(
            record, lead, f_100004=(name, name), f_100005=(phone, phone), f_100006=(email, email), stage=("1", "Open")
        )  # fmt: skip
    made.at(later)
    for number, (_, lead, name) in enumerate(EDITED):
        made.lead(
            lead, f"{number}@household.example", Company=f"{name} Ltd", Phone=f"614 555 02{number:02}", Industry="Chemicals"
        )  # fmt: skip
    record, _, name = CALLED
    made.record(record, f"{len(EDITED)}@household.example", name=name, f_100004=name, f_100005="614 555 0999")
    made.publish(configuration())
    return made
