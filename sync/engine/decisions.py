"""What was decided of every record looked at, in one sentence, with the smallest change that would let it sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from sync.engine.definition import SYSTEM_NAMES, Definition, Kind, Side
from sync.engine.inputs import TEXT
from sync.engine.match import Matches
from sync.engine.outcome import DECISIONS
from sync.engine.scope import shown

if TYPE_CHECKING:
    from sync.engine.plan import Entries

_LIFE = {
    "unlinked": ("excluded", "Its link was undone.", "Link it again."),
    "excluded": ("excluded", "It is excluded by hand.", "Include it again."),
    "merged_in_salesforce": ("frozen", "Its Salesforce record was merged into another one.", "Link it to the record that was kept."),
    "deleted_in_both": ("deleted", "It is deleted on both sides.", ""),
    "deleted_in_spotio": ("deleted", "It is deleted in SPOTIO.", "Restore it in SPOTIO."),
    "deleted_in_salesforce": ("deleted", "It is deleted in Salesforce.", "Undelete it in Salesforce."),
    "not_visible": ("frozen", "One of its records is not visible to our account any more; nothing is written until it is.", "Give the account behind the connection access to it."),
    "converted": ("frozen", "Its lead is converted in Salesforce; a converted lead takes no changes.", ""),
    "left_filter": ("frozen", "It left the inbound filters; nothing travels until it passes them again.", "Change the record so that it passes the filters, or the filters."),
    "left_selection": ("frozen", "It left the outbound selection; nothing is sent until it is in it again.", "Change the record so that a selective filter takes it, or the filter."),
    "linked_already": ("frozen", "One of its records belongs to another link, so nothing travels.", "Say which of them are the same."),
    "case": ("frozen", "A person has to say what becomes of it.", "Decide the case."),
    "kept_apart": ("excluded", "Its partner was deleted, and a person keeps this one apart.", "Link it to another record."),
}  # fmt: skip
_STEPS = {"frozen": "life_cycle", "deleted": "life_cycle", "excluded": "scope"}
_OUT = "out_of_scope"


def decisions(
    definition: Definition, entering: Entries, matches: Matches, pairs: pl.DataFrame, decided: pl.DataFrame,
    writes: pl.DataFrame, actions: pl.DataFrame, refused: pl.DataFrame, blocked_new: pl.DataFrame,
    conflicts: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """One row a record looked at, in the shape of DECISIONS; linked pairs under both their ids."""
    linked = _linked(definition, pairs, decided, writes, actions, refused, conflicts)
    both = [
        linked.with_columns(system=pl.lit(str(side)), id=pl.col(f"{side}_id")).select(list(DECISIONS))
        for side in Side
    ]
    new = [
        _unlinked(side, rows, matches, actions, refused, blocked_new)
        for side, rows in ((Side.SPOTIO, entering.spotio), (Side.SALESFORCE, entering.salesforce))
    ]
    return pl.concat([*both, *new]).filter(pl.col("id").is_not_null())


def _linked(
    definition: Definition, pairs: pl.DataFrame, decided: pl.DataFrame, writes: pl.DataFrame, actions: pl.DataFrame,
    refused: pl.DataFrame, conflicts: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """The most urgent of what is true of a link: its life, a conflict, a refused value, a planned write, a wait."""
    labels = {rule.key: rule.spotio.label for rule in definition.fields}
    named = pl.col("field").replace_strict(labels, default=pl.col("field"), return_dtype=TEXT) if labels else pl.col("field")  # fmt: skip
    clash = conflicts.filter(pl.col("winner").is_null()).group_by("link", maintain_order=True).agg(
        named.first().alias("c_field"), pl.len().alias("c_count"),
        _shown_of(definition, Side.SPOTIO).first().alias("c_spotio"),
        _shown_of(definition, Side.SALESFORCE).first().alias("c_salesforce"),
    )  # fmt: skip
    bad = writes.filter(pl.col("code").is_not_null()).group_by("owner", maintain_order=True).agg(
        pl.col("code").first().alias("b_code"), pl.col("text").first().alias("b_text"),
        pl.col("change").first().alias("b_change"), named.first().alias("b_field"), pl.col("source").first().alias("b_seen"),
        pl.col("side").first().alias("b_side"),
    ).rename({"owner": "link"})  # fmt: skip
    failed = refused.filter(pl.col("link").is_not_null()).group_by("link", maintain_order=True).agg(
        pl.col("code").first().alias("f_code"), pl.col("text").first().alias("f_text"), pl.col("field").first().alias("f_field")
    )  # fmt: skip
    doing = (
        actions.filter(pl.col("link").is_not_null())
        .group_by("link", maintain_order=True)
        .agg(pl.col("why").str.join(" ").alias("a_why"))
    )
    waiting = decided.filter(pl.col("verdict") == "held").group_by("link", maintain_order=True).agg(
        named.first().alias("h_field"), pl.col("spotio_changed").first().alias("h_out")
    )  # fmt: skip
    frame = pairs
    for part in (clash, bad, failed, doing, waiting):
        frame = frame.join(part, on="link", how="left")
    life = pl.coalesce(
        "life", pl.when(~pl.col("next_to_spotio") | ~pl.col("next_to_salesforce")).then("next_reason")
    )
    has = {name: pl.col(name).is_not_null() for name in ("c_field", "b_code", "f_code", "a_why", "h_field")}
    told = pl.col("life").replace_strict({k: v[1] for k, v in _LIFE.items()}, default=None, return_dtype=TEXT)
    frozen = life.replace_strict({k: v[1] for k, v in _LIFE.items()}, default=None, return_dtype=TEXT)
    advice = life.replace_strict({k: v[2] for k, v in _LIFE.items()}, default=None, return_dtype=TEXT)
    kind = life.replace_strict({k: v[0] for k, v in _LIFE.items()}, default="frozen", return_dtype=TEXT)
    gone = pl.col("life").is_not_null() & ~has["c_field"] & ~has["a_why"] & ~has["f_code"]
    gone_side, kept_side = (
        pl.when(pl.col("c_spotio") == "deleted").then(pl.lit(one)).otherwise(pl.lit(other))
        for one, other in (("SPOTIO", "Salesforce"), ("Salesforce", "SPOTIO"))
    )
    conflict_text = pl.when(pl.col("c_field") == "deletion").then(
        pl.format("It was deleted in {} and edited in {} since they agreed.", gone_side, kept_side)
    ).otherwise(
        pl.format(
            "{} was changed on both sides: SPOTIO has {}, Salesforce {}.", "c_field",
            pl.col("c_spotio").fill_null("nothing"), pl.col("c_salesforce").fill_null("nothing"),
        )
    )  # fmt: skip
    shut = pl.when("h_out").then(pl.lit("outbound")).otherwise(pl.lit("inbound"))
    columns: dict[str, tuple[pl.Expr, ...]] = {
        # outcome, step, code, field, seen, text, change
        "gone": (kind, kind.replace_strict(_STEPS, default="life_cycle", return_dtype=TEXT), life, pl.lit(None, TEXT), pl.lit(None, TEXT), told, advice),
        "c_field": (pl.lit("conflict"), pl.lit("fields"), pl.lit("conflict"), pl.col("c_field"), pl.col("c_salesforce"), conflict_text, pl.lit("Decide the conflict.")),
        "f_code": (pl.lit("blocked"), pl.lit("apply"), pl.col("f_code"), pl.col("f_field"), pl.lit(None, TEXT), pl.col("f_text"), pl.lit("Correct what was refused; it is tried again when its values change, or when you retry it.")),
        "b_code": (pl.lit("blocked"), _step_of(pl.col("b_code")), pl.col("b_code"), pl.col("b_field"), pl.col("b_seen"), pl.col("b_text"), pl.col("b_change")),
        "a_why": (pl.lit("planned"), pl.lit(None, TEXT), pl.lit(None, TEXT), pl.lit(None, TEXT), pl.lit(None, TEXT), pl.col("a_why"), pl.lit(None, TEXT)),
        "frozen": (kind, pl.lit("life_cycle"), life, pl.lit(None, TEXT), pl.lit(None, TEXT), frozen, advice),
        "h_field": (pl.lit("waiting"), pl.lit("scope"), pl.lit("direction_closed"), pl.col("h_field"), pl.lit(None, TEXT), pl.format("{} was changed, but the {} direction is not open for it.", "h_field", shut), pl.format("Turn on or resume the {} direction.", shut)),
    }  # fmt: skip
    conditions = {"gone": gone, "frozen": life.is_not_null(), **has}
    names = ("outcome", "step", "code", "field", "seen", "text", "change")
    fine = ("in_step", None, None, None, None, "Both sides agree.", None)
    chosen = []
    for at, name in enumerate(names):
        value = pl.lit(fine[at], TEXT)
        for key in reversed(columns):
            value = pl.when(conditions[key]).then(columns[key][at]).otherwise(value)
        chosen.append(value.alias(name))
    return frame.select(
        "link", "spotio_id", "salesforce_id", pl.lit(None, TEXT).alias("clause"), *chosen, towards="b_side"
    ).with_columns(_if_checked("towards"))


def _if_checked(side: str) -> pl.Expr:
    """The system that a checked value was to go to, of a decision that the checks made."""
    checked = (pl.col("outcome") == "blocked") & (pl.col("step") != "apply")
    return pl.when(checked).then(pl.col(side)).otherwise(None).alias("towards")


def _shown_of(definition: Definition, side: Side) -> pl.Expr:
    """A side's value of whatever field a row is about, as people know it."""
    value: pl.Expr = pl.col(str(side))
    for rule in definition.fields:
        column = rule.column(side)
        if column.choices or column.kind is Kind.USER:
            named = shown(str(side), column.choices, column.kind, definition)
            value = pl.when(pl.col("field") == rule.key).then(named).otherwise(value)
    return value


def _step_of(code: pl.Expr) -> pl.Expr:
    """The step that finds a value wanting: an owner whom nobody is belongs to the people."""
    return pl.when(code == "owner_unmatched").then(pl.lit("people")).otherwise(pl.lit("checks"))


def _unlinked(
    side: Side, rows: pl.DataFrame, matches: Matches, actions: pl.DataFrame, refused: pl.DataFrame,
    blocked_new: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    if rows.is_empty():
        return pl.DataFrame(schema=DECISIONS)
    key = f"{side}_id"
    mine = pl.col("link").is_null() & pl.col(key).is_not_null()
    doing = actions.filter(mine).select(id=key, why="why").unique("id", keep="first", maintain_order=True)
    failed = refused.filter(mine).select(id=key, f_code="code", f_text="text", f_field="field").unique("id")
    open_ones = matches.undecided.filter(pl.col("system") == side).select("id", u_text="text", u_partners="partners").unique("id")  # fmt: skip
    lacking = blocked_new.filter(pl.col("side") == side.other).select(
        "id", b_code="code", b_text="text", b_change="change", b_field="field", b_seen="seen"
    )
    frame = rows
    for part in (doing, failed, open_ones, lacking):
        frame = frame.join(part, on="id", how="left")
    nothing = pl.lit(None, TEXT)
    steps: list[tuple[pl.Expr, tuple[pl.Expr, ...]]] = [
        # outcome, step, code, field, clause, seen, text, change
        (pl.col("why").is_not_null(), (pl.lit("planned"), nothing, nothing, nothing, nothing, nothing, pl.col("why"), nothing)),
        (pl.col("code") == "excluded", (pl.lit("excluded"), pl.lit("scope"), pl.col("code"), nothing, nothing, nothing, pl.col("text"), pl.col("change"))),
        (pl.col("code") == "deleted", (pl.lit("deleted"), pl.lit("scope"), pl.col("code"), nothing, nothing, nothing, pl.col("text"), pl.col("change"))),
        (pl.col("code").is_not_null(), (pl.lit(_OUT), pl.lit("scope"), pl.col("code"), pl.col("field"), pl.col("clause"), pl.col("seen"), pl.col("text"), pl.col("change"))),
        (pl.col("u_text").is_not_null(), (pl.lit("undecided"), pl.lit("match"), pl.lit("undecided_match"), nothing, nothing, pl.col("u_partners"), pl.col("u_text"), pl.lit("Say which of them are the same."))),
        (pl.col("b_code").is_not_null(), (pl.lit("blocked"), _step_of(pl.col("b_code")), pl.col("b_code"), pl.col("b_field"), nothing, pl.col("b_seen"), pl.col("b_text"), pl.col("b_change"))),
        (pl.col("f_code").is_not_null(), (pl.lit("blocked"), pl.lit("apply"), pl.col("f_code"), pl.col("f_field"), nothing, nothing, pl.col("f_text"), pl.lit("Correct what was refused; it is tried again when its values change, or when you retry it."))),
    ]  # fmt: skip
    names = ("outcome", "step", "code", "field", "clause", "seen", "text", "change")
    fallback = ("waiting", "match", "not_planned", None, None, None, f"It waits for the next plan of {SYSTEM_NAMES[side]}.", None)  # fmt: skip
    chosen = []
    for at, name in enumerate(names):
        value = pl.lit(fallback[at], TEXT)
        for condition, values in reversed(steps):
            value = pl.when(condition).then(values[at]).otherwise(value)
        chosen.append(value.alias(name))
    decided = frame.select(
        pl.lit(str(side)).alias("system"), "id", pl.lit(None, TEXT).alias("link"), *chosen,
        pl.lit(str(side.other)).alias("towards"),
    )  # fmt: skip
    return decided.with_columns(_if_checked("towards")).select(list(DECISIONS))
