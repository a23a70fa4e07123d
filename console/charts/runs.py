"""Rows that runs read and changed."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import framed, palette


def hourly(rows: pl.DataFrame, height: int = 236) -> Any:
    """Rows changed (accent) on rows read and found the same (grey), a bar an hour.

    `rows` has one row an hour: `hour` (an ISO local time, which keeps 24 hours apart and in order), `label`
    (the hour for people), `read`, `changed`.
    """
    colors = palette()
    series = {"Changed": pl.col("changed"), "Read, the same": pl.col("read") - pl.col("changed")}
    tall = pl.concat(
        rows.with_columns(what=pl.lit(name), order=pl.lit(position), rows=count)
        for position, (name, count) in enumerate(series.items())
    )
    chart = (
        alt.Chart(tall)
        .mark_bar()
        .encode(
            x=alt.X("hour:O", sort=rows["hour"].to_list()).axis(
                title=None,
                domain=False,
                ticks=False,
                labelAngle=0,
                # Every sixth hour is named, whichever the window begins with.
                labelExpr="parseInt(slice(datum.label, 11, 13)) % 6 == 0 ? slice(datum.label, 11, 16) : ''",
                labelOverlap=False,
            ),
            y=alt.Y("rows:Q", stack="zero").axis(
                title=None,
                domain=False,
                ticks=False,
                tickCount=3,
                tickMinStep=1,
                labelExpr="datum.value < 10000 ? format(datum.value, ',') : format(datum.value / 1000, ',') + 'k'",
            ),
            color=alt.Color("what:N").scale(domain=list(series), range=[colors.accent, colors.quiet]),
            order=alt.Order("order:O"),
            tooltip=[
                alt.Tooltip("label:N", title="Hour"),
                alt.Tooltip("read:Q", title="Read", format=","),
                alt.Tooltip("changed:Q", title="Changed", format=","),
            ],
        )
    )
    return framed(chart, height)
