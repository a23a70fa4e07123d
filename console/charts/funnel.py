"""From door to sale: each bar is the share of the step before, on a track as wide as all of it.

Linear and honest: bars drawn to scale of the first step would hide the last.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import Palette

HEIGHT = 222


def funnel(rows: pl.DataFrame, *, colors: Palette) -> Any:
    """`rows`: `name` (of the step, in order), `step` (what a click names), `shown` (its number), `share` (of the step
    before, 0 to 1; null when that is empty), `note` ("38.2% of doors")."""
    chosen = alt.selection_point(name="step", fields=["step"], on="click", empty=False)
    base = alt.Chart(rows.with_columns(whole=pl.lit(1.0), start=pl.lit(0.0))).encode(
        y=alt.Y("name:N", sort=rows["name"].to_list()).axis(
            title=None, domain=False, ticks=False, labelColor=colors.text, labelPadding=4
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Step"),
            alt.Tooltip("shown:N", title="Number"),
            alt.Tooltip("note:N", title="Share"),
        ],
    )
    # Room for the number before the bar and for the note behind it, in widths of the bar.
    across = alt.Scale(domain=[-0.34, 1.72], nice=False, zero=False)
    track = base.mark_bar(height=14, color=colors.track).encode(
        x=alt.X("start:Q", scale=across, axis=None), x2="whole:Q"
    )
    bar = base.mark_bar(height=14, color=colors.accent).encode(
        x=alt.X("start:Q", scale=across, axis=None), x2="share:Q"
    )
    number = base.mark_text(align="right", dx=-8, fontSize=12, fontWeight=600, color=colors.text).encode(
        x=alt.X("start:Q", scale=across, axis=None), text="shown:N"
    )
    note = base.mark_text(align="left", dx=8, fontSize=12, color=colors.gray_text).encode(
        x=alt.X("whole:Q", scale=across, axis=None), text="note:N"
    )
    return alt.layer(track.add_params(chosen), bar, number, note).properties(height=HEIGHT)
