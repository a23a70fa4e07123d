"""Shares of two sides beside each other, with the sample that each rests on."""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from console.charts.frame import Palette

HEAD, ROW = 40, 44  # the legend, and a category


def paired_bars(
    rows: pl.DataFrame, sides: tuple[str, str], *, least: int, opens: str, colors: Palette
) -> Any:
    """A pair of bars a category: the first side in the accent, the one it is held against in grey.

    `rows` has one row a category and side, in the order in which they are to stand: `key`, `label`, `side` (one of
    `sides`), `n`, `of`, `share` (0 to 1). Below a sample of `least` a bar is drawn faint and tells counts instead of a
    share. Clicking a bar of the first side selects its category: the selection is named "chosen" and has the field
    `opens`, which is the name of the filter that the category is for the page behind the number.
    """
    drawn = rows.with_columns(
        few=pl.col("of") < least,
        said=pl.Series([_said(row, least) for row in rows.iter_rows(named=True)], dtype=pl.String),
    ).rename({"key": opens})
    order = rows["label"].unique(maintain_order=True).to_list()
    widest = float(rows["share"].max() or 0)  # type: ignore[arg-type]
    chosen = alt.selection_point(name="chosen", fields=[opens], empty=False)
    base = alt.Chart(drawn).encode(
        y=alt.Y("label:N", sort=order)
        .axis(title=None, domain=False, ticks=False, labelLimit=130, labelPadding=8)
        .scale(paddingInner=0.28, paddingOuter=0.1),
        yOffset=alt.YOffset("side:N", sort=list(sides)).scale(paddingInner=0.12),
        # Two fifths of the width are for the words after the longest bar.
        x=alt.X("share:Q").axis(None).scale(domain=[0, (widest or 1) * 1.7]),
        tooltip=[
            alt.Tooltip("label:N", title="What"),
            alt.Tooltip("side:N", title="Whose"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
            alt.Tooltip("n:Q", title="Number", format=","),
            alt.Tooltip("of:Q", title="Of", format=","),
        ],
    )
    bars = (
        base.mark_bar(cornerRadiusEnd=2)
        .encode(
            color=alt.Color("side:N", sort=list(sides)).scale(
                domain=list(sides), range=[colors.accent, colors.quiet]
            ),
            opacity=alt.condition("datum.few", alt.value(0.45), alt.value(1)),
        )
        .add_params(chosen)
    )
    words = base.mark_text(align="left", dx=6, fontSize=12, color=colors.gray_text).encode(text="said:N")
    return alt.layer(bars, words).properties(height=HEAD + ROW * max(len(order), 1))


def _said(row: dict[str, Any], least: int) -> str:
    if row["of"] < least:
        return f"{row['n']:,} of {row['of']:,}"
    return f"{row['share']:.1%} of {row['of']:,}"
