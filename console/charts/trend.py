"""A number over time, with the comparison dashed in grey behind it."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import Palette

HEIGHT = 230
NOW = "This period"


def trend(rows: pl.DataFrame, *, comparison: str, share: bool, hourly: bool, colors: Palette) -> Any:
    """Two lines over one axis, a point a step.

    `rows`: `step` (ISO day, or the hour when `hourly`; in order), `series` (NOW or `comparison`), `value` (a share from 0 to 1, else a
    number; null where there is nothing to divide by), `label` and `shown` (the step and the value for people), and
    `key` (what a click names: the day, or the hour). A click on a point of this period gives its `key`.
    """
    names = [NOW, comparison] if comparison else [NOW]
    steps = rows.filter(pl.col("series") == NOW)["step"].to_list()
    chosen = alt.selection_point(name="point", fields=["key"], nearest=True, on="click", empty=False)
    base = alt.Chart(rows).encode(
        x=alt.X("step:O", sort=steps).axis(
            title=None,
            domain=False,
            ticks=False,
            grid=False,
            labelAngle=0,
            labelOverlap="greedy",
            values=_named(steps),
            labelExpr="datum.value" if hourly else "timeFormat(toDate(datum.value + 'T00:00'), '%-d %b')",
        ),
        y=alt.Y("value:Q")
        .scale(zero=not share)
        .axis(
            title=None,
            domain=False,
            ticks=False,
            tickCount=4,
            **(
                {"format": ".0%"}
                if share
                else {
                    "labelExpr": "datum.value < 10000 ? format(datum.value, ',') : format(datum.value / 1000, ',') + 'k'",
                    "tickMinStep": 1,
                }
            ),
        ),
        color=alt.Color("series:N")
        .scale(domain=names, range=[colors.accent, colors.comparison][: len(names)])
        .legend(symbolType="stroke", symbolSize=280, symbolStrokeWidth=2),
        tooltip=[
            alt.Tooltip("label:N", title="When"),
            alt.Tooltip("shown:N", title="Value"),
            alt.Tooltip("series:N", title="Of"),
        ],
    )
    lines = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("series:N").scale(domain=names, range=[[1, 0], [4, 3]][: len(names)]),
    )
    # A lone step has no line to be seen by; otherwise the points only take the clicks.
    size, opacity = (60, 1) if len(steps) < 2 else (90, 0)
    points = (
        base.mark_point(filled=True, size=size)
        .transform_filter(alt.datum.series == NOW)
        .encode(opacity=alt.condition(chosen, alt.value(1), alt.value(opacity)))
        .add_params(chosen)
    )
    return alt.layer(lines, points).properties(height=HEIGHT)


def _named(steps: list[str]) -> list[str]:
    """At most six steps are named, evenly, the last one of them always."""
    every = max(1, -(-len(steps) // 6))
    return steps[::-1][::every][::-1]
