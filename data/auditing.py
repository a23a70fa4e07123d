"""Write down who did what: one line of the audit for each thing that a person changed, took away or asked.

Lines are only ever added. Publishing a configuration writes its own, with the version they came with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.store import Store

TOLD = 200  # characters of what a line quotes; its details hold the whole


def write_down(
    store: Store, *, person: str, what: str, text: str, details: Mapping[str, Any], now: datetime
) -> None:
    """A line: `what` is its kind (export, query, target), `text` says it in words, `details` as data."""
    with store.write() as cursor:
        cursor.execute(
            "insert into config.audit values ($now, $person, $what, null, $after, $text, null)",
            {
                "now": now,
                "person": person,
                "what": what,
                "after": json.dumps(details, default=str),
                "text": text,
            },
        )


def write_down_query(
    store: Store,
    *,
    person: str,
    sql: str,
    as_of: datetime | None,
    now: datetime,
    rows: int | None = None,
    refused: str = "",
) -> None:
    """A statement that somebody had run: how many rows it gave, or why it gave none."""
    came = f"refused ({refused})" if rows is None else f"{rows:,} {'row' if rows == 1 else 'rows'}"
    details: dict[str, Any] = {"sql": sql, **({"as_of": as_of} if as_of else {})}
    details |= {"refused": refused} if rows is None else {"rows": rows}
    text = f"Ran a query, {came}: {' '.join(sql.split())[:TOLD]}"
    write_down(store, person=person, what="query", text=text, details=details, now=now)


def write_down_export(
    store: Store, *, person: str, source: Mapping[str, Any], kind: str, rows: int | None, now: datetime
) -> None:
    """Write down who took what: `source` says it, as {"sql": ...} or {"page": ..., "filters": ...}.

    `rows` is None for a picture, which has none; then `source` names the numbers that are drawn in it.
    """
    told = "; ".join(filter(None, map(_said, source.values())))
    taken = "a picture" if rows is None else f"{rows:,} {'row' if rows == 1 else 'rows'}"
    write_down(
        store,
        person=person,
        what="export",
        text=f"Exported {taken} as {kind.upper()}: {told[:TOLD]}",
        details={**source, "kind": kind, **({} if rows is None else {"rows": rows})},
        now=now,
    )


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
