"""How fresh the numbers are: when what they are made of was last read to the end, and why not since.

All are made of SPOTIO; sales, and what rests on them, of Salesforce where its won opportunities are the sales. The
numbers' own stamp does not tell: it stands still on a quiet night, while all is well, and moves with every single
record of a webhook, while the pulls have long stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from console import words
from console.context import context
from console.identity import require
from console.readers.here import connected, now, zone
from data import run_log
from data.kpi import state
from data.kpi.dictionary import DICTIONARY

EVERYBODY = ("admin", "analyst", "manager", "rep")
# What the numbers are made of, by system.
_TABLES = {
    "spotio": ("record", "activity", "appointment"),
    "salesforce": ("opportunity", "lead", "user"),
}
# A pull may take a while, and one may be left out: beyond three intervals and this, nobody is reading any more.
_PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Freshness:
    """`read_at` is when the last of what numbers are made of was read, None before that was ever done.

    `why` says in sentences why it was not read since, empty while all is well; `next_at` is when it is tried again.
    `what` names the numbers that it is about: all, or the sales.
    """

    read_at: datetime | None
    why: str
    tried_at: datetime | None = None
    next_at: datetime | None = None
    what: str = "numbers"

    @property
    def stale(self) -> bool:
        return bool(self.why)


def freshness() -> Freshness:
    """Of all numbers, whoever reads them; the advice that goes with a failure is for those who can follow it."""
    return _freshness("spotio", context().spotio_every, "numbers")


def of_sales(key: str | None = None) -> Freshness | None:
    """Of sales where they are Salesforce's; None where they are not, or the number of that key does not rest on sales."""
    require(*EVERYBODY)
    if state.settings(context().store).sold_source != "salesforce_won":
        return None
    if key is not None and not DICTIONARY[key].of_sales:
        return None
    if "salesforce" not in connected():
        return Freshness(
            None, "Salesforce is not connected, and its won opportunities are the sales.", what="sales"
        )
    return _freshness("salesforce", context().salesforce_every, "sales")


def _freshness(name: str, every: timedelta, what: str) -> Freshness:
    person, store = require(*EVERYBODY), context().store
    looked = run_log.freshness(store, name, _TABLES[name])
    read_at, tried_at = looked["read_at"], looked["tried_at"]
    system, since, counted_at = words.system(name), looked["running_since"], state.refreshed_at(store)
    why = ""
    trouble = next((row for row in run_log.system_problems(store).to_dicts() if row["system"] == name), None)
    if trouble:
        tried_at = trouble["last_seen_at"]
        advice = trouble["advice"] if person.role in ("admin", "analyst") else None
        why = words.sentences(trouble["text"], advice)
    elif looked["failed"]:
        why = f"{system} could not be read to the end."
    elif read_at is None and since is not None:
        why = f"{system} is being read for the first time since {words.moment(since, now(), zone())}; what it has is counted after that."
    elif read_at is None and name == "salesforce":
        why = f"{system} was not read yet, and its won opportunities are the sales."
    elif read_at is not None and (counted_at is None or counted_at < looked["first_read_at"]):
        why = f"{system} was read for the first time, and is being counted."
    elif read_at is not None and now() - read_at > 3 * every + _PATIENCE:
        why = f"{system} is not being read any more."
        if since is not None:
            why = f"{system} is being read since {words.moment(since, now(), zone())}, and that is not over yet."
    next_at = tried_at + every if tried_at else None
    return Freshness(read_at, why, tried_at, next_at if next_at and next_at > now() else None, what)
