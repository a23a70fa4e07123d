"""What the engine is given: one frame a kind of fact, all values as text in the systems' own forms.

The forms, whoever loads them: numbers as the shortest decimal text, booleans true/false, dates 2026-11-30, instants
2026-11-30T10:00:00Z, several choices joined by ";", ids as they are, an absent value null. Canonical forms are made
here, by `values.py`, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import polars as pl

Switch = Literal["off", "on", "paused"]
Schema = dict[str, pl.DataType | type[pl.DataType]]
TEXT = pl.String
MOMENT = pl.Datetime("us", "UTC")

LINKS: Schema = {
    "link": TEXT,
    "spotio_id": TEXT,
    "salesforce_id": TEXT,
    "state": TEXT,  # active | deleted | unlinked | case
    "born": TEXT,  # spotio | salesforce | matched
    "to_spotio": pl.Boolean,  # whether changes still travel there: false once it left a scope
    "to_salesforce": pl.Boolean,
    "reason": TEXT,  # why the state is what it is, as a code: left_filter, deleted_in_spotio, not_visible, ...
}
"""Every link whose record is looked at in this plan."""

AGREED: Schema = {
    "link": TEXT,
    "field": TEXT,
    "spotio": TEXT,
    "salesforce": TEXT,
    "reason": TEXT,
    "agreed_at": MOMENT,
}
"""Each side's own value when the two last agreed, of those links; `field` is the rule's key, `reason` why it was written."""

RECORD_FLAGS: Schema = {"id": TEXT, "_deleted": pl.Boolean, "_visible": pl.Boolean}
SPOTIO_FLAGS: Schema = {
    **RECORD_FLAGS,
    "_origin": TEXT,
    "_native_id": TEXT,
}  # who created it; externalDataObjectId
SALESFORCE_FLAGS: Schema = {
    **RECORD_FLAGS,
    "_merged_into": TEXT,
    "_converted": pl.Boolean,
    "_spotio_id": TEXT,
}
"""Rows of either side: these, and a text column for each `Definition.needed` column, called by its name."""

EDITS: Schema = {
    "system": TEXT,
    "id": TEXT,
    "column": TEXT,
    "changed_at": MOMENT,
    "changed_by": TEXT,  # a name
    "origin": TEXT,  # human | fieldline | automation | integration | import | bulk
}
"""The latest change of a column of a record, where the system tells: SPOTIO's activities, Salesforce's field history."""

SNAPSHOT: Schema = {"system": TEXT, "id": TEXT, "passed": pl.Boolean}
"""The records that stood at turn-on, and whether they passed the inbound filters then (T-01, T-02)."""

SNAPSHOT_VALUES: Schema = {"id": TEXT, "column": TEXT, "value": TEXT}
"""SPOTIO's values at the turn-on of the outbound direction, of the records looked at (T-03)."""

RESOLUTIONS: Schema = {
    "link": TEXT,
    "unit": TEXT,
    "field": TEXT,
    "take": TEXT,  # spotio | salesforce | value
    "value": TEXT,
    "spotio": TEXT,  # what the person saw: the resolution holds for these values only
    "salesforce": TEXT,
}
"""What people decided of conflicts and standing differences, not yet carried out."""

PERSONS: Schema = {"system": TEXT, "id": TEXT, "partner": TEXT, "active": pl.Boolean, "name": TEXT}
"""Users (and queues) of both systems with the user of the other one that each is, null where nobody is."""

FAILURES: Schema = {"digest": TEXT, "code": TEXT, "text": TEXT, "field": TEXT}
"""Actions that were refused and have not been released: the same action is not tried again by itself."""

IDS: Schema = {"system": TEXT, "id": TEXT, "why": TEXT}
"""Records that are excluded by hand, or barred because only a widened filter lets them in (T-05)."""

VERDICTS: Schema = {"spotio_id": TEXT, "salesforce_id": TEXT, "same": pl.Boolean}
"""What people said of undecided matches."""

POOL: Schema = {"id": TEXT, "linked": pl.Boolean}
"""All live records of a side, hidden ones as if they were linked: these, `_native_id` of SPOTIO and `_spotio_id` of
Salesforce (the other's id that a record bears), and a column for each column that a match key uses."""


def empty(schema: Schema) -> pl.DataFrame:
    """A frame of that shape without rows."""
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True)
class State:
    """Whether each direction runs, and since when."""

    inbound: Switch = "off"
    outbound: Switch = "off"
    inbound_on_at: datetime | None = None
    outbound_on_at: datetime | None = None
    poll_seconds: int = 300  # two changes closer than this are "at once" (F-05)


@dataclass(frozen=True)
class Inputs:
    """The facts of one plan; see the shapes above."""

    spotio: pl.DataFrame
    salesforce: pl.DataFrame
    links: pl.DataFrame = field(default_factory=lambda: empty(LINKS))
    agreed: pl.DataFrame = field(default_factory=lambda: empty(AGREED))
    edits: pl.DataFrame = field(default_factory=lambda: empty(EDITS))
    snapshot: pl.DataFrame = field(default_factory=lambda: empty(SNAPSHOT))
    snapshot_values: pl.DataFrame = field(default_factory=lambda: empty(SNAPSHOT_VALUES))
    resolutions: pl.DataFrame = field(default_factory=lambda: empty(RESOLUTIONS))
    persons: pl.DataFrame = field(default_factory=lambda: empty(PERSONS))
    failures: pl.DataFrame = field(default_factory=lambda: empty(FAILURES))
    excluded: pl.DataFrame = field(default_factory=lambda: empty(IDS))
    barred: pl.DataFrame = field(default_factory=lambda: empty(IDS))
    verdicts: pl.DataFrame = field(default_factory=lambda: empty(VERDICTS))


@dataclass(frozen=True)
class Pools:
    """Everybody a new record could already be; loaded only when something would be created."""

    spotio: pl.DataFrame
    salesforce: pl.DataFrame
