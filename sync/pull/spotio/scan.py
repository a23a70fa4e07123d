"""What the parts of a SPOTIO pull share: scans that go on where they were cut off, and moments of the wire.

A moment that cannot be read costs its own value and nothing else: its row is mirrored without it, a person is told
of which row and which text, and all other rows go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from data import ledger
from data.ledger import Problem
from data.schema import MirrorTable
from sync.connectors.spotio.api import CursorLostError, Scrolled, SpotioApi
from sync.pull.context import Pull

ROWS_A_MERGE = 5_000
UNREADABLE = "unreadable"
# The moments that a pull itself reckons with; a wrong one elsewhere makes text of its column (data/mirror.py).
_RECKONED = {
    "record": ("updatedAt",),
    "activity": ("date", "updatedAt"),
    "appointment": ("date", "updatedAt"),
    "territory": ("updatedAt",),
}
# So many are named one by one; of more at once the first is, for all have one cause.
_NAMED_MAX = 20

Item = Mapping[str, Any]


class Part:
    """One part of a pull: what it works with. `nightly` compares everything by id."""

    def __init__(self, pull: Pull, api: SpotioApi, *, nightly: bool) -> None:
        self._pull, self._api, self._nightly = pull, api, nightly

    def readable(self, table: MirrorTable, rows: Sequence[Item]) -> list[Item]:
        """The rows without those moments that are none; each is told to a person, until the row comes right."""
        wrong: dict[str, list[str]] = {}
        kept: list[Item] = []
        for row in rows:
            names = [n for n in _RECKONED[table.name] if row.get(n) and moment_or_none(row[n]) is None]
            if names:
                wrong[str(row["id"])] = [f"{name} {str(row[name])!r}" for name in names]
                row = {**row, **dict.fromkeys(names)}
            kept.append(row)
        self._tell(table.name, wrong)
        right = {str(row["id"]) for row in rows} - wrong.keys()
        ledger.settle_records(self._pull.store, "spotio", UNREADABLE, table.name, right, self._pull.now)
        return kept

    def _tell(self, table: str, wrong: Mapping[str, Sequence[str]]) -> None:
        """Note the rows with moments that are none: id -> each column with what it says."""
        named = list(wrong.items()) if len(wrong) <= _NAMED_MAX else list(wrong.items())[:1]
        for row_id, told in named:
            more = (
                f" So have {len(wrong) - 1:,} others of the same answer." if len(named) < len(wrong) else ""
            )
            self._pull.note(
                Problem(
                    "spotio",
                    UNREADABLE,
                    f"SPOTIO's {table} {row_id} has {' and '.join(told)}, which is no moment;"
                    f" it is mirrored without, and all else of it as SPOTIO has it.{more}",
                    "Correct it in SPOTIO; what is counted by that moment leaves it out until then.",
                    table=table,
                    record=row_id,
                )
            )

    def resumable(
        self, scan: Callable[[str | None], Iterable[Scrolled]], scroll_id: str | None
    ) -> Iterable[Scrolled]:
        """A scan from a kept cursor; from its beginning when SPOTIO no longer knows the cursor."""
        try:
            yield from scan(scroll_id)
        except CursorLostError:
            yield from scan(None)


def mode_of(cursor: Mapping[str, Any], under_way: Mapping[str, Any], *, reconcile: bool, refill: bool) -> str:
    """How a table is to be read: a reading that was cut off keeps its mode, a first load comes before all else."""
    if under_way.get("mode") == "reconcile" or (reconcile and cursor.get("high")):
        return "reconcile"
    if not cursor.get("high") or under_way.get("mode") == "first_load":
        return "first_load"
    return "refill" if refill else "window"


def grouped(pages: Iterable[Scrolled]) -> Iterable[Scrolled]:
    """Join pages until they hold enough rows for one transaction."""
    held: list[dict[str, Any]] = []
    last: Scrolled | None = None
    for page in pages:
        held += page.items
        last = page
        if len(held) >= ROWS_A_MERGE:
            yield Scrolled(held, page.scroll_id, page.total)
            held, last = [], None
    if last is not None:
        yield Scrolled(held, last.scroll_id, last.total)


def moment_of(text: str) -> datetime:
    """A moment of the wire: none to seven fractional digits, `Z` or an offset, UTC without; ValueError for what is none."""
    whole, dot, rest = text.replace(" ", "T").partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{whole}.{rest[:digits][:6]}{rest[digits:]}"
    moment = datetime.fromisoformat(text.replace(" ", "T"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment_or_none(told: Any) -> datetime | None:
    """A moment of the wire; None for what is none, or is not there."""
    try:
        return moment_of(str(told)) if told else None
    except ValueError:
        return None


def same_moment(known: str | None, told: Any) -> bool:
    """Whether a moment of the mirror and one of the wire are the same; an absent one is like no other."""
    moment = moment_or_none(known)
    return moment is not None and moment == moment_or_none(told)
