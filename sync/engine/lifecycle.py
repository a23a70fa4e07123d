"""What has become of linked records: deleted, merged, hidden, out of scope, and back again (C-03, C-04, L-06, L-08).

Absence is not deletion: a record that is merely not shown any more leaves its link as it was, and nothing is written.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from sync.engine.definition import Definition, Side
from sync.engine.filters import passes
from sync.engine.inputs import TEXT, Inputs, State

# Columns of `paired` beside the two sides' values, which are called "spotio.<name>" and "salesforce.<name>".
LIVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "link": TEXT, "spotio_id": TEXT, "salesforce_id": TEXT, "born": TEXT,
    "life": TEXT,  # null: both live; else the step's code: deleted_in_spotio, merged_in_salesforce, not_visible, ...
    "open_spotio": pl.Boolean, "open_salesforce": pl.Boolean,  # whether values may travel to that side in this plan
    "next_state": TEXT, "next_to_spotio": pl.Boolean, "next_to_salesforce": pl.Boolean, "next_reason": TEXT,
    "at_once": pl.Boolean,  # whether that does not wait for a last update
    "unlink": pl.Boolean,
}  # fmt: skip


def paired(definition: Definition, inputs: Inputs) -> pl.DataFrame:
    """The links with the rows of both sides beside them, columns called "<side>.<name>"."""
    frame = inputs.links
    for side, rows in ((Side.SPOTIO, inputs.spotio), (Side.SALESFORCE, inputs.salesforce)):
        renamed = rows.rename({name: f"{side}.{name}" for name in rows.columns if name != "id"})
        frame = frame.join(
            renamed.rename({"id": f"{side}_id"}), on=f"{side}_id", how="left", maintain_order="left"
        )
        for flag, absent in (("_deleted", False), ("_visible", False)):
            frame = frame.with_columns(pl.col(f"{side}.{flag}").fill_null(absent))
    return frame


def lives(
    definition: Definition, inputs: Inputs, state: State, pairs: pl.DataFrame, now: datetime
) -> pl.DataFrame:
    """`pairs` with the columns of LIVES: what has become of each link, and which way values may travel."""
    excluded = {side: inputs.excluded.filter(pl.col("system") == side)["id"].implode() for side in Side}
    deleted = {side: pl.col(f"{side}._deleted") for side in Side}
    hidden = (~pl.col("spotio._visible") & ~deleted[Side.SPOTIO]) | (
        ~pl.col("salesforce._visible") & ~deleted[Side.SALESFORCE]
    )
    merged = deleted[Side.SALESFORCE] & pl.col("salesforce._merged_into").is_not_null()
    converted = pl.col("salesforce._converted").fill_null(False) & ~deleted[Side.SALESFORCE]
    life = (
        pl.when(pl.col("state") == "unlinked").then(pl.lit("unlinked"))
        .when(pl.col("state") == "case").then(pl.col("reason").fill_null("case"))
        .when(pl.any_horizontal([pl.col(f"{side}_id").is_in(excluded[side]) for side in Side])).then(pl.lit("excluded"))
        .when(merged).then(pl.lit("merged_in_salesforce"))
        .when(deleted[Side.SPOTIO] & deleted[Side.SALESFORCE]).then(pl.lit("deleted_in_both"))
        # A deletion is not followed into a record that nobody sees, nor into a lead that is converted.
        .when(hidden).then(pl.lit("not_visible"))
        .when(converted).then(pl.lit("converted"))
        .when(deleted[Side.SPOTIO]).then(pl.lit("deleted_in_spotio"))
        .when(deleted[Side.SALESFORCE]).then(pl.lit("deleted_in_salesforce"))
        .otherwise(None)
    )  # fmt: skip
    frame = pairs.with_columns(
        life=life,
        in_scope=passes(definition.inbound.filter, now, f"{Side.SALESFORCE}."),
        selected=_selected(definition, now),
    )
    return _directions(definition, state, frame)


def _selected(definition: Definition, now: datetime) -> pl.Expr:
    each = [passes(named.filter, now, f"{Side.SPOTIO}.") for named in definition.outbound.selective]
    return pl.any_horizontal(each) if each else pl.lit(True)


def _directions(definition: Definition, state: State, frame: pl.DataFrame) -> pl.DataFrame:
    """Which way values travel in this plan, and what the link is from then on.

    A link born in SPOTIO is exempt from the inbound filters (L-07). Leaving a scope lets the last update through, or
    not, as the admin chose; coming back keeps the old base (L-06).
    """
    inbound, outbound = definition.inbound, definition.outbound
    born_here = pl.col("born") == "spotio"
    out_of_filter = ~pl.col("in_scope") & ~born_here
    out_of_selection = ~pl.col("selected")
    left_whole = out_of_filter | (out_of_selection & born_here)
    reason = (
        pl.when(out_of_filter).then(pl.lit("left_filter"))
        .when(out_of_selection).then(pl.lit("left_selection"))
        .otherwise(None)
    )  # fmt: skip
    wants_spotio = ~left_whole
    wants_salesforce = ~left_whole & ~out_of_selection
    last_spotio = pl.col("to_spotio") & pl.lit(inbound.leaving == "last_update") & out_of_filter | pl.col("to_spotio") & pl.lit(outbound.leaving == "last_update") & ~out_of_filter  # fmt: skip
    leaving = pl.when(out_of_filter).then(pl.lit(inbound.leaving)).otherwise(pl.lit(outbound.leaving))
    last_salesforce = pl.col("to_salesforce") & (leaving == "last_update")
    imported_once = (
        pl.lit(inbound.scope == "historical_only" and not inbound.updates_after_import) & ~born_here
    )
    live = pl.col("life").is_null()
    frame = frame.with_columns(
        open_spotio=live & pl.lit(state.inbound == "on") & (wants_spotio | last_spotio) & ~imported_once,
        open_salesforce=live & pl.lit(state.outbound == "on") & (wants_salesforce | last_salesforce),
        unlink=live & left_whole & (leaving == "unlink") & (pl.col("to_spotio") | pl.col("to_salesforce")),
        next_to_spotio=pl.when(live).then(wants_spotio).otherwise(pl.col("to_spotio")),
        next_to_salesforce=pl.when(live).then(wants_salesforce).otherwise(pl.col("to_salesforce")),
    )
    # A deletion changes the link by itself; a conflict about it is found where fields are compared (plan.py).
    next_state = (
        pl.when(pl.col("life").is_in(["deleted_in_spotio", "deleted_in_salesforce", "deleted_in_both"])).then(pl.lit("deleted"))
        .when((pl.col("life") == "converted") & pl.col("spotio._deleted")).then(pl.lit("deleted"))
        .when(pl.col("life") == "merged_in_salesforce").then(pl.lit("case"))
        .when(live).then(pl.lit("active"))
        .otherwise(pl.col("state"))
    )  # fmt: skip
    next_reason = pl.when(live).then(reason).when(pl.col("life").is_in(["unlinked", "excluded", "not_visible"])).then(pl.col("reason")).otherwise(pl.col("life"))  # fmt: skip
    return frame.with_columns(
        next_state=next_state,
        next_reason=next_reason,
        at_once=~live | wants_spotio & wants_salesforce | (leaving != "last_update"),
    )
