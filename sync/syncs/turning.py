"""Turn a sync on, pause it, resume it, turn it off: the only place that begins or ends writing (SF-15, T-01, T-04)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from data.store import Store
from data.syncs import states
from data.syncs.states import Direction
from sync.engine.definition import Definition, Side
from sync.engine.filters import passes
from sync.engine.inputs import State
from sync.errors import UsageError
from sync.syncs.loading import snapshot_frames


def directions(definition: Definition, *, outbound: bool) -> tuple[Direction, ...]:
    """Which directions are to be turned on; a UsageError when the configuration wants none of them."""
    if outbound and not definition.outbound.wanted:
        raise UsageError(
            f"The outbound direction of {definition.sync} is not wanted by the configuration.",
            "Set outbound.on: true, publish, and turn it on then.",
        )
    found: tuple[Direction, ...] = ()
    if definition.inbound.wanted:
        found += ("inbound",)
    if outbound:
        found += ("outbound",)
    if not found:
        raise UsageError(
            f"{definition.sync} has no direction to be turned on.",
            "Set inbound.on: true, or add --outbound where outbound.on is true.",
        )
    return found


def still_off(store: Store, definition: Definition, wanted: Sequence[Direction]) -> tuple[Direction, ...]:
    """Those of the wanted directions that are not on yet; turning on twice changes nothing."""
    state = states.read(store, definition.sync)
    return tuple(each for each in wanted if getattr(state, each) == "off")


def turn_on(
    store: Store, definition: Definition, wanted: Sequence[Direction], *, person: str, now: datetime
) -> int:
    """Keep what stands now and turn directions on; returns how many records stand."""
    return states.turn_on(
        store, definition.sync, wanted, _snapshot(store, definition, now), person=person, now=now
    )


def _snapshot(store: Store, definition: Definition, now: datetime) -> Iterator[pl.DataFrame]:
    for side, frame in snapshot_frames(store, definition):
        held = [column.name for column in definition.needed(side)]
        passed = (
            passes(definition.inbound.filter, now) & ~pl.col("_deleted")
            if side is Side.SALESFORCE
            else pl.lit(False)
        )
        yield frame.select(pl.lit(str(side)).alias("system"), "id", passed.alias("passed"), *held)


def as_if_on(state: State, wanted: Sequence[Direction], now: datetime) -> State:
    """The state after a turn-on, to plan with before it happens."""
    changes: dict[str, object] = {}
    for direction in wanted:
        changes |= {direction: "on", f"{direction}_on_at": now}
    return State(**{**vars(state), **changes})
