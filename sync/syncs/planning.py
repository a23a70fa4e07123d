"""A plan of one sync from what the store holds: load, see who may enter, find who exists already, decide.

Left out is what a plan could only be wrong about: records whose last write nobody knows the end of, and records that
were written after the mirror read them last. Both come back by themselves, after a look or a pull.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from data.store import Store, query
from data.syncs import states
from sync.engine import guards
from sync.engine.definition import Definition, Side
from sync.engine.filters import passes
from sync.engine.inputs import SALESFORCE_FLAGS, SPOTIO_FLAGS, TEXT, Inputs, Pools, State, empty
from sync.engine.match import Matches, match
from sync.engine.outcome import Plan
from sync.engine.plan import NO_MATCHES, entries, plan
from sync.syncs.loading import load, load_all, load_pools


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


def all_due(definition: Definition, kept: states.SyncState, now: datetime) -> bool:
    """Whether everything is to be planned anew, and not only what was pulled since the last plan.

    So it is with another version of the configuration, which may decide anything otherwise, and with relative dates in
    a filter once a day (of UTC, as filters count) has ended since (L-06).
    """
    if kept.planned_version != definition.version or kept.planned_to is None:
        return True
    return definition.by_the_day and kept.planned_to.astimezone(UTC).date() < now.astimezone(UTC).date()


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
    piece: Callable[[Planned], None] | None = None,
) -> Planned:
    """Plan one sync: what was pulled after `since` and what is open; with `everything` all of it, with `only` some ids.

    With `turning_on`, directions that are about to be turned on, it is planned as if that had happened now. All of a
    large sync is planned by pieces, each told to `piece`; the plan that is given holds no decision on what is in step.
    """
    reached = mirrored_until(store, definition, now)
    if only is None and (everything or since is None):
        return _by_pieces(store, definition, state, now, reached, turning_on, piece)
    inputs = load(store, definition, state, only=only, since=since)
    if turning_on:
        inputs = _as_snapshot(definition, inputs, turning_on, now)
    inputs, unsettled = _settled(store, definition, inputs)
    entering = entries(definition, inputs, state, now)
    matches = _matched(store, definition, inputs, {side: entering.ids(side) for side in Side})
    inputs = _with_partners(store, definition, state, inputs, matches.found)
    made = plan(definition, inputs, state, now, entering, matches)
    planned = Planned(definition, state, inputs, made, reached, unsettled)
    if piece is not None:
        piece(planned)
    return planned


def _matched(
    store: Store, definition: Definition, inputs: Inputs, wanted: Mapping[Side, pl.Series]
) -> Matches:
    """Who of those that would be made on the other side is there already; everybody is asked only when somebody would be."""
    if not any(ids.len() for ids in wanted.values()):
        return NO_MATCHES
    pools = _without_waiting(store, definition, load_pools(store, definition))
    return match(definition, inputs, pools, wanted[Side.SPOTIO], wanted[Side.SALESFORCE])


def _by_pieces(
    store: Store,
    definition: Definition,
    state: State,
    now: datetime,
    reached: datetime,
    turning_on: Sequence[str],
    piece: Callable[[Planned], None] | None,
) -> Planned:
    """The same over everything, within bounded memory: first who enters and whom that is, then each piece by itself."""
    wanted: dict[Side, list[pl.Series]] = {side: [pl.Series("id", [], pl.String)] for side in Side}
    asked: Inputs | None = None
    for inputs, _ in _pieces(store, definition, state, now, turning_on, linked=False):
        entering = entries(definition, inputs, state, now)
        for side in Side:
            wanted[side].append(entering.ids(side))
        asked = inputs
    ids = {side: pl.concat(found) for side, found in wanted.items()}
    matches = NO_MATCHES if asked is None else _matched(store, definition, asked, ids)
    kept, unsettled = [Plan(cases=matches.cases)], 0
    last: Inputs | None = None
    for inputs, left in _pieces(store, definition, state, now, turning_on, linked=True):
        here, ours = _piece_of(inputs, matches)
        entering = entries(definition, here, state, now)
        here = _with_partners(store, definition, state, here, ours.found)
        planned = Planned(
            definition, state, here, plan(definition, here, state, now, entering, ours), reached, left
        )
        if piece is not None:
            piece(planned)
        if not matches.twins.is_empty():
            matches = _made(matches, planned.plan)
        kept.append(_lean(planned.plan))
        unsettled += left
        last = here
    whole = Plan(**{name: pl.concat([getattr(part, name) for part in kept]) for name in vars(kept[0])})
    return Planned(definition, state, last or _nothing(definition), whole, reached, unsettled)


def _pieces(
    store: Store,
    definition: Definition,
    state: State,
    now: datetime,
    turning_on: Sequence[str],
    *,
    linked: bool,
) -> Iterator[tuple[Inputs, int]]:
    for inputs in load_all(store, definition, state, linked=linked):
        yield _settled(
            store,
            definition,
            _as_snapshot(definition, inputs, turning_on, now) if turning_on else inputs,
        )


def _piece_of(inputs: Inputs, matches: Matches) -> tuple[Inputs, Matches]:
    """A piece without SPOTIO's records that are linked in another one, and the matches that are carried out in it.

    A pair is linked in the piece of its Salesforce record.
    """
    found = matches.found.join(inputs.salesforce, left_on="salesforce_id", right_on="id", how="semi")
    elsewhere = matches.found.join(found, on="spotio_id", how="anti")
    here = replace(
        inputs, spotio=inputs.spotio.join(elsewhere, left_on="id", right_on="spotio_id", how="anti")
    )
    present = pl.concat(
        [
            inputs.spotio.select("id", system=pl.lit(str(Side.SPOTIO))),
            inputs.salesforce.select("id", system=pl.lit(str(Side.SALESFORCE))),
        ]
    )
    undecided = matches.undecided.join(present, on=["system", "id"], how="semi")
    cases = matches.cases.with_row_index("case")
    touched = [
        cases.select("case", id=f"{side}_ids", system=pl.lit(str(side))).explode("id").join(present, on=["system", "id"], how="semi")
        for side in Side
    ]  # fmt: skip
    ours = cases.join(pl.concat(touched), on="case", how="semi").drop("case")
    twins = matches.twins.join(present, on=["system", "id"], how="semi", maintain_order="left")
    return here, Matches(found, ours, undecided, twins)


def _made(matches: Matches, made: Plan) -> Matches:
    """The matches once a piece has made one of some twins: the others, in other pieces, wait for it."""
    creates = made.actions.filter(pl.col("kind") == "create")
    sources = pl.concat(
        [creates.select(id=f"{side}_id", system=pl.lit(str(side))).drop_nulls("id") for side in Side]
    )
    done = matches.twins.join(sources, on=["system", "id"], how="semi").select("system", "cluster")
    taken = pl.struct("system", "cluster").is_in(done.to_struct().implode())
    return replace(matches, twins=matches.twins.with_columns(taken=pl.col("taken") | taken))


def _lean(made: Plan) -> Plan:
    """A piece's plan without the decisions that nothing follows from, which are most of them, and cases, which all have."""
    return replace(
        made, decisions=made.decisions.filter(pl.col("outcome") != "in_step"), cases=made.cases.clear()
    )


def _nothing(definition: Definition) -> Inputs:
    columns = {side: dict.fromkeys((c.name for c in definition.needed(side)), TEXT) for side in Side}
    return Inputs(
        spotio=empty(SPOTIO_FLAGS | columns[Side.SPOTIO]),
        salesforce=empty(SALESFORCE_FLAGS | columns[Side.SALESFORCE]),
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
