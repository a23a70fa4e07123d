"""How fresh the numbers are: when SPOTIO was last read to the end, and why not since.

The numbers' own stamp does not tell: it stands still on a quiet night, while all is well, and moves with every single
record of a webhook, while the pulls have long stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from console import words
from console.context import context
from console.identity import require
from console.readers.here import now, zone
from data import run_log

EVERYBODY = ("admin", "analyst", "manager", "rep")
_SYSTEM = "spotio"
_TABLES = ("record", "activity", "appointment")
# A pull may take a while, and one may be left out: beyond three intervals and this, nobody is reading any more.
_PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Freshness:
    """`read_at` is when the last of what numbers are made of was read, None before that was ever done.

    `why` says in sentences why it was not read since, empty while all is well; `next_at` is when it is tried again.
    """

    read_at: datetime | None
    why: str
    tried_at: datetime | None = None
    next_at: datetime | None = None

    @property
    def stale(self) -> bool:
        return bool(self.why)


def freshness() -> Freshness:
    """Of the numbers, whoever reads them; the advice that goes with a failure is for those who can follow it."""
    person = require(*EVERYBODY)
    store, every = context().store, context().spotio_every
    looked = run_log.freshness(store, _SYSTEM, _TABLES)
    read_at, tried_at = looked["read_at"], looked["tried_at"]
    system = words.system(_SYSTEM)
    why = ""
    trouble = next(
        (row for row in run_log.system_problems(store).to_dicts() if row["system"] == _SYSTEM), None
    )
    if trouble:
        tried_at = trouble["last_seen_at"]
        advice = trouble["advice"] if person.role in ("admin", "analyst") else None
        why = words.sentences(trouble["text"], advice)
    elif looked["failed"]:
        why = f"{system} could not be read to the end."
    elif read_at is not None and now() - read_at > 3 * every + _PATIENCE:
        since = looked["running_since"]
        why = f"{system} is not being read any more."
        if since is not None:
            why = f"{system} is being read since {words.moment(since, now(), zone())}, and that is not over yet."
    next_at = tried_at + every if tried_at else None
    return Freshness(read_at, why, tried_at, next_at if next_at and next_at > now() else None)
