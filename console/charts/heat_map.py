"""When doors open: weekday by hour, a cell darker where the share is higher."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import Palette

HEIGHT = 236
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def heat_map(rows: pl.DataFrame, *, share: bool, colors: Palette) -> Any:
    """`rows`: `weekday` (1 Monday to 7), `hour` (0 to 23), `cell` (what a click names), `value`, `few` (too few cases
    to say: it bears a dot), `shown` and `label` (value and cell for people).

    Cells with too few cases do not stretch the scale: one door that opened is no 100%.
    """
    present = rows["hour"].to_list()
    hours = [f"{hour:02}" for hour in range(min(present), max(present) + 1)]
    enough = [row for row in rows.filter(~pl.col("few"))["value"].to_list() if row is not None] or [0.0, 1.0]
    low, high = min(enough), max(max(enough), min(enough) + 1e-9)
    inks = [colors.ink_of_sequence(((value or 0) - low) / (high - low)) for value in rows["value"]]
    named = rows.with_columns(
        ink=pl.Series(inks, dtype=pl.String),
        day=pl.col("weekday").replace_strict(dict(enumerate(WEEKDAYS, 1)), return_dtype=pl.String),
        at=pl.col("hour").cast(pl.String).str.zfill(2),
    )
    chosen = alt.selection_point(name="cell", fields=["cell"], on="click", empty=False)
    base = alt.Chart(named).encode(
        x=alt.X("at:O", sort=hours)
        .scale(domain=hours, paddingInner=0.03)
        .axis(title=None, domain=False, ticks=False, labelAngle=0, labelOverlap="greedy"),
        y=alt.Y("day:O", sort=list(WEEKDAYS))
        .scale(domain=list(WEEKDAYS), paddingInner=0.06)
        .axis(title=None, domain=False, ticks=False),
        tooltip=[alt.Tooltip("label:N", title="When"), alt.Tooltip("shown:N", title="Value")],
    )
    cells = base.mark_rect(cornerRadius=1).encode(
        color=alt.Color("value:Q")
        .scale(range=list(colors.sequential), domain=[low, high], clamp=True)
        .legend(
            orient="right",
            gradientLength=HEIGHT - 80,
            tickCount=4,
            format=".0%" if share else ",.0f",
            offset=4,
        ),
    )
    dots = (
        base.mark_point(filled=True, size=18, opacity=1)
        .encode(shape=alt.value("circle"), color=alt.Color("ink:N", scale=None))
        .transform_filter(alt.datum.few)
    )
    chart = alt.layer(cells.add_params(chosen), dots)
    # The inks are colours as they stand; the cells alone have a scale.
    return chart.resolve_scale(color="independent").properties(height=HEIGHT)
