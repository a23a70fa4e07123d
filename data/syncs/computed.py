"""Since when values stand that Salesforce computes (formulas and roll-ups): they change without the record's stamp (F-03).

Such a value is as of the last complete reading of its table, or of the record's own last reading where that is later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from data import mirror
from data.schema import quoted
from data.store import Store


def seen_at(store: Store, table: str, ids: Iterable[str]) -> dict[str, str]:
    """When the computed values of these records of a Salesforce table were read last, by id, as 2026-11-30T10:00:00Z."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    told = mirror.read_cursor(store, "salesforce", table).get("whole_at")
    rows = store.rows(
        f"select Id as id, greatest(_pulled_at, $whole) as seen_at from salesforce.{quoted(table)}"
        " where list_contains($ids, Id)",
        {"ids": wanted, "whole": datetime.fromisoformat(told) if told else None},
    )
    return {row["id"]: f"{row['seen_at'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for row in rows}
