"""Who sets for whom, and what becomes of what each of them sets."""

from __future__ import annotations

import polars as pl

from console import charts, words
from console.charts import Palette
from console.figures.figure import Column, Doors, Figure, Seen, door
from console.readers import kpi as numbers

SETTERS_MOST, CLOSERS_MOST = 8, 6
SETTER_NUMBERS = ("set", "run_rate", "cancel_rate", "close_rate_setter")


def pairs(seen: Seen, colors: Palette) -> Figure:
    """The close rate of each setter with each closer; drawn are those with the most sits, the table has all."""
    named = numbers.names("user")
    found = numbers.matrix(seen.filters, seen.span).with_columns(
        setter=pl.col("setter_id").replace_strict(named, default=pl.col("setter_id"), return_dtype=pl.String),
        closer=pl.col("closer_id").replace_strict(named, default=pl.col("closer_id"), return_dtype=pl.String),
        close=pl.when(pl.col("sat") > 0).then(pl.col("sold") / pl.col("sat")),
        run_share=pl.when(pl.col("due") > 0).then(pl.col("run") / pl.col("due")),
        cancel_share=pl.when(pl.col("due") > 0).then(pl.col("cancelled") / pl.col("due")),
    )
    sat, sold = int(found["sat"].sum()), int(found["sold"].sum())
    middle = sold / sat if sat else 0.0
    # A close rate of fewer sits says little; the cell is grey.
    least = numbers.least_sample("close_rate")
    drawn, told = _drawn(found, least)

    def pair(mark: str) -> dict[str, str]:
        setter, _, closer = mark.partition(":")
        return door(seen.filters, "close_rate", "denominator", setter=setter, closer=closer)

    return Figure(
        title="Setters and closers",
        finding=f"{words.number(middle, 'share')} of {sat:,} sat appointments were sold, by {told}",
        rows=found.sort("sat", "set", descending=True),
        columns=(
            # What the matrix draws stands first: the table has half a page, or a phone.
            Column("setter", "Set by", "text", 112),
            Column("closer", "Closed by", "text", 112),
            Column("sat", "Sat", "count", 46),
            Column("sold", "Sold", "count", 50),
            Column("close", "Close rate", "share", 86, "sat", least),
            Column("value", words.heading("Value", numbers.unit("sales_value")), "money", 90),
            Column("set", "Set", "count", 60),
            Column("due", "Due", "count", 60),
            Column("run_share", "Run", "share", 70, "due", numbers.least_sample("run_rate")),
            Column("cancel_share", "Cancelled", "share", 80, "due", numbers.least_sample("cancel_rate")),
        ),
        caption="No appointment of these has sat, so there is no close rate to draw."
        if drawn.is_empty()
        else f"Close rate of sat appointments; colour is the distance from the {words.number(middle, 'share')} of all, pairs under {least} sits are grey. Drawn: {told}.",
        chart=None if drawn.is_empty() else charts.matrix(drawn, middle=middle, colors=colors),
        mark="pair",
        tells="pair",
        doors=Doors(
            found.select(pl.concat_str("setter_id", pl.lit(":"), "closer_id")).to_series().drop_nulls(), pair
        ),
    )


def setters(seen: Seen) -> Figure:
    """What becomes of what each setter sets: run, cancelled, sold, with the samples and the value."""
    named = numbers.names("user")
    found = numbers.by(seen.filters, seen.span, SETTER_NUMBERS, "user")
    worth = dict(
        numbers.matrix(seen.filters, seen.span).group_by("setter_id").agg(pl.col("value").sum()).iter_rows()
    )
    rows = pl.DataFrame(
        [
            (
                id,
                named.get(str(id), str(id)),
                number.numerator,
                found["run_rate"][id].value,
                found["cancel_rate"][id].value,
                found["close_rate_setter"][id].value,
                found["run_rate"][id].denominator,
                found["close_rate_setter"][id].denominator,
                worth.get(id),
            )
            for id, number in found["set"].items()
        ],
        schema={
            "id": pl.String,
            "setter": pl.String,
            "set": pl.Float64,
            "run": pl.Float64,
            "cancel": pl.Float64,
            "close": pl.Float64,
            "due": pl.Float64,
            "sat": pl.Float64,
            "value": pl.Float64,
        },
        orient="row",
    ).sort("set", "setter", descending=[True, False])

    def cell(mark: str) -> dict[str, str]:
        id, _, column = mark.partition(":")
        return door(seen.filters, *_DOORS[column], reps=(id,))

    return Figure(
        title="Setters",
        finding=f"{words.counted(rows.height, 'setter')}, most set first",
        rows=rows,
        columns=(
            # Each sample before its rates, and all of them in half a page.
            Column("setter", "Setter", "text", 112),
            Column("set", "Set", "count", 46),
            Column("due", "Due", "count", 48),
            Column("run", "Run", "share", 66, "due", numbers.least_sample("run_rate")),
            Column("cancel", "Cancel", "share", 66, "due", numbers.least_sample("cancel_rate")),
            Column("sat", "Sat", "count", 46),
            Column("close", "Close", "share", 66, "sat", numbers.least_sample("close_rate_setter")),
            Column("value", words.heading("Value", numbers.unit("sales_value")), "money", 90),
        ),
        doors=Doors((f"{id}:{column}" for id in rows["id"] for column in _DOORS), cell),
    )


# A click into a column opens what that column counts.
_DOORS = {
    "setter": ("set", "numerator"),
    "set": ("set", "numerator"),
    "run": ("run_rate", "numerator"),
    "cancel": ("cancel_rate", "numerator"),
    "close": ("close_rate_setter", "numerator"),
    "due": ("run_rate", "denominator"),
    "sat": ("close_rate_setter", "denominator"),
    "value": ("close_rate_setter", "numerator"),
}


def _drawn(found: pl.DataFrame, least: int) -> tuple[pl.DataFrame, str]:
    """The cells of the setters and closers with the most sits, and which they are in words."""

    def busiest(who: str, rows: pl.DataFrame, most: int) -> list[str]:
        summed = rows.group_by(who).agg(pl.col("sat").sum(), pl.col("set").sum())
        kept = summed.filter(pl.col("sat") > 0).sort("sat", "set", who, descending=[True, True, False])
        return kept[who].drop_nulls().head(most).to_list()

    # The closers first, then those who set for them: the busiest setters alone may set for nobody else here.
    closers = busiest("closer_id", found, CLOSERS_MOST)
    setters = busiest("setter_id", found.filter(pl.col("closer_id").is_in(closers)), SETTERS_MOST)
    cells = found.filter(
        pl.col("setter_id").is_in(setters) & pl.col("closer_id").is_in(closers) & (pl.col("sat") > 0)
    )
    counts = [
        found.filter(pl.col("sat") > 0)[who].drop_nulls().n_unique() for who in ("setter_id", "closer_id")
    ]
    # A closer for whom none of these setters sets has no cell and no column.
    columns = cells["closer_id"].n_unique()
    told = f"{_some(len(setters), counts[0], 'setter')} and {_some(columns, counts[1], 'closer')}"
    order = {id: place for place, id in enumerate(setters)}
    across = {id: place for place, id in enumerate(closers)}
    return (
        cells.select(
            "setter",
            "closer",
            pair=pl.concat_str("setter_id", pl.lit(":"), "closer_id"),
            value="close",
            enough=pl.col("sat") >= least,
            shown=pl.col("close").map_elements(lambda share: f"{share:.0%}", return_dtype=pl.String),
            sample=pl.format("{} of {}", "sold", "sat"),
            down=pl.col("setter_id").replace_strict(order, return_dtype=pl.Int64),
            across=pl.col("closer_id").replace_strict(across, return_dtype=pl.Int64),
        ).sort("down", "across"),
        told,
    )


def _some(shown: int, all: int, one: str) -> str:
    return words.counted(shown, one) if shown == all else f"{shown} of {words.counted(all, one)}"
