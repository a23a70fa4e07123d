"""Saved and shared queries: a statement under a name, kept in versions.

A query is only text until somebody runs it. A shared one runs with the scope of whoever runs it, so sharing gives
nobody anything to see that they could not ask for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from data.access import Scope
from data.errors import QueryRefusedError
from data.reading import Limits, answer
from data.store import Store, query

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class SavedQuery:
    """The newest version of a saved query."""

    id: str
    version: int
    owner: str
    name: str
    sql: str
    shared: bool
    saved_at: datetime


def saved(store: Store, scope: Scope) -> list[SavedQuery]:
    """The person's own queries, then those that others share, each by name; none for a rep."""
    if scope.role == "rep":
        return []
    return [SavedQuery(**row) for row in store.rows(query("saved_queries"), {"person": scope.person})]


def one(store: Store, scope: Scope, id: str) -> SavedQuery:
    """A query that the person may see; raises QueryRefusedError when there is none of that id."""
    for found in saved(store, scope):
        if found.id == id:
            return found
    raise QueryRefusedError("There is no such saved query, or it is not shared any more.")


def run(store: Store, scope: Scope, id: str, limits: Limits, as_of: datetime | None = None) -> pa.Table:
    """The answer to a saved query, within what the person who runs it may see; raises as `data.reading.answer` does."""
    return answer(store, one(store, scope, id).sql, limits, scope, as_of)
