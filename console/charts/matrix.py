"""Who sets for whom: setters down, closers across, the close rate of each pair with its sample."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import Palette

HEAD, ROW = 34, 44


def matrix(rows: pl.DataFrame, *, middle: float, colors: Palette) -> Any:
    """`rows`: `setter`, `closer` (names), `down`, `across` (their places), `pair` (what a click names), `value` (0 to
    1, null: no sits), `enough` (the sample allows a colour), `shown` ("40%") and `sample` ("8 of 20").

    The colour is the distance from `middle`, the close rate of all of them.
    """
    setters = rows.sort("down")["setter"].unique(maintain_order=True).to_list()
    closers = rows.sort("across")["closer"].unique(maintain_order=True).to_list()
    told = rows.filter(pl.col("enough") & pl.col("value").is_not_null())["value"].to_list()
    reach = max([abs(value - middle) for value in told] + [0.05])
    inks = [
        colors.ink((row["value"] - middle + reach) / (2 * reach)) if row["enough"] else colors.text
        for row in rows.iter_rows(named=True)
    ]
    chosen = alt.selection_point(name="pair", fields=["pair"], on="click", empty=False)
    base = alt.Chart(rows.with_columns(ink=pl.Series(inks, dtype=pl.String))).encode(
        x=alt.X("closer:N", sort=closers)
        .scale(paddingInner=0.02)
        .axis(
            title=None,
            orient="top",
            domain=False,
            ticks=False,
            labelAngle=0,
            labelLimit=84,
            labelOverlap=False,
        ),
        y=alt.Y("setter:N", sort=setters)
        .scale(paddingInner=0.05)
        .axis(title=None, domain=False, ticks=False, labelLimit=140),
        tooltip=[
            alt.Tooltip("setter:N", title="Set by"),
            alt.Tooltip("closer:N", title="Closed by"),
            alt.Tooltip("shown:N", title="Close rate"),
            alt.Tooltip("sample:N", title="Sold of sat"),
        ],
    )
    cells = base.mark_rect(cornerRadius=1).encode(
        color=alt.condition(
            "datum.enough",
            alt.Color(
                "value:Q",
                scale=alt.Scale(
                    range=list(colors.diverging),
                    domain=[middle - reach, middle + reach],
                    domainMid=middle,
                    clamp=True,
                ),
                legend=None,
            ),
            alt.value(colors.track),
        )
    )
    ink = alt.Color("ink:N", scale=None)
    values = base.mark_text(dy=-7, fontSize=12, fontWeight=600).encode(text="shown:N", color=ink)
    samples = base.mark_text(dy=8, fontSize=11).encode(text="sample:N", color=ink)
    chart = alt.layer(cells.add_params(chosen), values, samples)
    # The inks are colours as they stand; the cells alone have a scale.
    return chart.resolve_scale(color="independent").properties(height=HEAD + ROW * len(setters))
