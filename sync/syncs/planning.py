"""A plan of one sync from what the store holds: load, see who may enter, find who exists already, decide.

Left out is what a plan could only be wrong about: records whose last write nobody knows the end of, and records that
were written after the mirror read them last. Both come back by themselves, after a look or a pull.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from data.store import Store, query
from data.syncs import states
from sync.engine import guards
from sync.engine.definition import Definition, Side
from sync.engine.filters import passes
from sync.engine.inputs import Inputs, Pools, State
from sync.engine.match import match
from sync.engine.outcome import Plan
from sync.engine.plan import NO_MATCHES, entries, plan
from sync.syncs.loading import load, load_pools


@dataclass(frozen=True)
class Planned:
    """A plan and what it was made of. `reached` is up to where the mirror was looked at; `unsettled` how many records wait for a look."""

    definition: Definition
    state: State
    inputs: Inputs
    plan: Plan
    reached: datetime
    unsettled: int

    @property
    def counts(self) -> dict[str, int]:
        """Actions by class."""
        return guards.counts_by_class(self.plan.actions)


def engine_state(store: Store, sync: str, poll_seconds: int) -> State:
    """The switches of a sync as the engine reads them."""
    kept = states.read(store, sync)
    return State(
        inbound="on" if kept.inbound == "on" else "paused" if kept.inbound == "paused" else "off",
        outbound="on" if kept.outbound == "on" else "paused" if kept.outbound == "paused" else "off",
        inbound_on_at=kept.inbound_on_at,
        outbound_on_at=kept.outbound_on_at,
        poll_seconds=poll_seconds,
    )


def make_plan(
    store: Store,
    definition: Definition,
    state: State,
    *,
    now: datetime,
    only: Iterable[str] | None = None,
    since: datetime | None = None,
    everything: bool = False,
    turning_on: Sequence[str] = (),
) -> Planned:
    """Plan one sync: what was pulled after `since` and what is open; with `everything` all of it, with `only` some ids.

    With `turning_on`, directions that are about to be turned on, it is planned as if that had happened now.
    """
    reached = mirrored_until(store, definition, now)
    inputs = load(store, definition, state, only=only, everything=everything, since=since)
    if turning_on:
        inputs = _as_snapshot(definition, inputs, turning_on, now)
    inputs, unsettled = _settled(store, definition, inputs)
    entering = entries(definition, inputs, state, now)
    matches = NO_MATCHES
    wanted = {side: entering.ids(side) for side in Side}
    if any(ids.len() for ids in wanted.values()):
        pools = _without_waiting(store, definition, load_pools(store, definition))
        matches = match(definition, inputs, pools, wanted[Side.SPOTIO], wanted[Side.SALESFORCE])
        inputs = _with_partners(store, definition, state, inputs, matches.found)
    return Planned(
        definition, state, inputs, plan(definition, inputs, state, now, entering, matches), reached, unsettled
    )


def _as_snapshot(definition: Definition, inputs: Inputs, directions: Sequence[str], now: datetime) -> Inputs:
    """With everything as it stands now for the snapshot, which a turn-on would keep (T-01)."""
    frames, values = [inputs.snapshot], [inputs.snapshot_values]
    if "inbound" in directions:
        passed = passes(definition.inbound.filter, now) & ~pl.col("_deleted")
        frames.append(inputs.salesforce.select(system=pl.lit(str(Side.SALESFORCE)), id="id", passed=passed))
    if "outbound" in directions:
        frames.append(inputs.spotio.select(system=pl.lit(str(Side.SPOTIO)), id="id", passed=pl.lit(False)))
        values += [
            inputs.spotio.select("id", column=pl.lit(column.name), value=column.name)
            for column in definition.needed(Side.SPOTIO)
        ]
    return replace(inputs, snapshot=pl.concat(frames), snapshot_values=pl.concat(values))


def mirrored_until(store: Store, definition: Definition, now: datetime) -> datetime:
    """When a row of either side was mirrored last: what the next plan need not look at again."""
    rows = store.rows(
        "select max(_pulled_at) as reached from (select max(_pulled_at) as _pulled_at from spotio.record union all"  # noqa: S608 (an object's name)
        f' select max(_pulled_at) from salesforce."{definition.sobject.lower()}")'
    )
    found = rows[0]["reached"]
    return found if isinstance(found, datetime) else now


def _settled(store: Store, definition: Definition, inputs: Inputs) -> tuple[Inputs, int]:
    """Without records of which the last write is unknown, or not mirrored yet."""
    waiting = _waiting(store, definition)
    if waiting.is_empty():
        return inputs, 0
    rows = {Side.SPOTIO: inputs.spotio, Side.SALESFORCE: inputs.salesforce}
    links = inputs.links
    for side in Side:
        ids = waiting.select(id=f"{side}_id").drop_nulls()
        links = links.join(ids, left_on=f"{side}_id", right_on="id", how="anti")
    held_links = inputs.links.join(links, on="link", how="anti")
    left = 0
    for side in Side:
        ids = pl.concat([waiting.select(id=f"{side}_id"), held_links.select(id=f"{side}_id")]).drop_nulls()
        kept = rows[side].join(ids, on="id", how="anti")
        left += rows[side].height - kept.height
        rows[side] = kept
    return replace(
        inputs,
        spotio=rows[Side.SPOTIO],
        salesforce=rows[Side.SALESFORCE],
        links=links,
        agreed=inputs.agreed.join(links, on="link", how="semi"),
    ), left


def _waiting(store: Store, definition: Definition) -> pl.DataFrame:
    sql = query("sync_waiting").replace("salesforce_table", f'salesforce."{definition.sobject.lower()}"')
    return store.frame(sql, {"sync": definition.sync})


def _without_waiting(store: Store, definition: Definition, pools: Pools) -> Pools:
    """Who waits for a look belongs to something already, as far as anybody knows."""
    waiting = _waiting(store, definition)
    return Pools(
        *(
            pool.with_columns(
                linked=pl.col("linked") | pl.col("id").is_in(waiting[f"{side}_id"].drop_nulls().implode())
            )
            for side, pool in ((Side.SPOTIO, pools.spotio), (Side.SALESFORCE, pools.salesforce))
        )
    )


def _with_partners(
    store: Store, definition: Definition, state: State, inputs: Inputs, found: pl.DataFrame
) -> Inputs:
    """The rows of matched records too, whose values become the first agreement."""
    rows = {Side.SPOTIO: inputs.spotio, Side.SALESFORCE: inputs.salesforce}
    lacking = [
        id
        for side in Side
        for id in found.select(id=f"{side}_id").join(rows[side], on="id", how="anti")["id"]
    ]
    if not lacking:
        return inputs
    more = load(store, definition, state, only=lacking)
    return replace(
        inputs,
        spotio=pl.concat([inputs.spotio, more.spotio.join(inputs.spotio, on="id", how="anti")]),
        salesforce=pl.concat(
            [inputs.salesforce, more.salesforce.join(inputs.salesforce, on="id", how="anti")]
        ),
    )
