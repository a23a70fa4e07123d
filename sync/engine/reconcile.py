"""Three-way, a field at a time: each side against its own value at the last agreement.

One changed: the other is written. Both to the same: they agree. Both apart: a conflict, which a policy or a person may
settle. Fields of one group are decided together. The columns made here are the explanation and the conflict report.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sync.engine.definition import Definition, FieldRule, Side
from sync.engine.inputs import TEXT, Inputs, State
from sync.engine.values import blank, canonical, translated

FIELD_STATES: dict[str, pl.DataType | type[pl.DataType]] = {
    "link": TEXT, "spotio_id": TEXT, "salesforce_id": TEXT, "field": TEXT, "unit": TEXT,
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


def persons_towards(side: Side, definition: Definition, inputs: Inputs) -> dict[str, str]:
    """User of the other side -> user of `side`; whoever has no active one there is the default user, if there is one."""
    default = definition.default_spotio_user if side is Side.SPOTIO else definition.default_salesforce_user
    active = set(inputs.persons.filter((pl.col("system") == side) & pl.col("active"))["id"])
    found: dict[str, str] = {}
    for id, partner in (
        inputs.persons.filter(pl.col("system") == side.other).select("id", "partner").iter_rows()
    ):
        if partner is not None and partner in active:
            found[id] = partner
        elif default:
            found[id] = default
    return found


def field_states(definition: Definition, inputs: Inputs, state: State, pairs: pl.DataFrame) -> pl.DataFrame:
    """The mapped fields of which anything may become something, in the shape of FIELD_STATES.

    Left out are units of which neither side's text differs from the agreement, that are not new to their link, and of
    which nobody decided anything. `pairs` has link, spotio_id, salesforce_id, open_spotio, open_salesforce (whether
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
    frame = pairs.lazy().select(
        "link", "spotio_id", "salesforce_id", "open_spotio", "open_salesforce",
        spotio=f"spotio.{rule.spotio.name}", salesforce=f"salesforce.{rule.salesforce.name}",
    )  # fmt: skip
    agreed = bases.lazy().select(
        "link", "agreed_at", base_spotio="spotio", base_salesforce="salesforce", last_reason="reason",
        known=pl.lit(True),
    )  # fmt: skip
    stood = held.lazy().select(spotio_id="id", held="value", was_held=pl.lit(True))
    apart = ~pl.col("spotio").eq_missing(pl.col("base_spotio")) | ~pl.col("salesforce").eq_missing(
        pl.col("base_salesforce")
    )
    return (
        frame.join(agreed, on="link", how="left")
        .join(stood, on="spotio_id", how="left")
        .with_columns(pl.col("known").fill_null(False), pl.col("was_held").fill_null(False))
        .with_columns(moved=~pl.col("known") | apart)
        .collect()
    )


def _states_of(
    rule: FieldRule, beside: pl.DataFrame, persons: Mapping[Side, Mapping[str, str]], state: State
) -> pl.DataFrame:
    here, there = rule.spotio.kind, rule.salesforce.kind
    spotio, salesforce = pl.col("spotio"), pl.col("salesforce")
    frame = beside.lazy().with_columns(
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
        early = pl.col("was_held") & (pl.col("agreed_at") < state.outbound_on_at)
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
        "link", "spotio_id", "salesforce_id", pl.lit(rule.key).alias("field"), pl.lit(rule.unit).alias("unit"),
        "base_spotio", "base_salesforce", "spotio", "salesforce", "as_spotio", "as_salesforce",
        "unmapped_spotio", "unmapped_salesforce", "known", "spotio_changed", "salesforce_changed",
        (forth | back).alias("equal"), (pl.col("stood") & pl.col("spotio_changed")).alias("history"),
        pl.lit(can[Side.SPOTIO]).alias("can_spotio"), pl.lit(can[Side.SALESFORCE]).alias("can_salesforce"),
        (pl.col("open_spotio") & can[Side.SPOTIO]).alias("may_spotio"),
        (pl.col("open_salesforce") & can[Side.SALESFORCE]).alias("may_salesforce"), "last_reason",
    ).collect()  # fmt: skip


def decide(definition: Definition, inputs: Inputs, state: State, states: pl.DataFrame) -> pl.DataFrame:
    """What becomes of every field of which anything may: FIELD_STATES with

    `verdict` (null: nothing is to be done), `reason` (of a write: edited | conflict | resolved | backfill | automation),
    `conflict`, its `winner` (null: a person decides) and `why`, who changed each side when, and `value` where a person
    typed one. Verdicts: to_spotio, to_salesforce, to_both, agree (both came to the same), conflict, standing (they
    differ, and nothing says which is right), blank_kept, held (its direction is not open now), loser_rebased (the
    winner's value may not travel, so each side keeps its own).
    """
    rules = pl.DataFrame(
        [
            (
                r.key, r.conflict, r.blanks, r.backfill,
                r.spotio.name, r.salesforce.name,
            )
            for r in definition.fields
        ],
        schema={"field": TEXT, "policy": TEXT, "blanks": TEXT, "backfill": pl.Boolean, "spotio_column": TEXT, "salesforce_column": TEXT}, orient="row",
    )  # fmt: skip
    frame = _with_edits(states.join(rules, on="field", how="left"), inputs)
    # Where blanks are kept, emptying a field is no change that travels; it is not undone either until the other side's
    # value changes (SF-26).
    keep = pl.col("blanks") == "keep"
    moved_s = (
        pl.col("spotio_changed") & ~pl.col("equal") & ~pl.col("history") & ~(keep & blank(pl.col("spotio")))
    )
    moved_f = pl.col("salesforce_changed") & ~pl.col("equal") & ~(keep & blank(pl.col("salesforce")))
    # A value from before the outbound direction stays where it is, and clashes when the other side changes too.
    clashing_s = pl.col("spotio_changed") & ~pl.col("equal") & ~(keep & blank(pl.col("spotio")))
    fresh = ~pl.col("known") & ~pl.col("equal")
    fill_s = fresh & pl.col("backfill") & blank(pl.col("spotio")) & pl.col("may_spotio")
    fill_f = fresh & pl.col("backfill") & blank(pl.col("salesforce")) & pl.col("may_salesforce")
    frame = frame.with_columns(moved_s=moved_s | fill_f, moved_f=moved_f | fill_s, clashing_s=clashing_s)
    over = ["link", "unit"]
    frame = frame.with_columns(
        unit_s=pl.col("moved_s").any().over(over),
        unit_f=pl.col("moved_f").any().over(over),
        unit_clash=pl.col("clashing_s").any().over(over) & pl.col("moved_f").any().over(over),
        flips=(
            (pl.col("last_reason") == "automation")
            & (pl.col("salesforce_origin") == "automation")
            & pl.col("moved_f")
        ).fill_null(False).any().over(over),
    )  # fmt: skip
    conflict = (pl.col("unit_s") & pl.col("unit_f")) | pl.col("unit_clash") | pl.col("flips")
    frame = frame.with_columns(conflict=conflict & ~pl.col("equal"))
    frame = _with_resolutions(frame, inputs.resolutions)
    frame = _with_winner(frame, state)
    return _with_verdict(frame)


def _with_edits(frame: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """Who changed each side when, where the system tells of that very field; else who changed the record last, without a time."""
    for side in Side:
        edits = inputs.edits.filter(pl.col("system") == side)
        named = edits.filter(pl.col("column").is_not_null()).select(
            pl.col("id").alias(f"{side}_id"), pl.col("column").alias(f"{side}_column"),
            pl.col("changed_at").alias(f"{side}_changed_at"), pl.col("changed_by").alias(f"{side}_changed_by"),
            pl.col("origin").alias(f"{side}_origin"),
        )  # fmt: skip
        anyhow = edits.filter(pl.col("column").is_null()).select(
            pl.col("id").alias(f"{side}_id"),
            pl.col("changed_by").alias("_by"),
            pl.col("origin").alias("_origin"),
        )
        frame = frame.join(named, on=[f"{side}_id", f"{side}_column"], how="left").join(
            anyhow.unique(f"{side}_id"), on=f"{side}_id", how="left"
        )
        frame = frame.with_columns(
            pl.coalesce(f"{side}_changed_by", "_by").alias(f"{side}_changed_by"),
            pl.coalesce(f"{side}_origin", "_origin").alias(f"{side}_origin"),
        ).drop("_by", "_origin")
    return frame


def _with_resolutions(frame: pl.DataFrame, resolutions: pl.DataFrame) -> pl.DataFrame:
    """What a person decided, as long as both sides still show what that person saw."""
    chosen = resolutions.select(
        "link",
        "field",
        "take",
        "value",
        seen_spotio="spotio",
        seen_salesforce="salesforce",
        decided=pl.lit(True),
    )
    joined = frame.join(chosen.unique(["link", "field"], keep="last"), on=["link", "field"], how="left")
    holds = (
        pl.col("decided").fill_null(False)
        & pl.col("seen_spotio").eq_missing(pl.col("spotio"))
        & pl.col("seen_salesforce").eq_missing(pl.col("salesforce"))
    )
    return joined.with_columns(
        take=pl.when(holds).then("take").otherwise(None),
        value=pl.when(holds & (pl.col("take") == "value")).then("value").otherwise(None),
    ).drop("seen_spotio", "seen_salesforce", "decided")


def _with_winner(frame: pl.DataFrame, state: State) -> pl.DataFrame:
    """Who a conflict is settled for, and why; the same for all fields of a unit (F-02)."""
    apart = (pl.col("spotio_changed_at") - pl.col("salesforce_changed_at")).dt.total_seconds()
    newest = (
        pl.when(apart > state.poll_seconds).then(pl.lit("spotio"))
        .when(apart < -state.poll_seconds).then(pl.lit("salesforce"))
        .otherwise(None)
    )  # fmt: skip
    by_policy = (
        pl.when(pl.col("flips")).then(None)
        .when(pl.col("policy").is_in(["spotio", "salesforce"])).then(pl.col("policy"))
        .when(pl.col("policy") == "newest").then(newest)
        .otherwise(None)
    )  # fmt: skip
    why_policy = (
        pl.when(pl.col("flips")).then(pl.lit("It changes again and again without a person."))
        .when(pl.col("policy") == "spotio").then(pl.lit("The mapping says that SPOTIO wins."))
        .when(pl.col("policy") == "salesforce").then(pl.lit("The mapping says that Salesforce wins."))
        .when((pl.col("policy") == "newest") & by_policy.is_not_null()).then(pl.lit("The newest change wins."))
        .when((pl.col("policy") == "newest") & apart.is_null()).then(pl.lit("The newest wins, but when the field was changed is not known on both sides."))
        .when(pl.col("policy") == "newest").then(pl.lit("The newest wins, but both changed within one poll."))
        .otherwise(pl.lit("The mapping says to ask."))
    )  # fmt: skip
    frame = frame.with_columns(_by_policy=by_policy, _why=why_policy)
    # Of a group the fields may have policies of their own; where they disagree, a person decides.
    fields = pl.col("conflict")
    over = ["link", "unit"]
    first = pl.col("_by_policy").filter(fields).first().over(over)
    agreed = pl.col("_by_policy").filter(fields).n_unique().over(over) == 1
    taken = pl.col("take").filter(fields & pl.col("take").is_not_null()).first().over(over)
    winner = pl.when(taken.is_in(["spotio", "salesforce"])).then(taken).when(taken == "value").then(pl.lit("value")).when(agreed).then(first).otherwise(None)  # fmt: skip
    return frame.with_columns(
        winner=pl.when(pl.col("conflict").any().over(over)).then(winner).otherwise(None),
        why=pl.when(taken.is_not_null()).then(pl.lit("A person decided.")).otherwise(pl.col("_why")),
        resolved=taken.is_not_null(),
    ).drop("_by_policy", "_why")


def _with_verdict(frame: pl.DataFrame) -> pl.DataFrame:
    over = ["link", "unit"]
    clash = pl.col("conflict").any().over(over)
    chosen = pl.col("take").replace_strict(
        {"spotio": "to_salesforce", "salesforce": "to_spotio", "value": "to_both"},
        default=None,
        return_dtype=TEXT,
    )
    frame = frame.with_columns(
        _clash=clash,
        _target=pl.when(clash).then(
            pl.col("winner").replace_strict(
                {"spotio": "to_salesforce", "salesforce": "to_spotio", "value": "to_both"},
                default="conflict", return_dtype=TEXT,
            )
        )
        .when(chosen.is_not_null()).then(chosen)
        .when(pl.col("unit_s") & ~pl.col("unit_f")).then(pl.lit("to_salesforce"))
        .when(pl.col("unit_f") & ~pl.col("unit_s")).then(pl.lit("to_spotio"))
        .otherwise(None),
    )  # fmt: skip
    to_s, to_f = pl.col("_target") == "to_spotio", pl.col("_target") == "to_salesforce"
    # A form may change where no value does: the next comparison starts from it (F-01).
    moved = ~pl.col("spotio").eq_missing(pl.col("base_spotio")) | ~pl.col("salesforce").eq_missing(
        pl.col("base_salesforce")
    )
    keep = (pl.col("blanks") == "keep") & pl.col("take").is_null()
    emptied = keep & ((to_s & blank(pl.col("salesforce"))) | (to_f & blank(pl.col("spotio"))))
    left = keep & pl.col("_target").is_null() & ((pl.col("spotio_changed") & blank(pl.col("spotio"))) | (pl.col("salesforce_changed") & blank(pl.col("salesforce"))))  # fmt: skip
    shut = (to_s & ~pl.col("may_spotio")) | (to_f & ~pl.col("may_salesforce"))
    never = (to_s & ~pl.col("can_spotio")) | (to_f & ~pl.col("can_salesforce"))
    verdict = (
        pl.when(pl.col("equal")).then(pl.when(moved | ~pl.col("known")).then(pl.lit("agree")).otherwise(None))
        .when(pl.col("_target") == "conflict").then(pl.lit("conflict"))
        .when(emptied | left).then(pl.lit("blank_kept"))
        .when(pl.col("_target").is_null() & (pl.col("history") | ~pl.col("known"))).then(pl.lit("standing"))
        .when(pl.col("_target").is_null()).then(None)
        .when(never & pl.col("_clash")).then(pl.lit("loser_rebased"))
        .when(shut).then(pl.lit("held"))
        .otherwise(pl.col("_target"))
    )  # fmt: skip
    reason = (
        pl.when(pl.col("resolved") | pl.col("take").is_not_null()).then(pl.lit("resolved"))
        .when(pl.col("_clash")).then(pl.lit("conflict"))
        .when(~pl.col("known")).then(pl.lit("backfill"))
        .when(to_s & (pl.col("salesforce_origin") == "automation")).then(pl.lit("automation"))
        .otherwise(pl.lit("edited"))
    )  # fmt: skip
    return frame.with_columns(verdict=verdict, reason=reason).drop("_target", "_clash")
