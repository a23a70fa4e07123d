"""The mapped fields of linked records as they stand: both values beside their bases, and what changed.

Only what may become something goes on to be decided (`reconcile.py`): of most fields neither side's text has moved.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sync.engine.definition import Definition, FieldRule, Side
from sync.engine.inputs import TEXT, Inputs, State
from sync.engine.values import Persons, canonical, translated

FIELD_STATES: dict[str, pl.DataType | type[pl.DataType]] = {
    "link": TEXT, "spotio_id": TEXT, "salesforce_id": TEXT, "born": TEXT, "field": TEXT, "unit": TEXT,
    "base_spotio": TEXT, "base_salesforce": TEXT, "spotio": TEXT, "salesforce": TEXT,
    "as_spotio": TEXT,  # what Salesforce's value is in SPOTIO
    "as_salesforce": TEXT,
    "unmapped_spotio": pl.Boolean,  # Salesforce's value has no counterpart in SPOTIO
    "unmapped_salesforce": pl.Boolean,
    "known": pl.Boolean,  # the two agreed on this field before
    "spotio_changed": pl.Boolean, "salesforce_changed": pl.Boolean,
    "equal": pl.Boolean,  # they show the same now
    "history": pl.Boolean,  # SPOTIO's value was there before the outbound direction was turned on (SF-07)
    "can_spotio": pl.Boolean,  # whether the mapping lets values travel there
    "can_salesforce": pl.Boolean,
    "may_spotio": pl.Boolean,  # and whether that direction is open for the link now
    "may_salesforce": pl.Boolean,
    "last_reason": TEXT,  # why the field was written last
}  # fmt: skip


def persons_towards(side: Side, definition: Definition, inputs: Inputs) -> Persons:
    """Who the users of the other side are on `side`: an active user there, or the default one."""
    default = definition.default_spotio_user if side is Side.SPOTIO else definition.default_salesforce_user
    active = set(inputs.persons.filter((pl.col("system") == side) & pl.col("active"))["id"])
    others = inputs.persons.filter(pl.col("system") == side.other).select("id", "partner")
    return Persons({id: partner for id, partner in others.iter_rows() if partner in active}, default)


def field_states(definition: Definition, inputs: Inputs, state: State, pairs: pl.DataFrame) -> pl.DataFrame:
    """The mapped fields of which anything may become something, in the shape of FIELD_STATES.

    Left out are units of which neither side's text differs from the agreement, that are not new to their link, and of
    which nobody decided anything. `pairs` has link, spotio_id, salesforce_id, born, open_spotio, open_salesforce (whether
    values may travel to that side), and the columns of both sides, called "spotio.<name>" and "salesforce.<name>".
    """
    nothing = pl.DataFrame(schema=FIELD_STATES)
    rules = [rule for rule in definition.fields if not rule.stopped]
    if pairs.is_empty() or not rules:
        return nothing
    persons = {side: persons_towards(side, definition, inputs) for side in Side}
    agreed = inputs.agreed.partition_by("field", as_dict=True)
    held = inputs.snapshot_values.partition_by("column", as_dict=True)
    beside = {}
    moved: dict[str, list[pl.DataFrame]] = {}
    for rule in rules:
        bases = agreed.get((rule.key,), inputs.agreed.clear())
        before = held.get((rule.spotio.name,), inputs.snapshot_values.clear())
        beside[rule.key] = frame = _beside(rule, pairs, bases, before)
        said = inputs.resolutions.filter(pl.col("field") == rule.key).select("link")
        moved.setdefault(rule.unit, []).extend([frame.filter("moved").select("link"), said])
    frames = [nothing]
    for rule in rules:
        links = pl.concat(moved[rule.unit]).unique()
        frames.append(_states_of(rule, beside[rule.key].join(links, on="link", how="semi"), persons, state))
    return pl.concat(frames)


def _beside(rule: FieldRule, pairs: pl.DataFrame, bases: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Both values of a field beside their bases, and whether the text of either moved at all: most has not."""
    frame = pairs.select(
        "link", "spotio_id", "salesforce_id", "born", "open_spotio", "open_salesforce",
        spotio=f"spotio.{rule.spotio.name}", salesforce=f"salesforce.{rule.salesforce.name}",
    )  # fmt: skip
    agreed = bases.select(
        "link", "agreed_at", base_spotio="spotio", base_salesforce="salesforce", last_reason="reason",
        known=pl.lit(True),
    )  # fmt: skip
    stood = held.select(spotio_id="id", held="value", was_held=pl.lit(True))
    apart = ~pl.col("spotio").eq_missing(pl.col("base_spotio")) | ~pl.col("salesforce").eq_missing(
        pl.col("base_salesforce")
    )
    return (
        frame.join(agreed, on="link", how="left")
        .join(stood, on="spotio_id", how="left")
        .with_columns(pl.col("known").fill_null(False), pl.col("was_held").fill_null(False))
        .with_columns(moved=~pl.col("known") | apart)
    )


def _states_of(
    rule: FieldRule, beside: pl.DataFrame, persons: Mapping[Side, Persons], state: State
) -> pl.DataFrame:
    here, there = rule.spotio.kind, rule.salesforce.kind
    spotio, salesforce = pl.col("spotio"), pl.col("salesforce")
    frame = beside.with_columns(
        as_spotio=translated(salesforce, rule, Side.SPOTIO, persons[Side.SPOTIO]),
        as_salesforce=translated(spotio, rule, Side.SALESFORCE, persons[Side.SALESFORCE]),
    )
    # Canonical forms are dear: each is made once.
    frame = frame.with_columns(
        _spotio=canonical(spotio, here), _salesforce=canonical(salesforce, there),
        _base_spotio=canonical(pl.col("base_spotio"), here), _base_salesforce=canonical(pl.col("base_salesforce"), there),
        _as_spotio=canonical(pl.col("as_spotio"), here), _as_salesforce=canonical(pl.col("as_salesforce"), there),
    )  # fmt: skip
    stood = pl.lit(False)
    if state.outbound_on_at is not None:
        # Before the outbound direction was on, and no agreement since: it was there, and stays there (SF-07).
        early = pl.col("was_held") & (pl.col("agreed_at") < state.outbound_on_at).fill_null(False)
        stood = early & pl.col("_spotio").eq_missing(canonical(pl.col("held"), here))
    frame = frame.with_columns(
        unmapped_spotio=pl.col("_salesforce").is_not_null() & pl.col("as_spotio").is_null(),
        unmapped_salesforce=pl.col("_spotio").is_not_null() & pl.col("as_salesforce").is_null(),
        spotio_changed=pl.col("known") & ~pl.col("_spotio").eq_missing(pl.col("_base_spotio")),
        salesforce_changed=pl.col("known") & ~pl.col("_salesforce").eq_missing(pl.col("_base_salesforce")),
        stood=stood,
    )
    can = {side: rule.towards(side) and rule.column(side).updateable for side in Side}
    # Either translation may lose something: two values that one of them makes the same agree.
    forth = pl.col("_as_salesforce").eq_missing(pl.col("_salesforce")) & ~pl.col("unmapped_salesforce")
    back = pl.col("_as_spotio").eq_missing(pl.col("_spotio")) & ~pl.col("unmapped_spotio")
    return frame.select(
        "link", "spotio_id", "salesforce_id", "born", pl.lit(rule.key).alias("field"), pl.lit(rule.unit).alias("unit"),
        "base_spotio", "base_salesforce", "spotio", "salesforce", "as_spotio", "as_salesforce",
        "unmapped_spotio", "unmapped_salesforce", "known", "spotio_changed", "salesforce_changed",
        (forth | back).alias("equal"), (pl.col("stood") & pl.col("spotio_changed")).alias("history"),
        pl.lit(can[Side.SPOTIO]).alias("can_spotio"), pl.lit(can[Side.SALESFORCE]).alias("can_salesforce"),
        (pl.col("open_spotio") & can[Side.SPOTIO]).alias("may_spotio"),
        (pl.col("open_salesforce") & can[Side.SALESFORCE]).alias("may_salesforce"), "last_reason",
    )  # fmt: skip
