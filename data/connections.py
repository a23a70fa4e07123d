"""The connections that admins made on the page: one a system, what is secret of it sealed. data/connecting.py writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from data.store import Store


@dataclass(frozen=True)
class Connection:
    """How a system is reached: `facts` may be shown, `sealed` holds the rest."""

    id: str
    system: str
    kind: str  # oauth | client_credentials | key
    facts: Mapping[str, Any]
    sealed: str = field(repr=False)
    set_by: str
    set_at: datetime


def read_all(store: Store) -> Mapping[str, Connection]:
    """The stored connections by system."""
    return store.lasting("connections", lambda: _read(store))


def _read(store: Store) -> dict[str, Connection]:
    rows = store.rows("select * from config.connection")
    return {row["system"]: Connection(**{**row, "facts": json.loads(row["facts"])}) for row in rows}
