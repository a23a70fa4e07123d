"""Who sets for whom: setters down, closers across, the close rate of each pair with its sample."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import polars as pl

from console.charts.drawing import Drawing, Spec, finished, named_rows
from console.charts.frame import Palette

HEAD, ROW = 34, 44
# A closer's name on two lines: on a phone a column is narrower than a name.
_TWO_LINES = "[split(datum.label, ' ')[0], slice(datum.label, length(split(datum.label, ' ')[0]) + 1)]"


def matrix(rows: pl.DataFrame, *, middle: float, colors: Palette) -> Drawing:
    """`rows`: `setter`, `closer` (names), `down`, `across` (their places), `pair` (what a click names), `value` (0 to
    1, null: no sits), `enough` (the sample allows a colour), `shown` ("40%") and `sample` ("8 of 20").

    The colour is the distance from `middle`, the close rate of all of them. The selection is named "pair".
    """
    told = rows.filter(pl.col("enough") & pl.col("value").is_not_null())["value"].to_list()
    reach = max([abs(value - middle) for value in told] + [0.05])
    cells = rows.with_columns(tone=((pl.col("value") - middle) / reach).clip(-1, 1), drawn=pl.lit(value=True))
    inks = [
        colors.ink((tone + 1) / 2) if enough else colors.text
        for tone, enough in cells.select("tone", "enough").iter_rows()
    ]
    # A row for every pair, in order: so the names stand in their order, also of those who have no cell.
    whole = (
        rows.select("setter", "down").unique().join(rows.select("closer", "across").unique(), how="cross")
        .join(cells.with_columns(ink=pl.Series(inks, dtype=pl.String)).drop("setter", "closer"), on=["down", "across"], how="left")
        .sort("down", "across")
        .with_columns(drawn=pl.col("drawn").fill_null(value=False), enough=pl.col("enough").fill_null(value=False))
    )  # fmt: skip
    return Drawing(_spec(rows["setter"].n_unique(), colors), whole.drop("down", "across", "value"))


@lru_cache
def _spec(setters: int, colors: Palette) -> Spec:
    chosen = alt.selection_point(name="pair", fields=["pair"], on="click", empty=False)
    base = alt.Chart(named_rows()).encode(
        x=alt.X("closer:N", sort=None)
        .scale(paddingInner=0.02)
        .axis(
            title=None,
            orient="top",
            domain=False,
            ticks=False,
            labelAngle=0,
            labelExpr=_TWO_LINES,
            labelLimit=84,
            labelOverlap=False,
            labelFlush=False,
        ),
        y=alt.Y("setter:N", sort=None)
        .scale(paddingInner=0.05)
        .axis(title=None, domain=False, ticks=False, labelLimit=140),
    )
    drawn = base.transform_filter(alt.datum.drawn).encode(
        tooltip=[
            alt.Tooltip("setter:N", title="Set by"),
            alt.Tooltip("closer:N", title="Closed by"),
            alt.Tooltip("shown:N", title="Close rate"),
            alt.Tooltip("sample:N", title="Sold of sat"),
        ]
    )
    cells = drawn.mark_rect(cornerRadius=1).encode(
        color=alt.condition(
            "datum.enough",
            alt.Color(
                "tone:Q",
                scale=alt.Scale(range=list(colors.diverging), domain=[-1, 1], domainMid=0, clamp=True),
                legend=None,
            ),
            alt.value(colors.track),
        )
    )
    ink = alt.Color("ink:N", scale=None)
    values = drawn.mark_text(dy=-7, fontSize=12, fontWeight=600).encode(text="shown:N", color=ink)
    samples = drawn.mark_text(dy=8, fontSize=11).encode(text="sample:N", color=ink)
    # Pairs without a cell still have their row and column.
    chart = alt.layer(base.mark_rect(opacity=0), cells.add_params(chosen), values, samples)
    # The inks are colours as they stand; the cells alone have a scale.
    return finished(chart.resolve_scale(color="independent"), HEAD + ROW * setters, colors)
