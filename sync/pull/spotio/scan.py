"""What the parts of a SPOTIO pull share: scans that go on where they were cut off, and moments of the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sync.connectors.spotio.api import CursorLostError, Scrolled, SpotioApi
from sync.pull.context import Pull

ROWS_A_MERGE = 5_000

Item = Mapping[str, Any]


class Part:
    """One part of a pull: what it works with. `nightly` compares everything by id."""

    def __init__(self, pull: Pull, api: SpotioApi, *, nightly: bool) -> None:
        self._pull, self._api, self._nightly = pull, api, nightly

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
    """A moment of the wire: none to seven fractional digits, `Z` or an offset."""
    whole, dot, rest = text.replace(" ", "T").partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{whole}.{rest[:digits][:6]}{rest[digits:]}"
    moment = datetime.fromisoformat(text.replace(" ", "T"))
    return moment


def same_moment(known: str | None, told: Any) -> bool:
    """Whether a moment of the mirror and one of the wire are the same; an absent one is like no other."""
    return known is not None and told is not None and moment_of(known) == moment_of(str(told))
