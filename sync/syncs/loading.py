"""Load what a plan needs from the mirror and from what the sync keeps, in the shapes of sync/engine/inputs.py.

A plan looks at candidates: what was pulled after the last plan, what is still open, and their partners. A full plan
reads everything, in ranges of links that fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from data.store import Store
from data.syncs import candidates, cases, failures, kept_out, parts, persons, resolutions
from data.syncs.candidates import Look, Scope, looking
from data.syncs.edits import Users, edits, last_sent
from sync.engine.definition import Definition, Side
from sync.engine.field_states import persons_towards
from sync.engine.inputs import (
    AGREED,
    EDITS,
    FAILURES,
    IDS,
    LINKS,
    PERSONS,
    RESOLUTIONS,
    SALESFORCE_FLAGS,
    SNAPSHOT,
    SNAPSHOT_VALUES,
    SPOTIO_FLAGS,
    TEXT,
    VERDICTS,
    Inputs,
    Pools,
    Schema,
    State,
)
from sync.engine.values import Persons, translated

RECORDS_AT_ONCE = 50_000


def load(
    store: Store,
    definition: Definition,
    state: State,
    *,
    only: Iterable[str] | None = None,
    everything: bool = False,
    since: datetime | None = None,
) -> Inputs:
    """The facts of one plan.

    `since` is what the last plan reached (`SyncState.planned_to`): looked at is what was pulled after it, and what is
    still open. Without it, or with `everything`, every record is looked at. With `only`, just these ids, of records of
    either system or of links.
    """
    _pair_persons(store, definition)
    with looking(store, _scope(definition)) as look:
        if only is not None:
            candidates.choose(look, only)
        elif everything or since is None:
            candidates.choose_everything(look)
        else:
            candidates.choose_changed(look, since)
        return _inputs(store, look, definition, state)


def load_all(
    store: Store,
    definition: Definition,
    state: State,
    size: int = RECORDS_AT_ONCE,
    *,
    linked: bool = True,
) -> Iterator[Inputs]:
    """Everything, a piece at a time: linked pairs by ranges of links (unless not `linked`), then the unlinked records.

    Every record is in one piece, with whatever it is to be looked at with. All pieces show one moment.
    """
    _pair_persons(store, definition)
    with looking(store, _scope(definition)) as look:
        highest, *unlinked = candidates.prepare_ranges(look)
        for first in range(1, highest + 1 if linked else 1, size):
            if candidates.choose_links(look, first, first + size - 1):
                yield _inputs(store, look, definition, state)
        if linked and candidates.choose_merged(look):
            yield _inputs(store, look, definition, state)
        for side, count in zip(Side, unlinked, strict=True):
            for first in range(1, count + 1, size):
                candidates.choose_unlinked(look, side, first, first + size - 1)
                yield _inputs(store, look, definition, state)


def load_pools(store: Store, definition: Definition) -> Pools:
    """All live records of both sides, with the columns that match keys use and the ids that either keeps of the other."""
    keys = {rule for key in definition.match for rule in key.rules}
    names = {
        side: {rule.column(side).name: rule.key for rule in definition.fields if rule.key in keys}
        for side in Side
    }
    with looking(store, _scope(definition)) as look:
        return Pools(
            spotio=_shaped(
                parts.spotio_pool(look, names[Side.SPOTIO], definition.integration_users),
                _pool_schema(names[Side.SPOTIO], "_native_id"),
            ),
            salesforce=_shaped(
                parts.salesforce_pool(look, names[Side.SALESFORCE], definition.external_id),
                _pool_schema(names[Side.SALESFORCE], "_spotio_id"),
            ),
        )


def snapshot_frames(
    store: Store, definition: Definition, size: int = RECORDS_AT_ONCE
) -> Iterator[tuple[Side, pl.DataFrame]]:
    """Every record of both systems as it stands, deleted ones too, for the snapshot of a turn-on (T-01).

    With flags and needed columns, as in `Inputs`.
    """
    with looking(store, _scope(definition)) as look:
        counts = candidates.prepare_all(look)
        for side, count in zip(Side, counts, strict=True):
            for first in range(1, count + 1, size):
                candidates.choose_unlinked(look, side, first, first + size - 1)
                yield side, _records(look, definition, side)


def _pair_persons(store: Store, definition: Definition) -> None:
    persons.pair(store, definition.sync, definition.explicit_users, datetime.now(UTC))


def _scope(definition: Definition) -> Scope:
    columns = tuple(column.name for column in definition.needed(Side.SALESFORCE))
    return Scope(definition.sync, definition.type_id, definition.sobject.lower(), columns)


def _inputs(store: Store, look: Look, definition: Definition, state: State) -> Inputs:
    """Whatever belongs to the records and links that were chosen."""
    sync = definition.sync
    salesforce = _records(look, definition, Side.SALESFORCE)
    users = Users(definition.own_users, definition.integration_users)
    quiet = look.empty
    inputs = Inputs(
        spotio=_records(look, definition, Side.SPOTIO),
        salesforce=salesforce,
        links=_shaped(parts.links(look), LINKS),
        agreed=_shaped(parts.agreed(look), AGREED),
        edits=_shaped(
            pl.DataFrame() if quiet else edits(look, users, _moved(last_sent(look), salesforce)), EDITS
        ),
        snapshot=_shaped(parts.snapshot(look), SNAPSHOT),
        snapshot_values=_shaped(
            parts.snapshot_values(look, [column.name for column in definition.needed(Side.SPOTIO)])
            if state.outbound_on_at is not None
            else pl.DataFrame(),
            SNAPSHOT_VALUES,
        ),
        persons=_shaped(persons.persons(look.cursor, look.mirror, sync), PERSONS),
        failures=_shaped(failures.standing(store, sync), FAILURES),
        excluded=_shaped(kept_out.ids(store, sync, "excluded"), IDS),
        barred=_shaped(kept_out.ids(store, sync, "barred"), IDS),
        verdicts=_shaped(cases.verdicts(store, sync), VERDICTS),
    )
    return replace(inputs, resolutions=_resolutions(definition, inputs, resolutions.waiting(store, sync)))


def _records(look: Look, definition: Definition, side: Side) -> pl.DataFrame:
    names = [column.name for column in definition.needed(side)]
    if side is Side.SPOTIO:
        frame = parts.spotio_records(look, names, definition.integration_users)
        return _shaped(frame, SPOTIO_FLAGS | dict.fromkeys(names, TEXT))
    frame = parts.salesforce_records(look, names, definition.external_id)
    return _shaped(frame, SALESFORCE_FLAGS | dict.fromkeys(names, TEXT))


def _resolutions(definition: Definition, inputs: Inputs, waiting: pl.DataFrame) -> pl.DataFrame:
    """What people decided. A value that lost in Salesforce and is restored is told in SPOTIO's form, as a typed one is."""
    restored = waiting.filter(value_of="salesforce")
    parts = [waiting.join(restored, on=["link", "field"], how="anti")]
    rules = {rule.key: rule for rule in definition.fields}
    towards = Persons() if restored.is_empty() else persons_towards(Side.SPOTIO, definition, inputs)
    for (key,), rows in restored.partition_by("field", as_dict=True).items():
        if key in rules:
            value = translated(pl.col("value"), rules[str(key)], Side.SPOTIO, towards)
            parts.append(rows.with_columns(value=value).drop_nulls("value"))
    return _shaped(pl.concat(parts), RESOLUTIONS)


def _moved(sent: pl.DataFrame, salesforce: pl.DataFrame) -> pl.DataFrame:
    """The columns of our last writes that hold something else by now: (id, column)."""
    found = [pl.DataFrame(schema={"id": pl.String, "column": pl.String})]
    for (name,), rows in sent.partition_by("column", as_dict=True).items():
        if name not in salesforce.columns:
            continue
        now = rows.join(salesforce.select("id", now=pl.col(name)), on="id")
        same = pl.col("now").fill_null("") == pl.col("after").fill_null("")
        number = pl.col("now").cast(pl.Float64, strict=False) == pl.col("after").cast(
            pl.Float64, strict=False
        )
        found.append(now.filter(~(same | number.fill_null(False))).select("id", "column"))
    return pl.concat(found)


def _pool_schema(names: Iterable[str], outside: str) -> Schema:
    return {"id": TEXT, "linked": pl.Boolean, outside: TEXT, **dict.fromkeys(names, TEXT)}


def _shaped(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame with just these columns and types."""
    if not frame.columns:
        return pl.DataFrame(schema=schema)
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
