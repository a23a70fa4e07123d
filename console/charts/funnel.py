"""From door to sale: each bar is the share of the step before, on a track as wide as all of it.

Linear and honest: bars drawn to scale of the first step would hide the last.
"""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import polars as pl

from console.charts.drawing import Drawing, Spec, finished, named_rows
from console.charts.frame import Palette

HEIGHT = 222


def funnel(rows: pl.DataFrame, *, colors: Palette) -> Drawing:
    """`rows`, in order: `name` (of the step), `step` (what a click names), `shown` (its number), `share` (of the step
    before, 0 to 1; null when that is empty), `note` ("38.2% of doors"). The selection is named "step"."""
    return Drawing(_spec(colors), rows)


@lru_cache
def _spec(colors: Palette) -> Spec:
    chosen = alt.selection_point(name="step", fields=["step"], on="click", empty=False)
    # Room for the number before the bar and for the note behind it, in widths of the bar.
    across = alt.Scale(domain=[-0.44, 1.86], nice=False, zero=False)
    base = alt.Chart(named_rows()).encode(
        y=alt.Y("name:N", sort=None).axis(
            title=None, domain=False, ticks=False, labelColor=colors.text, labelPadding=4
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Step"),
            alt.Tooltip("shown:N", title="Number"),
            alt.Tooltip("note:N", title="Share"),
        ],
    )
    start = base.encode(x=alt.XDatum(0, scale=across, axis=None))
    end = base.encode(x=alt.XDatum(1, scale=across, axis=None))
    track = start.mark_bar(height=14, color=colors.track).encode(x2=alt.X2Datum(1))
    bar = base.mark_bar(height=14, color=colors.accent).encode(
        x=alt.X("share:Q", scale=across, axis=None), x2=alt.X2Datum(0)
    )
    number = start.mark_text(align="right", dx=-8, fontSize=12, fontWeight=600, color=colors.text).encode(
        text="shown:N"
    )
    note = end.mark_text(align="left", dx=8, fontSize=12, color=colors.gray_text).encode(text="note:N")
    return finished(alt.layer(track.add_params(chosen), bar, number, note), HEIGHT, colors)
