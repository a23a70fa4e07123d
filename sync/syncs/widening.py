"""What only a wider filter lets into a sync that runs: it stays out (T-05), and a back-fill brings it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from data.store import Store
from data.syncs import links, states
from sync.engine.definition import SYSTEM_NAMES, Definition, Filter, Selective, Side
from sync.engine.filters import passes
from sync.syncs.loading import snapshot_frames


@dataclass(frozen=True)
class Widened:
    """Records of one side that pass the new filter and did not pass the old one, and are not linked."""

    sync: str
    side: Side
    ids: tuple[str, ...]

    def sentence(self) -> str:
        """For whoever publishes."""
        return (
            f"{self.sync}: {len(self.ids):,} record{'s' if len(self.ids) > 1 else ''} of {SYSTEM_NAMES[self.side]} that only "
            "the wider filter lets in stay out; what is created from now on comes in by itself."
        )


def widened(store: Store, before: Definition, after: Definition, now: datetime) -> Iterator[Widened]:
    """The records that a new version of a sync lets in by its filters alone, of the directions that run."""
    state = states.read(store, after.sync)
    was, becomes = _entries(before), _entries(after)
    running = {Side.SALESFORCE: state.inbound != "off", Side.SPOTIO: state.outbound != "off"}
    sides = [side for side in Side if running[side] and was[side] != becomes[side]]
    if not sides:
        return
    found: dict[Side, list[str]] = {side: [] for side in sides}
    for side, frame in snapshot_frames(store, _seeing(before, after)):
        if side not in sides:
            continue
        entering = ~passes(was[side], now) & passes(becomes[side], now) & ~pl.col("_deleted")
        found[side] += frame.filter(entering)["id"].to_list()
    for side, ids in found.items():
        linked = links.linked_ids(store, after.sync, side)
        rest = tuple(id for id in ids if id not in linked)
        if rest:
            yield Widened(after.sync, side, rest)


def _entries(definition: Definition) -> dict[Side, Filter]:
    """What a record of each side has to pass to enter."""
    selective = tuple(each.filter for each in definition.outbound.selective)
    return {
        Side.SALESFORCE: definition.inbound.filter,
        Side.SPOTIO: Filter(selective, any_of=True) if selective else Filter(),
    }


def _seeing(before: Definition, after: Definition) -> Definition:
    """A definition that needs the columns of both filters."""
    return replace(
        after,
        inbound=replace(after.inbound, filter=Filter((before.inbound.filter, after.inbound.filter))),
        outbound=replace(
            after.outbound,
            selective=tuple(
                Selective(each.name, each.filter)
                for each in (*before.outbound.selective, *after.outbound.selective)
            ),
        ),
    )
