"""What people decided and no run has carried out yet, of conflicts and of standing differences."""

from __future__ import annotations

import polars as pl

from data.store import Store, query
from data.syncs.frames import fetch


def waiting(store: Store, sync: str) -> pl.DataFrame:
    """The resolutions: (link, unit, field, take, value, value_of, spotio, salesforce), the oldest first."""
    with store.cursor() as cursor:
        return fetch(cursor, query("sync_resolutions"), {"sync": sync})
