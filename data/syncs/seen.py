"""What a person saw when they decided: two people may look at one case, and only what is still so may be decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb
import polars as pl

from data.errors import NotOpenError
from data.syncs.frames import give

_CALLED = {"conflict": "conflict", "standing": "difference"}


@dataclass(frozen=True)
class Seen:
    """A conflict or a standing difference as somebody saw it: undecided, with both sides' values."""

    id: str
    spotio: str | None
    salesforce: str | None


def still_as_seen(
    cursor: duckdb.DuckDBPyConnection, table: Literal["conflict", "standing"], seen: Iterable[Seen]
) -> None:
    """Raises NotOpenError when one of these is not undecided with these values any more, with who decided it."""
    rows = [vars(each) for each in seen]
    if not rows:
        return
    give(
        cursor,
        "given_seen",
        pl.DataFrame(rows, schema=dict.fromkeys(("id", "spotio", "salesforce"), pl.String)),
    )
    moved = cursor.execute(
        f"select c.id, c.settled_at is not null as settled, c.decided_by from sync.{table} c join given_seen g on g.id = c.id"
        " where c.settled_at is not null or c.take is not null or c.spotio is distinct from g.spotio"
        " or c.salesforce is distinct from g.salesforce order by c.number"
    ).fetchall()
    cursor.unregister("given_seen")
    if moved:
        others = f", and {len(moved) - 1} more are not as they were" if len(moved) > 1 else ""
        raise NotOpenError(_CALLED[table], [], _what_became(*moved[0]) + others)


def _what_became(id: str, settled: bool, decided_by: str | None) -> str:
    if decided_by:
        return f"{decided_by} decided {id} meanwhile"
    return f"{id} is settled already" if settled else f"{id} shows other values by now"
