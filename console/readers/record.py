"""One record for its page: values, what happened to it, its counterparts, all as the reader may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from console.context import context
from console.identity import require
from console.readers.explore import READERS, named, ordered
from data import explore, finding, matches, records, timeline
from data.explore import Asked, Filter
from data.finding import Found as Found
from data.matches import Match as Match
from data.records import Record as Record
from data.records import Value as Value
from data.timeline import Entry as Entry

EVENTS_MAX = 200


def record(system: str, object: str, id: str, as_of: datetime | None = None) -> Record | None:
    """The record, or None when there is none that the reader may see; QueryRefusedError for a table they may not read."""
    found = records.record(context().store, require(*READERS).scope, system, object, id, as_of)
    if found is None:
        return None
    # What matters first, first.
    values = {value.column: value for value in found.values}
    columns = ordered(values, {column: value.label for column, value in values.items()})
    return replace(found, values=tuple(values[column] for column in columns))


def entries(system: str, object: str, id: str) -> list[Entry]:
    """What happened to it, newest first; without the event facts, which are what is counted of it."""
    found = timeline.timeline(context().store, require(*READERS).scope, system, object, id)
    return [entry for entry in found if entry.kind != "fact"]


def counterparts(system: str, object: str, id: str) -> list[Match]:
    """What in the other systems is linked with it or matches it."""
    return matches.related(context().store, require(*READERS).scope, system, object, id)


def facts(id: str, as_of: datetime | None = None) -> pl.DataFrame:
    """The event facts of a SPOTIO record with names and words, newest first, at most EVENTS_MAX."""
    store, scope = context().store, require(*READERS).scope
    table = explore.table(store, scope, "history.event")
    asked = Asked(filters=(Filter("record_id", "equals", (id,)),), limit=EVENTS_MAX, as_of=as_of)
    return named(table, explore.page(store, scope, table, asked).rows)


def find(text: str) -> list[Found]:
    """Records of any system by id, or by a part of a name, an e-mail address or a phone number."""
    return finding.search(context().store, require(*READERS).scope, text)


def plain(value: Any) -> str | None:
    """A value as a cell of text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    if isinstance(value, float):
        return f"{value:,.10g}"
    return str(value)
