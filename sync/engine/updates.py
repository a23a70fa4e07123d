"""From decided fields of linked records to values that are written, and to what is agreed without writing."""

from __future__ import annotations

import polars as pl

from sync.engine.checks import code_of, explained
from sync.engine.definition import Definition, Side
from sync.engine.inputs import TEXT
from sync.engine.outcome import CONFLICTS, REBASES, STANDING

WRITES: dict[str, pl.DataType | type[pl.DataType]] = {
    "owner": TEXT,  # the link
    "side": TEXT, "field": TEXT, "unit": TEXT, "column": TEXT, "label": TEXT, "before": TEXT, "after": TEXT,
    "source": TEXT,  # the value it was made of
    "unmapped": pl.Boolean, "reason": TEXT,
    "spotio": TEXT, "salesforce": TEXT,  # the agreement once it is done
}  # fmt: skip


def writes_of(definition: Definition, decided: pl.DataFrame) -> pl.DataFrame:
    """The values to be written to linked records, in the shape of WRITES, with the checks' code, text and change.

    A value that does not pass keeps its whole unit from being written: fields of a group travel together or not at all.
    """
    frames = [_towards(definition, decided, side) for side in Side]
    writes = _checked(definition, pl.concat([*frames, _typed(definition, decided)]))
    over = ["owner", "side", "unit"]
    return writes.with_columns(stopped=pl.col("code").is_not_null().any().over(over))


def _checked(definition: Definition, writes: pl.DataFrame) -> pl.DataFrame:
    """With code, text and change, null where a value will do."""
    columns = {
        (side, rule.column(side).name): rule.column(side) for rule in definition.fields for side in Side
    }
    nothing = pl.lit(None, TEXT)
    parts = [writes.clear().with_columns(code=nothing, text=nothing, change=nothing)]
    for key, part in writes.partition_by(["side", "column"], as_dict=True).items():
        column = columns[(Side(key[0]), str(key[1]))]
        told = part.with_columns(code=code_of(column, creating=False))
        parts.append(told.filter(pl.col("code").is_null()).with_columns(text=nothing, change=nothing))
        parts.append(explained(definition, told.filter(pl.col("code").is_not_null())))
    return pl.concat(parts)


def _towards(definition: Definition, decided: pl.DataFrame, side: Side) -> pl.DataFrame:
    """Of a unit that travels to `side`: every field of it that differs there."""
    chosen = decided.filter(pl.col("verdict") == f"to_{side}")
    return chosen.select(
        pl.col("link").alias("owner"), pl.lit(str(side)).alias("side"), "field", "unit",
        _named(definition, side, "column"), _named(definition, side, "label"),
        pl.col(str(side)).alias("before"), pl.col(f"as_{side}").alias("after"),
        pl.col(str(side.other)).alias("source"), pl.col(f"unmapped_{side}").alias("unmapped"),
        "reason",
        pl.col("spotio") if side is Side.SALESFORCE else pl.col("as_spotio").alias("spotio"),
        pl.col("salesforce") if side is Side.SPOTIO else pl.col("as_salesforce").alias("salesforce"),
    )  # fmt: skip


def _typed(definition: Definition, decided: pl.DataFrame) -> pl.DataFrame:
    """A value that a person typed is written to SPOTIO, as that person's edit there: the next plan carries it over."""
    chosen = decided.filter(pl.col("verdict") == "to_both")
    return chosen.select(
        pl.col("link").alias("owner"), pl.lit(str(Side.SPOTIO)).alias("side"), "field", "unit",
        _named(definition, Side.SPOTIO, "column"), _named(definition, Side.SPOTIO, "label"),
        pl.col("spotio").alias("before"), pl.col("value").alias("after"), pl.col("value").alias("source"),
        pl.lit(False).alias("unmapped"), "reason", "spotio", "salesforce",
    )  # fmt: skip


def _named(definition: Definition, side: Side, member: str) -> pl.Expr:
    names = {
        rule.key: rule.column(side).name if member == "column" else rule.column(side).label
        for rule in definition.fields
    }
    if not names:
        return pl.lit(None, TEXT).alias(member)
    return pl.col("field").replace_strict(names, default=None, return_dtype=TEXT).alias(member)


def rebases(decided: pl.DataFrame) -> pl.DataFrame:
    """New agreements that need no write.

    The winner's side of a field that may not travel keeps its old base, so that its change is not forgotten.
    """
    adopted = decided.filter(
        pl.col("verdict").is_in(["agree", "blank_kept", "left_apart"])
        | ((pl.col("verdict") == "standing") & ~pl.col("known"))
    ).select(
        "link", "field", "spotio", "salesforce", differs=(pl.col("verdict") == "agree") & ~pl.col("equal")
    )
    lost = decided.filter(pl.col("verdict") == "loser_rebased")
    settled = lost.select(
        "link", "field",
        spotio=pl.when(pl.col("winner") == "spotio").then("base_spotio").otherwise("spotio"),
        salesforce=pl.when(pl.col("winner") == "salesforce").then("base_salesforce").otherwise("salesforce"),
        differs=pl.lit(False),
    )  # fmt: skip
    # The form of a value changed and nothing else: not listed as a change, but the next comparison starts from it.
    return pl.concat([adopted, settled]).select(list(REBASES))


def conflicts(decided: pl.DataFrame) -> pl.DataFrame:
    """Fields that both sides changed, settled or not."""
    return decided.filter("conflict").select(list(CONFLICTS))


def standing(decided: pl.DataFrame) -> pl.DataFrame:
    """Fields that differ, and nothing says which is right: new to their link, or from before a direction was on."""
    return decided.filter(pl.col("verdict").is_in(["standing", "left_apart"])).select(list(STANDING))
