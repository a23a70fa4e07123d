"""Pairs that exist on both sides already, found before anything is created (L-01, L-02).

Keys are tried in their order. Exactly one candidate on each side links; several, one that belongs to a link, or one
whose name begins with another letter, are a case for a person, and nothing is created for them. Before all keys stand
the ids: a record that bears the other's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from sync.engine.definition import Column, Definition, Kind, MatchKey, Side
from sync.engine.inputs import TEXT, Inputs, Pools, empty
from sync.engine.outcome import CASES
from sync.engine.streets import street
from sync.engine.values import canonical

FOUND: dict[str, pl.DataType | type[pl.DataType]] = {"spotio_id": TEXT, "salesforce_id": TEXT, "key": TEXT}
TWINS: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "system": TEXT,
    "id": TEXT,
    "cluster": TEXT,  # the key and the value that they share
    "key": TEXT,
    "taken": pl.Boolean,  # one of the cluster is made already
}
UNDECIDED = dict.fromkeys(("system", "id", "key", "partners", "text"), TEXT)
_TOO_MANY = (
    400  # pairs behind one key value: nobody looks through more, and joining them all would take the memory
)
_BY_ID = "the other system's id"
_BY_PERSON = "a person's word"


@dataclass(frozen=True)
class Matches:
    """`found`: pairs to be linked; `cases`: what a person decides; `undecided`: (system, id, key, partners) of those in a case.

    `twins` are records of one system that share a value of a key and have nobody on the other side (TWINS).
    """

    found: pl.DataFrame
    cases: pl.DataFrame
    undecided: pl.DataFrame
    twins: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TWINS))


def match(
    definition: Definition, inputs: Inputs, pools: Pools, from_spotio: pl.Series, from_salesforce: pl.Series
) -> Matches:
    """Match the records that would be created on the other side, given as ids, with everybody there."""
    wanted = {Side.SPOTIO: from_spotio, Side.SALESFORCE: from_salesforce}
    free = Pools(
        _without(pools.spotio, inputs, Side.SPOTIO), _without(pools.salesforce, inputs, Side.SALESFORCE)
    )
    # Linked by a person's word, whatever the keys say.
    said = _said(inputs.verdicts, free)
    one, several = _alone(said)
    found = [one.select("spotio_id", "salesforce_id", key=pl.lit(_BY_PERSON))]
    cases = [_cases(_hanging_together(several), _BY_PERSON)]
    undecided = [_members(cases[0], _BY_PERSON)]
    done = {side: one[f"{side}_id"] for side in Side}
    waiting = {side: _of_side(undecided[0], side) for side in Side}
    keyed = _Keyed(definition, free)
    steps: list[MatchKey | None] = [None, *definition.match]
    for key in steps:
        label = key.label if key else _BY_ID
        spoken_for = {side: pl.concat([done[side], waiting[side]]) for side in Side}
        still = {side: wanted[side].filter(~wanted[side].is_in(spoken_for[side].implode())) for side in Side}
        if not any(series.len() for series in still.values()):
            break
        pairs = _pairs(keyed, key, still) if key else _pairs_by_id(free)
        pairs = pairs.join(
            inputs.verdicts.filter(~pl.col("same")), on=["spotio_id", "salesforce_id"], how="anti"
        )
        one, several = _sorted_out(pairs, still, done, waiting)
        doubtful = _contradicting(definition, keyed, one) if key else one.clear()
        one = one.join(doubtful, on=["spotio_id", "salesforce_id"], how="anti", maintain_order="left")
        found.append(one.select("spotio_id", "salesforce_id", key=pl.lit(label)))
        case = pl.concat([_cases(several, label), _doubts(doubtful, label)])
        cases.append(case)
        undecided.append(_members(case, label))
        for side in Side:
            done[side] = pl.concat([done[side], one[f"{side}_id"]])
            waiting[side] = pl.concat([waiting[side], _of_side(undecided[-1], side)])
    return Matches(
        pl.concat(found),
        pl.concat(cases),
        pl.concat(undecided).unique(["system", "id"], keep="first", maintain_order=True),
        pl.concat(
            [
                _twins(keyed, key, side, wanted[side].filter(~wanted[side].is_in(pl.concat([done[side], waiting[side]]).implode())))
                for key in definition.match for side in Side
            ] or [pl.DataFrame(schema=TWINS)]
        ),
    )  # fmt: skip


def _twins(keyed: _Keyed, key: MatchKey, side: Side, alone: pl.Series) -> pl.DataFrame:
    """Of those who have nobody on the other side, those who share a value of a key."""
    pool = keyed.pool(key, side).filter(pl.col("id").is_in(alone.implode()))
    return pool.filter(pl.len().over("value") > 1).select(
        system=pl.lit(str(side)), id="id", cluster=pl.format("{}\x1f{}", pl.lit(key.label), "value"), key=pl.lit(key.label),
        taken=pl.lit(False),
    )  # fmt: skip


def waiting_twins(twins: pl.DataFrame, made: pl.Series) -> pl.DataFrame:
    """Of the twins of one system that would all be made, those that wait until one is (UNDECIDED).

    After that one has its counterpart, the others match it, and a person is asked as if they had come one by one.
    """
    own: dict[str, list[tuple[str, str]]] = {}
    rows = twins.filter(pl.col("id").is_in(made.implode())).sort("id", maintain_order=True)
    for id, cluster, key in rows.select("id", "cluster", "key").iter_rows():
        own.setdefault(id, []).append((cluster, key))
    taken: dict[str, str | None] = dict.fromkeys(rows.filter("taken")["cluster"])
    waiting = []
    for id, clusters in own.items():
        met = next(((cluster, key) for cluster, key in clusters if cluster in taken), None)
        if met is None:
            taken.update({cluster: id for cluster, _ in clusters})
        else:
            waiting.append((id, met[1], taken[met[0]]))
    frame = pl.DataFrame(waiting, schema={"id": TEXT, "key": TEXT, "partners": TEXT}, orient="row")
    return frame.select(
        system=pl.lit(rows["system"].first(), TEXT), id="id", key="key", partners="partners",
        text=pl.format("By {} it may be the same as another new record; one of them is made first, and then a person is asked.", "key"),
    )  # fmt: skip


def _without(pool: pl.DataFrame, inputs: Inputs, side: Side) -> pl.DataFrame:
    return pool.join(
        inputs.excluded.filter(pl.col("system") == side), on="id", how="anti", maintain_order="left"
    )


def _of_side(members: pl.DataFrame, side: Side) -> pl.Series:
    return members.filter(pl.col("system") == side)["id"]


def _said(verdicts: pl.DataFrame, pools: Pools) -> pl.DataFrame:
    """Pairs that a person called the same, of which neither side belongs to a link."""
    pairs = verdicts.filter("same").select("spotio_id", "salesforce_id").unique(maintain_order=True)
    for side, pool in ((Side.SPOTIO, pools.spotio), (Side.SALESFORCE, pools.salesforce)):
        free = pool.filter(~pl.col("linked")).select(pl.col("id").alias(f"{side}_id"))
        pairs = pairs.join(free, on=f"{side}_id", how="semi", maintain_order="left")
    return pairs.with_columns(spotio_linked=pl.lit(False), salesforce_linked=pl.lit(False))


def _alone(pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(pairs of which neither record is in another one, the others): links are one to one (L-03)."""
    single = (pl.col("salesforce_id").n_unique().over("spotio_id") == 1) & (
        pl.col("spotio_id").n_unique().over("salesforce_id") == 1
    )
    return pairs.filter(single), pairs.filter(~single)


def _pairs_by_id(pools: Pools) -> pl.DataFrame:
    forth = pools.salesforce.select(spotio_id="_spotio_id", salesforce_id="id").drop_nulls()
    back = pools.spotio.select(spotio_id="id", salesforce_id="_native_id").drop_nulls()
    pairs = (
        pl.concat([forth, back])
        .unique(maintain_order=True)
        .join(pools.spotio.select(spotio_id="id", spotio_linked="linked"), on="spotio_id", maintain_order="left")
        .join(pools.salesforce.select(salesforce_id="id", salesforce_linked="linked"), on="salesforce_id", maintain_order="left")
    )  # fmt: skip
    return _hanging_together(pairs).with_columns(many=pl.lit(False))


def _hanging_together(pairs: pl.DataFrame) -> pl.DataFrame:
    """With `value`, the same for all pairs that are joined by records that they share: what one case is about."""
    pairs = pairs.with_columns(value=pl.col("spotio_id").min().over("salesforce_id"))
    while True:
        wider = pairs.with_columns(pl.col("value").min().over("spotio_id"))
        wider = wider.with_columns(pl.col("value").min().over("salesforce_id"))
        if wider["value"].equals(pairs["value"]):
            return wider
        pairs = wider


class _Keyed:
    """The pools with the values of match keys, each column brought into its form once."""

    def __init__(self, definition: Definition, pools: Pools) -> None:
        self._definition = definition
        self._pools = {Side.SPOTIO: pools.spotio, Side.SALESFORCE: pools.salesforce}
        self._forms: dict[tuple[Side, str], pl.Series] = {}

    def pool(self, key: MatchKey, side: Side) -> pl.DataFrame:
        """id, linked and the key's value in the form in which people are told apart; without those that lack a part."""
        parts = [self._form(side, self._definition.rule(name).column(side)) for name in key.rules]
        named = {f"part{number}": part for number, part in enumerate(parts)}
        value = pl.concat_str(list(named), separator="\x1f")  # null as soon as one part is
        return (
            self._pools[side].select("id", "linked").with_columns(**named)
            .select("id", "linked", value=value).drop_nulls("value")
        )  # fmt: skip

    def initials(self, side: Side, column: Column, ids: pl.Series) -> pl.DataFrame:
        """id and the first letter or digit of a column, of the records with these ids."""
        rows = self._pools[side].filter(pl.col("id").is_in(ids.implode()))
        return rows.select("id", initial=_told_apart(pl.col(column.name), column.kind).str.slice(0, 1))

    def _form(self, side: Side, column: Column) -> pl.Series:
        if (side, column.name) not in self._forms:
            form = _told_apart(pl.col(column.name), column.kind).alias("form")
            self._forms[side, column.name] = self._pools[side].select(form)["form"]
        return self._forms[side, column.name]


def _told_apart(text: pl.Expr, kind: Kind) -> pl.Expr:
    """What a value says of who it is; null for what says nothing: no e-mail address, no whole number, no letter."""
    value = canonical(text, kind)
    if kind is Kind.EMAIL:
        return pl.when(value.str.contains("@", literal=True)).then(value).otherwise(None)
    if kind is Kind.PHONE:
        return pl.when(value.str.contains(r"^\d{7,}$")).then(value).otherwise(None)
    if kind is Kind.ADDRESS:
        return street(value)
    # Names as one hears them: without case and punctuation, single spaces.
    plain = value.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}@]+", " ").str.strip_chars()
    return pl.when(plain.str.len_bytes() > 0).then(plain).otherwise(None)


def _pairs(keyed: _Keyed, key: MatchKey, still: dict[Side, pl.Series]) -> pl.DataFrame:
    """All pairs of the pools that share a key value which somebody still looking has."""
    spotio, salesforce = keyed.pool(key, Side.SPOTIO), keyed.pool(key, Side.SALESFORCE)
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


def _sorted_out(
    pairs: pl.DataFrame,
    still: dict[Side, pl.Series],
    done: dict[Side, pl.Series],
    waiting: dict[Side, pl.Series],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(pairs with exactly one free candidate on each side, the others)."""
    # Whoever an earlier key has linked or left to a person is spoken for.
    pairs = pairs.with_columns(
        [pl.col(f"{side}_linked") | pl.col(f"{side}_id").is_in(done[side].implode()) for side in Side]
    ).with_columns(
        [
            (pl.col(f"{side}_linked") | pl.col(f"{side}_id").is_in(waiting[side].implode())).alias(f"{side}_taken")
            for side in Side
        ]
    )  # fmt: skip
    pairs = pairs.filter(~(pl.col("spotio_taken") & pl.col("salesforce_taken")))
    asking = pl.any_horizontal([pl.col(f"{side}_id").is_in(still[side].implode()) for side in Side])
    counted = pairs.with_columns(
        partners=pl.col("salesforce_id").n_unique().over("spotio_id"),
        rivals=pl.col("spotio_id").n_unique().over("salesforce_id"),
    )
    alone = (pl.col("partners") == 1) & (pl.col("rivals") == 1) & ~pl.col("many")
    free = ~pl.col("spotio_taken") & ~pl.col("salesforce_taken")
    one = counted.filter(alone & free & asking)
    return one, counted.filter(~(alone & free)).join(
        counted.filter(asking).select("value").unique(), on="value", how="semi", maintain_order="left"
    )


def _contradicting(definition: Definition, keyed: _Keyed, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose names begin differently, with `field`: two of a household share address, telephone and even e-mail.

    Looked at are the texts that any match key names, where both sides have one.
    """
    rules = [definition.rule(name) for key in definition.match for name in key.rules]
    texts = {rule.key: rule for rule in rules if rule.spotio.kind is rule.salesforce.kind is Kind.TEXT}
    frame = pairs.with_columns(field=pl.lit(None, TEXT))
    if frame.is_empty():
        return frame
    for rule in texts.values():
        for side in Side:
            initials = keyed.initials(side, rule.column(side), frame[f"{side}_id"]).rename(
                {"id": f"{side}_id", "initial": f"{side}_initial"}
            )
            frame = frame.join(initials, on=f"{side}_id", how="left", maintain_order="left")
        differ = (pl.col("spotio_initial") != pl.col("salesforce_initial")).fill_null(False)
        frame = frame.with_columns(
            field=pl.coalesce("field", pl.when(differ).then(pl.lit(rule.spotio.label)).otherwise(None))
        ).drop("spotio_initial", "salesforce_initial")
    return frame.filter(pl.col("field").is_not_null())


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
        .then(
            pl.format(
                "They match by {}, but one of them belongs to a link already, or our account does not see it any more.",
                pl.lit(label),
            )
        )
        .otherwise(
            pl.format("By {}, {} in SPOTIO and {} in Salesforce may be the same.", pl.lit(label), here, there)
        ),
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
