"""When doors open: weekday by hour, a cell darker where the number is higher."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import polars as pl

from console.charts.drawing import Drawing, Spec, finished, named_rows
from console.charts.frame import Palette

HEIGHT = 236
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def heat_map(rows: pl.DataFrame, *, share: bool, colors: Palette) -> Drawing:
    """`rows`: `weekday` (1 Monday to 7), `hour` (0 to 23), `cell` (what a click names), `value`, `few` (too few cases
    to say: it bears a dot), `shown` and `label` (value and cell for people). The selection is named "cell".

    Cells with too few cases do not stretch the scale: one door that opened is no 100%.
    """
    enough = [row for row in rows.filter(~pl.col("few"))["value"].to_list() if row is not None] or [0.0, 1.0]
    low, high = min(enough), max(max(enough), min(enough) + 1e-9)
    hours = range(rows["hour"].min(), rows["hour"].max() + 1)  # type: ignore[arg-type, operator]
    # Every hour between has its column, also one in which nobody was out.
    grid = pl.DataFrame(
        {"weekday": [1] * len(hours), "hour": list(hours)}, schema=rows.select("weekday", "hour").schema
    )
    tones = rows.with_columns(tone=pl.col("value").clip(low, high))
    inks = [colors.ink_of_sequence(((tone or low) - low) / (high - low)) for tone in tones["tone"]]
    cells = tones.with_columns(ink=pl.Series(inks, dtype=pl.String), drawn=pl.col("value").is_not_null())
    missing = grid.join(rows, on=["weekday", "hour"], how="anti")
    drawn = pl.concat([cells, missing], how="diagonal").with_columns(
        day=pl.col("weekday").replace_strict(dict(enumerate(WEEKDAYS, 1)), return_dtype=pl.String),
        at=pl.col("hour").cast(pl.String).str.zfill(2),
        drawn=pl.col("drawn").fill_null(value=False),
        few=pl.col("few").fill_null(value=False),
    )
    return Drawing(
        _spec(share, colors),
        drawn.select("day", "at", "cell", "tone", "few", "drawn", "ink", "label", "shown"),
    )


@lru_cache
def _spec(share: bool, colors: Palette) -> Spec:
    chosen = alt.selection_point(name="cell", fields=["cell"], on="click", empty=False)
    base = alt.Chart(named_rows()).encode(
        x=alt.X("at:O")
        .scale(paddingInner=0.03)
        .axis(title=None, domain=False, ticks=False, labelAngle=0, labelOverlap="greedy"),
        y=alt.Y("day:O")
        .scale(domain=list(WEEKDAYS), paddingInner=0.06)
        .axis(title=None, domain=False, ticks=False),
    )
    drawn = base.transform_filter(alt.datum.drawn).encode(
        tooltip=[alt.Tooltip("label:N", title="When"), alt.Tooltip("shown:N", title="Value")]
    )
    cells = drawn.mark_rect(cornerRadius=1).encode(
        color=alt.Color("tone:Q")
        .scale(range=list(colors.sequential), zero=False, nice=False)
        .legend(
            orient="right",
            gradientLength=HEIGHT - 80,
            tickCount=4,
            format=".0%" if share else ",.0f",
            offset=4,
        ),
    )
    dots = (
        drawn.mark_point(filled=True, size=18, opacity=1)
        .encode(shape=alt.value("circle"), color=alt.Color("ink:N", scale=None))
        .transform_filter(alt.datum.few)
    )
    # Hours without a cell still have their column.
    hours = base.mark_rect(opacity=0)
    chart = alt.layer(hours, cells.add_params(chosen), dots)
    # The inks are colours as they stand; the cells alone have a scale.
    return finished(chart.resolve_scale(color="independent"), HEIGHT, colors)
