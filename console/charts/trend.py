"""A number over time, with the comparison dashed in grey behind it."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import polars as pl

from console.charts.drawing import Drawing, Spec, finished, named_rows
from console.charts.frame import Palette

HEIGHT = 230
NOW = "This period"
CROWDED = 14  # steps


def trend(rows: pl.DataFrame, *, share: bool, hourly: bool, colors: Palette) -> Drawing:
    """Two lines over one axis, a point a step.

    `rows`: `series` (NOW, then the name of the comparison; in this order), `step` (ISO day, or the hour when `hourly`;
    in order), `value` (a share from 0 to 1, else a number; null where there is nothing to divide by), `label` and
    `shown` (the step and the value for people), and `key` (what a click names). A click on a point of this period
    gives its `key`; the selection is named "point".
    """
    known = pl.col("value").is_not_null()
    beside = [known.shift(to, fill_value=False).over("series") for to in (1, -1)]
    alone = rows.with_columns(alone=known & ~pl.any_horizontal(beside))
    return Drawing(_spec(share, hourly, rows["step"].n_unique() > CROWDED, colors), alone)


@lru_cache
def _spec(share: bool, hourly: bool, crowded: bool, colors: Palette) -> Spec:
    chosen = alt.selection_point(name="point", fields=["key"], nearest=True, on="click", empty=False)
    base = alt.Chart(named_rows()).encode(
        x=alt.X("step:O", sort=None).axis(
            title=None,
            domain=False,
            ticks=False,
            grid=False,
            labelAngle=0,
            # Of many steps the last stands so near the edge that half its label would be cut off.
            labelAlign=alt.condition("datum.index > 0.94", alt.value("right"), alt.value("center"))
            if crowded
            else alt.Undefined,
            labelOverlap="greedy",
            labelSeparation=36,
            labelExpr="datum.value" if hourly else "timeFormat(toDate(datum.value + 'T00:00'), '%-d %b')",
        ),
        y=alt.Y("value:Q")
        .scale(zero=not share)
        .axis(
            title=None,
            domain=False,
            ticks=False,
            tickCount=4,
            labelExpr="format(datum.value, '.0%')"
            if share
            else "datum.value < 10000 ? format(datum.value, ',') : format(datum.value / 1000, ',') + 'k'",
        ),
        # In the order of their appearance: this period, then the comparison.
        color=alt.Color("series:N", sort=None)
        .scale(range=[colors.accent, colors.comparison])
        .legend(symbolType="stroke", symbolSize=280, symbolStrokeWidth=2),
        tooltip=[
            alt.Tooltip("label:N", title="When"),
            alt.Tooltip("shown:N", title="Value"),
            alt.Tooltip("series:N", title="Of"),
        ],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("series:N", sort=None).scale(range=[[1, 0], [4, 3]])
    )
    # A value between two that are not known has no line to be seen by; otherwise the points only take the clicks.
    points = (
        base.mark_point(filled=True, size=60)
        .transform_filter((alt.datum.series == NOW) | alt.datum.alone)
        .encode(opacity=alt.condition(chosen | alt.datum.alone, alt.value(1), alt.value(0)))
        .add_params(chosen)
    )
    return finished(alt.layer(lines, points), HEIGHT, colors)
