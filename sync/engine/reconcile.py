"""Three-way, a field at a time: each side against its own value at the last agreement.

One changed: the other is written. Both to the same: they agree. Both apart: a conflict, which a policy or a person may
settle. Fields of one group are decided together. The columns made here are the explanation and the conflict report.
"""

from __future__ import annotations

import polars as pl

from sync.engine.definition import Definition, Kind, Side
from sync.engine.inputs import TEXT, Inputs, State
from sync.engine.values import blank, same


def decide(definition: Definition, inputs: Inputs, state: State, states: pl.DataFrame) -> pl.DataFrame:
    """What becomes of every field of which anything may: FIELD_STATES with

    `verdict` (null: nothing is to be done), `reason` (of a write: edited | conflict | resolved | backfill | automation),
    `conflict`, its `winner` (null: a person decides) and `why`, who changed each side when, and `value` where a person
    typed one. Verdicts: to_spotio, to_salesforce, to_both (a person typed a value), agree (both came to the same, or
    only a form changed), conflict, standing (they differ, and nothing says which is right), left_apart (a conflict that
    leaves them so), blank_kept, held (its direction is not open now), loser_rebased (the winner's value may not travel,
    so each side keeps its own).
    """
    rules = pl.DataFrame(
        [(r.key, r.conflict, r.blanks, r.backfill, r.spotio.name, r.salesforce.name, r.spotio.kind.value, r.salesforce.kind.value) for r in definition.fields],
        schema={
            "field": TEXT, "policy": TEXT, "blanks": TEXT, "backfill": pl.Boolean, "spotio_column": TEXT,
            "salesforce_column": TEXT, "spotio_kind": TEXT, "salesforce_kind": TEXT,
        }, orient="row",
    )  # fmt: skip
    frame = _with_edits(states.join(rules, on="field", how="left", maintain_order="left"), inputs)
    frame = _with_conflicts(_with_moves(frame))
    frame = _with_resolutions(
        frame, inputs.resolutions, {rule.column(side).kind for rule in definition.fields for side in Side}
    )
    return _with_verdict(_with_winner(frame, state))


def _with_moves(frame: pl.DataFrame) -> pl.DataFrame:
    """Whether each side of a field has anything that is to travel (`moved_s`, `moved_f`), or that may clash (`clashing_s`)."""
    # Where blanks are kept, emptying a field is no change that travels; it is not undone either until the other side's
    # value changes (SF-26).
    keep = pl.col("blanks") == "keep"
    differ = ~pl.col("equal")
    clashing_s = pl.col("spotio_changed") & differ & ~(keep & blank(pl.col("spotio"))) & ~_default("spotio")
    moved_f = pl.col("salesforce_changed") & differ & ~(keep & blank(pl.col("salesforce"))) & ~_default("salesforce")  # fmt: skip
    fresh = ~pl.col("known") & differ & pl.col("backfill")
    fill_s = fresh & blank(pl.col("spotio")) & pl.col("may_spotio")
    fill_f = fresh & blank(pl.col("salesforce")) & pl.col("may_salesforce")
    return frame.with_columns(
        # A value from before the outbound direction stays where it is, and clashes when the other side changes too.
        moved_s=clashing_s & ~pl.col("history") | fill_f,
        moved_f=moved_f | fill_s,
        clashing_s=clashing_s,
    )


def _default(side: str) -> pl.Expr:
    """Whether a side's value is nothing but what its system filled in when we made the record there without one.

    The value that could not be sent then (`creates.py`) is still the one to travel.
    """
    made = pl.col("born") == ("salesforce" if side == "spotio" else "spotio")
    told = pl.col(f"{side}_changed_at").is_not_null() & (pl.col(f"{side}_origin") != "fieldline")
    withheld = (pl.col("last_reason") == "withheld") & pl.col(f"base_{side}").is_null()
    return (made & withheld & ~told).fill_null(False)


def _with_conflicts(frame: pl.DataFrame) -> pl.DataFrame:
    """What moved in each unit as a whole, and whether it clashes there, as long as any of it may travel at all."""
    over = ["link", "unit"]
    flips = (pl.col("last_reason") == "automation") & (pl.col("salesforce_origin") == "automation") & pl.col("moved_f")  # fmt: skip
    frame = frame.with_columns(
        unit_s=pl.col("moved_s").any().over(over),
        unit_f=pl.col("moved_f").any().over(over),
        unit_clash=pl.col("clashing_s").any().over(over) & pl.col("moved_f").any().over(over),
        unit_open=(pl.col("may_spotio") | pl.col("may_salesforce")).any().over(over),
        flips=flips.fill_null(False).any().over(over),
    )
    conflict = (pl.col("unit_s") & pl.col("unit_f")) | pl.col("unit_clash") | pl.col("flips")
    return frame.with_columns(conflict=conflict & pl.col("unit_open") & ~pl.col("equal"))


def _with_edits(frame: pl.DataFrame, inputs: Inputs) -> pl.DataFrame:
    """Who changed each side when, where the system tells of that very field; else who changed the record last, without a time."""
    for side in Side:
        edits = inputs.edits.filter(pl.col("system") == side)
        named = edits.filter(pl.col("column").is_not_null()).select(
            pl.col("id").alias(f"{side}_id"), pl.col("column").alias(f"{side}_column"),
            pl.col("changed_at").alias(f"{side}_changed_at"), pl.col("changed_by").alias(f"{side}_changed_by"),
            pl.col("origin").alias(f"{side}_origin"), _told=pl.lit(True),
        )  # fmt: skip
        anyhow = edits.filter(pl.col("column").is_null()).select(
            pl.col("id").alias(f"{side}_id"), _by=pl.col("changed_by"), _origin=pl.col("origin")
        )
        frame = frame.join(
            named, on=[f"{side}_id", f"{side}_column"], how="left", maintain_order="left"
        ).join(anyhow.unique(f"{side}_id"), on=f"{side}_id", how="left", maintain_order="left")
        told = pl.col("_told").is_not_null()
        frame = frame.with_columns(
            pl.when(told).then(f"{side}_changed_by").otherwise("_by").alias(f"{side}_changed_by"),
            pl.when(told).then(f"{side}_origin").otherwise("_origin").alias(f"{side}_origin"),
        ).drop("_by", "_origin", "_told")
    return frame


def _with_resolutions(frame: pl.DataFrame, resolutions: pl.DataFrame, kinds: set[Kind]) -> pl.DataFrame:
    """What a person decided, as long as both sides still show what that person saw, in whatever form."""
    chosen = resolutions.select(
        "link", "field", "take", "value", seen_spotio="spotio", seen_salesforce="salesforce", decided=pl.lit(True)
    )  # fmt: skip
    joined = frame.join(
        chosen.unique(["link", "field"], keep="last", maintain_order=True),
        on=["link", "field"], how="left", maintain_order="left",
    )  # fmt: skip
    holds = pl.col("decided").fill_null(False) & pl.all_horizontal(
        _shows(f"seen_{side}", side, f"{side}_kind", kinds) for side in Side
    )
    # Whoever types what SPOTIO shows has chosen SPOTIO.
    shown = _shows("value", "spotio", "spotio_kind", kinds)
    take = pl.when((pl.col("take") == "value") & shown).then(pl.lit("spotio")).otherwise("take")
    return joined.with_columns(
        take=pl.when(holds).then(take).otherwise(None),
        value=pl.when(holds & (take == "value")).then("value").otherwise(None),
    ).drop("seen_spotio", "seen_salesforce", "decided")


def _shows(one: str, other: str, kind: str, kinds: set[Kind]) -> pl.Expr:
    """Whether two columns mean the same, each row by its own kind."""
    return pl.any_horizontal(
        (pl.col(kind) == each.value) & same(pl.col(one), pl.col(other), each) for each in kinds
    )


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
    # Of a group the fields may have policies of their own; where they disagree, a person decides. A person has decided
    # when every field that clashes has a word that still holds, and no two of them name different sides (F-02).
    clashing, over = pl.col("conflict"), ["link", "unit"]
    first = pl.col("_by_policy").filter(clashing).first().over(over)
    agreed = pl.col("_by_policy").filter(clashing).n_unique().over(over) == 1
    said = pl.col("take").filter(clashing)
    sides = said.filter(said.is_in(["spotio", "salesforce"])).n_unique().over(over)
    resolved = clashing & (said.is_null().sum().over(over) == 0) & (sides <= 1)
    typed = (said == "value").any().over(over)
    return frame.with_columns(
        winner=pl.when(resolved).then("take").when(clashing & agreed).then(first).otherwise(None),
        why=pl.when(resolved).then(pl.lit("A person decided.")).otherwise(pl.col("_why")),
        resolved=resolved,
        beside_typed=(resolved & typed).fill_null(False),
    ).drop("_by_policy", "_why")


def _with_verdict(frame: pl.DataFrame) -> pl.DataFrame:
    targets = {"spotio": "to_salesforce", "salesforce": "to_spotio", "value": "to_both"}
    winner, clash = pl.col("winner"), pl.col("conflict")
    # What the outbound direction found there does not travel because a policy says so (SF-07).
    old = clash & ~pl.col("resolved") & ~pl.col("unit_s") & (winner == "spotio")
    frame = frame.with_columns(
        _target=pl.when(clash & winner.is_null()).then(pl.lit("conflict"))
        .when(old).then(pl.lit("left_apart"))
        .when(clash).then(winner.replace_strict(targets, default=None, return_dtype=TEXT))
        .when(pl.col("take").is_not_null()).then(pl.col("take").replace_strict(targets, default=None, return_dtype=TEXT))
        .when(pl.col("unit_s") & pl.col("unit_f")).then(pl.lit("held"))
        .when("unit_s").then(pl.lit("to_salesforce"))
        .when("unit_f").then(pl.lit("to_spotio"))
        .otherwise(None),
    )  # fmt: skip
    target = pl.col("_target")
    to_s, to_f = target == "to_spotio", target == "to_salesforce"
    # A form may change where no value does: the next comparison starts from it (F-01).
    form = ~pl.col("spotio").eq_missing(pl.col("base_spotio")) | ~pl.col("salesforce").eq_missing(
        pl.col("base_salesforce")
    )
    anew = form | ~pl.col("known")
    value = pl.col("spotio_changed") | pl.col("salesforce_changed")
    keep = (pl.col("blanks") == "keep") & pl.col("take").is_null()
    emptied = keep & ((to_s & blank(pl.col("salesforce"))) | (to_f & blank(pl.col("spotio"))))
    left = keep & target.is_null() & ((pl.col("spotio_changed") & blank(pl.col("spotio"))) | (pl.col("salesforce_changed") & blank(pl.col("salesforce"))))  # fmt: skip
    typed = target == "to_both"
    never = (to_s & ~pl.col("can_spotio")) | (to_f & ~pl.col("can_salesforce"))
    shut = ((to_s | typed) & ~pl.col("may_spotio")) | (to_f & ~pl.col("may_salesforce"))
    # The typed values of a unit go to SPOTIO, and from there with the whole unit to Salesforce, by the next plan.
    follows = pl.col("beside_typed") & to_f
    verdict = (
        # What a person typed, or brought back, replaces a value on which both sides agree.
        pl.when(pl.col("equal") & ~typed.fill_null(False)).then(pl.when(anew).then(pl.lit("agree")).otherwise(None))
        .when(target.is_in(["conflict", "left_apart", "held"])).then(target)
        .when(emptied | left).then(pl.when(anew).then(pl.lit("blank_kept")).otherwise(None))
        .when(target.is_null() & (pl.col("history") | ~pl.col("known"))).then(pl.lit("standing"))
        .when(target.is_null()).then(pl.when(form & ~value).then(pl.lit("agree")).otherwise(None))
        .when((never & clash) | follows).then(pl.lit("loser_rebased"))
        .when(never).then(None)  # the mapping is of one way, and this is the other
        .when(shut).then(pl.lit("held"))
        .otherwise(target)
    )  # fmt: skip
    reason = (
        pl.when(pl.col("resolved") | pl.col("take").is_not_null()).then(pl.lit("resolved"))
        .when(clash).then(pl.lit("conflict"))
        .when(~pl.col("known")).then(pl.lit("backfill"))
        .when(to_s & (pl.col("salesforce_origin") == "automation")).then(pl.lit("automation"))
        .otherwise(pl.lit("edited"))
    )  # fmt: skip
    return frame.with_columns(verdict=verdict, reason=reason).drop("_target")
