"""Pairs that exist on both sides already, found before anything is created (L-01, L-02).

Keys are tried in their order. Exactly one candidate on each side links; several, one that belongs to a link, or one whose name
begins with another letter, are a case for a person, and nothing is created for them. Before all keys stand the ids: a record that bears the other's id.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sync.engine.definition import Definition, Kind, MatchKey, Side
from sync.engine.inputs import TEXT, Inputs, Pools, empty
from sync.engine.outcome import CASES
from sync.engine.streets import street
from sync.engine.values import canonical

FOUND: dict[str, pl.DataType | type[pl.DataType]] = {"spotio_id": TEXT, "salesforce_id": TEXT, "key": TEXT}
_TOO_MANY = (
    400  # pairs behind one key value: nobody looks through more, and joining them all would take the memory
)
_BY_ID = "the other system's id"
_BY_PERSON = "a person's word"


@dataclass(frozen=True)
class Matches:
    """`found`: pairs to be linked; `cases`: what a person decides; `undecided`: (system, id, key, partners) of those in a case."""

    found: pl.DataFrame
    cases: pl.DataFrame
    undecided: pl.DataFrame


def match(
    definition: Definition, inputs: Inputs, pools: Pools, from_spotio: pl.Series, from_salesforce: pl.Series
) -> Matches:
    """Match the records that would be created on the other side, given as ids, with everybody there."""
    wanted = {Side.SPOTIO: from_spotio, Side.SALESFORCE: from_salesforce}
    # Linked by a person's word, whatever the keys say.
    said = inputs.verdicts.filter("same").select("spotio_id", "salesforce_id", key=pl.lit(_BY_PERSON))
    said = _free(said, pools)
    found = [said]
    cases = [empty(CASES)]
    done = {side: said[f"{side}_id"] for side in Side}
    undecided: list[pl.DataFrame] = []
    pools = Pools(
        *(
            _without(pool, inputs.excluded, side)
            for side, pool in zip(Side, (pools.spotio, pools.salesforce), strict=True)
        )
    )
    steps: list[tuple[str, pl.DataFrame | None]] = [(_BY_ID, _pairs_by_id(pools))]
    steps += [(key.label, None) for key in definition.match]
    for number, (label, pairs) in enumerate(steps):
        still = {side: wanted[side].filter(~wanted[side].is_in(done[side].implode())) for side in Side}
        if not any(series.len() for series in still.values()):
            break
        if pairs is None:
            pairs = _pairs(definition, definition.match[number - 1], pools, still)
        pairs = pairs.join(
            inputs.verdicts.filter(~pl.col("same")), on=["spotio_id", "salesforce_id"], how="anti"
        )
        one, several = _sorted_out(pairs, still, done)
        doubtful = _contradicting(definition, pools, one) if number else one.clear()
        one = one.join(doubtful, on=["spotio_id", "salesforce_id"], how="anti")
        found.append(one.select("spotio_id", "salesforce_id", key=pl.lit(label)))
        case = pl.concat([_cases(several, label), _doubts(doubtful, label)])
        cases.append(case)
        open_ones = _members(case, label)
        undecided.append(open_ones)
        for side in Side:
            taken = open_ones.filter(pl.col("system") == side)["id"]
            done[side] = pl.concat([done[side], one[f"{side}_id"], taken])
    return Matches(
        pl.concat(found).unique(["spotio_id", "salesforce_id"], keep="first", maintain_order=True),
        pl.concat(cases),
        pl.concat(undecided) if undecided else _members(empty(CASES), ""),
    )


def _without(pool: pl.DataFrame, excluded: pl.DataFrame, side: Side) -> pl.DataFrame:
    return pool.join(excluded.filter(pl.col("system") == side), on="id", how="anti")


def _free(pairs: pl.DataFrame, pools: Pools) -> pl.DataFrame:
    """Those of which neither side belongs to a link."""
    for side, pool in ((Side.SPOTIO, pools.spotio), (Side.SALESFORCE, pools.salesforce)):
        free = pool.filter(~pl.col("linked")).select(pl.col("id").alias(f"{side}_id"))
        pairs = pairs.join(free, on=f"{side}_id", how="semi")
    return pairs


def _pairs_by_id(pools: Pools) -> pl.DataFrame:
    forth = pools.salesforce.select(spotio_id="_spotio_id", salesforce_id="id").drop_nulls()
    back = pools.spotio.select(spotio_id="id", salesforce_id="_native_id").drop_nulls()
    pairs = pl.concat([forth, back]).unique()
    return (
        pairs.join(pools.spotio.select(spotio_id="id", spotio_linked="linked"), on="spotio_id")
        .join(pools.salesforce.select(salesforce_id="id", salesforce_linked="linked"), on="salesforce_id")
        .with_columns(value=pl.col("salesforce_id"), many=pl.lit(False))
    )


def _pairs(definition: Definition, key: MatchKey, pools: Pools, still: dict[Side, pl.Series]) -> pl.DataFrame:
    """All pairs of the pools that share a key value which somebody still looking has."""
    spotio = _keyed(definition, key, pools.spotio, Side.SPOTIO)
    salesforce = _keyed(definition, key, pools.salesforce, Side.SALESFORCE)
    asked = pl.concat(
        [
            spotio.filter(pl.col("id").is_in(still[Side.SPOTIO].implode())).select("value"),
            salesforce.filter(pl.col("id").is_in(still[Side.SALESFORCE].implode())).select("value"),
        ]
    ).unique()
    here = spotio.join(asked, on="value", how="semi")
    there = salesforce.join(asked, on="value", how="semi")
    sizes = here.group_by("value").len("n").join(there.group_by("value").len("m"), on="value")
    many = sizes.filter(pl.col("n") * pl.col("m") > _TOO_MANY).select("value", many=pl.lit(True))
    # Of a value that hundreds share, each is paired with one other, so that all of them stay undecided.
    crowd = here.join(many, on="value").join(there.unique("value"), on="value", suffix="_f")
    crowd = pl.concat([crowd, there.join(many, on="value").join(here.unique("value"), on="value", suffix="_s").select(
        id="id_s", linked="linked_s", value="value", many="many", id_f="id", linked_f="linked")], how="diagonal")  # fmt: skip
    few = here.join(many, on="value", how="anti").join(there, on="value", suffix="_f").with_columns(many=pl.lit(False))  # fmt: skip
    return pl.concat([few, crowd], how="diagonal").select(
        "value",
        "many",
        spotio_id="id",
        spotio_linked="linked",
        salesforce_id="id_f",
        salesforce_linked="linked_f",
    )


def _keyed(definition: Definition, key: MatchKey, pool: pl.DataFrame, side: Side) -> pl.DataFrame:
    """id, linked and the key's value in the form in which people are told apart; without those that lack a part."""
    parts = []
    for name in key.rules:
        column = definition.rule(name).column(side)
        parts.append(_compared(canonical(pl.col(column.name), column.kind), column.kind))
    value = pl.concat_str(parts, separator="\x1f")  # null as soon as one part is
    return pool.select("id", "linked", value=value).drop_nulls("value")


def _compared(value: pl.Expr, kind: Kind) -> pl.Expr:
    if kind is Kind.PHONE:
        return value
    return street(value) if kind is Kind.ADDRESS else _plain(value)


def _plain(value: pl.Expr) -> pl.Expr:
    """Names as one hears them: without case and punctuation, single spaces."""
    return (
        value.str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}@]+", " ")
        .str.strip_chars()
    )  # fmt: skip


def _sorted_out(
    pairs: pl.DataFrame, still: dict[Side, pl.Series], done: dict[Side, pl.Series]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(pairs with exactly one free candidate on each side, the others)."""
    # Whoever an earlier key has linked or left to a person is spoken for.
    pairs = pairs.with_columns(
        pl.col("spotio_linked") | pl.col("spotio_id").is_in(done[Side.SPOTIO].implode()),
        pl.col("salesforce_linked") | pl.col("salesforce_id").is_in(done[Side.SALESFORCE].implode()),
    )
    pairs = pairs.filter(~(pl.col("spotio_linked") & pl.col("salesforce_linked")))
    asking = pl.col("spotio_id").is_in(still[Side.SPOTIO].implode()) | pl.col("salesforce_id").is_in(
        still[Side.SALESFORCE].implode()
    )
    counted = pairs.with_columns(
        partners=pl.col("salesforce_id").n_unique().over("spotio_id"),
        rivals=pl.col("spotio_id").n_unique().over("salesforce_id"),
    )
    alone = (pl.col("partners") == 1) & (pl.col("rivals") == 1) & ~pl.col("many")
    free = ~pl.col("spotio_linked") & ~pl.col("salesforce_linked")
    one = counted.filter(alone & free & asking)
    return one, counted.filter(~(alone & free)).join(
        counted.filter(asking).select("value").unique(), on="value", how="semi"
    )


def _contradicting(definition: Definition, pools: Pools, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose names begin differently, with `field`: two of a household share address, telephone and even e-mail.

    Looked at are the texts that any match key names, where both sides have one.
    """
    rules = [definition.rule(name) for key in definition.match for name in key.rules]
    texts = {rule.key: rule for rule in rules if rule.spotio.kind is rule.salesforce.kind is Kind.TEXT}
    frame = pairs.with_columns(field=pl.lit(None, TEXT))
    for rule in texts.values():
        here = pools.spotio.select(spotio_id="id", here=_initial(rule.spotio.name))
        there = pools.salesforce.select(salesforce_id="id", there=_initial(rule.salesforce.name))
        differ = (pl.col("here") != pl.col("there")).fill_null(False)
        frame = (
            frame.join(here, on="spotio_id", how="left")
            .join(there, on="salesforce_id", how="left")
            .with_columns(
                field=pl.coalesce("field", pl.when(differ).then(pl.lit(rule.spotio.label)).otherwise(None))
            )
            .drop("here", "there")
        )
    return frame.filter(pl.col("field").is_not_null())


def _initial(name: str) -> pl.Expr:
    letter = _plain(canonical(pl.col(name), Kind.TEXT)).str.slice(0, 1)
    return pl.when(letter.str.len_bytes() == 0).then(None).otherwise(letter)


def _doubts(pairs: pl.DataFrame, label: str) -> pl.DataFrame:
    if pairs.is_empty():
        return empty(CASES)
    return pairs.select(
        kind=pl.lit("doubtful"), key=pl.lit(label), spotio_ids=pl.concat_list("spotio_id"),
        salesforce_ids=pl.concat_list("salesforce_id"),
        text=pl.format("{} matches one in each system, but {} differs.", pl.lit(label), "field"),
    )  # fmt: skip


def _cases(pairs: pl.DataFrame, label: str) -> pl.DataFrame:
    if pairs.is_empty():
        return empty(CASES)
    grouped = pairs.group_by("value", maintain_order=True).agg(
        spotio_ids=pl.col("spotio_id").unique().sort(),
        salesforce_ids=pl.col("salesforce_id").unique().sort(),
        linked=(pl.col("spotio_linked") | pl.col("salesforce_linked")).any(),
    )
    here, there = pl.col("spotio_ids").list.len(), pl.col("salesforce_ids").list.len()
    return grouped.select(
        kind=pl.when(pl.col("linked")).then(pl.lit("linked_already")).otherwise(pl.lit("several")),
        key=pl.lit(label),
        spotio_ids="spotio_ids",
        salesforce_ids="salesforce_ids",
        text=pl.when(pl.col("linked"))
        .then(pl.format("{} would match, but one of them belongs to a link already.", pl.lit(label)))
        .otherwise(pl.format("{} matches {} in SPOTIO and {} in Salesforce.", pl.lit(label), here, there)),
    )


def _members(cases: pl.DataFrame, label: str) -> pl.DataFrame:
    """(system, id, key, partners, text) of everybody in a case."""
    frames = []
    for side in Side:
        frames.append(
            cases.select(
                system=pl.lit(str(side)), id=pl.col(f"{side}_ids"), key=pl.lit(label),
                partners=pl.col(f"{side.other}_ids").list.join(", "), text="text",
            ).explode("id")
        )  # fmt: skip
    return pl.concat(frames).unique(["system", "id"], keep="first", maintain_order=True)
