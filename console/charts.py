"""Frame in, chart out. One place sets how every chart is framed.

`alt.Chart.configure` replaces earlier `configure_*` calls, so all of it is said at once; palettes follow the theme
because charts are shown with Streamlit's own. Colours set by hand are for series that mean "not reached": grey.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl
import streamlit as st

_GRAY_TEXT = {"light": "#51626A", "dark": "#A9B7BC"}
_ACCENT = {"light": "#0B6E75", "dark": "#45BFB8"}
_QUIET = {"light": "#C3CED1", "dark": "#46555C"}
_GRID = {"light": "#E3E9EA", "dark": "#2A363B"}


def theme_type() -> str:
    """light or dark, as the reader has it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def framed(chart: alt.Chart | alt.LayerChart, height: int) -> Any:
    """The one frame: no view border, 12 px labels in grey, the legend on top without a title."""
    theme = theme_type()
    label: dict[str, Any] = {"labelColor": _GRAY_TEXT[theme], "labelFontSize": 12}
    return chart.properties(height=height).configure(
        padding={"left": 0, "top": 4, "right": 4, "bottom": 0},
        view=alt.ViewConfig(strokeWidth=0),
        axis=alt.AxisConfig(**label, gridColor=_GRID[theme]),
        legend=alt.LegendConfig(
            **label, orient="top", title=None, offset=8, symbolType="square", symbolSize=90
        ),
    )


def hourly(rows: pl.DataFrame, height: int = 236) -> Any:
    """Rows changed (accent) on rows read and found the same (grey), a bar an hour.

    `rows` has one row an hour: `hour` (an ISO local time, which keeps 24 hours apart and in order), `label`
    (the hour for people), `read`, `changed`.
    """
    theme = theme_type()
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
            color=alt.Color("what:N").scale(domain=list(series), range=[_ACCENT[theme], _QUIET[theme]]),
            order=alt.Order("order:O"),
            tooltip=[
                alt.Tooltip("label:N", title="Hour"),
                alt.Tooltip("read:Q", title="Read", format=","),
                alt.Tooltip("changed:Q", title="Changed", format=","),
            ],
        )
    )
    return framed(chart, height)
