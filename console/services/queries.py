"""Save, share and take away queries of one's own."""

from __future__ import annotations

from console.context import context
from console.identity import require
from console.readers.explore import READERS, as_owner
from data import saving
from data.saved import SavedQuery


def save_query(name: str, sql: str, *, shared: bool, id: str | None = None) -> SavedQuery:
    """A new saved query, or a new version of one's own; QueryRefusedError when it may not be saved."""
    return saving.save(context().store, as_owner(require(*READERS)), name, sql, shared=shared, id=id)


def delete_query(id: str) -> None:
    """Take a query away; QueryRefusedError when it is not one's own."""
    saving.delete(context().store, as_owner(require(*READERS)), id)
