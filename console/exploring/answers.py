"""The answer to a statement: as a table, as a chart, as a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from console import charts, parts, readers, services, states, words
from console.exploring import address, taking
from console.readers.explore import SQL_LIMITS

SHOWN = 500  # rows
COLUMNS_SHOWN = 100
TEXT_SHOWN = 500  # characters
TABLE, CHART = "Table", "Chart"
KINDS = ("Bars", "Line", "Points")
_HEIGHT = 300


@st.fragment
def show(rows: pl.DataFrame, sql: str, as_of: datetime | None, seconds: float) -> None:
    """By itself: looking at an answer in another way does not run the statement again."""
    with states.guarded("the answer"):
        left, right = st.columns([3, 2], vertical_alignment="center")
        then = f", as of {words.moment(as_of, readers.now(), readers.zone())}" if as_of else ""
        left.header(f"{_told(rows, seconds)}{then}", anchor=False)
        with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            look = st.segmented_control(
                "Look",
                [TABLE, CHART],
                default=TABLE,
                required=True,
                key="sql-look",
                label_visibility="collapsed",
            )
            if not rows.is_empty():
                _export(rows, sql, as_of)
        if rows.is_empty():
            states.nothing("No rows", "The statement ran, and nothing matches it.")
        elif look == CHART:
            _chart(rows)
        else:
            _table(rows)


def _told(rows: pl.DataFrame, seconds: float) -> str:
    whole = rows.height < (SQL_LIMITS.rows or 0)
    counted = words.counted(rows.height, "row")
    taken = words.duration(seconds) if seconds >= 0.1 else "under 0.1 s"
    return f"{counted if whole else f'The first {counted}'}, {taken}"


def _table(rows: pl.DataFrame) -> None:
    head = rows.head(SHOWN)
    head = head.select(head.columns[:COLUMNS_SHOWN])
    head = head.with_columns(
        pl.col(name).cast(pl.String).str.slice(0, TEXT_SHOWN)
        for name, kind in head.schema.items()
        if kind in (pl.String, pl.Struct)
    )
    columns: dict[str, Any] = {
        name: parts.moment_column(name, 150, readers.zone())
        for name, kind in head.schema.items()
        if isinstance(kind, pl.Datetime) and kind.time_zone
    } | {
        name: st.column_config.NumberColumn(name, format="localized")
        for name, kind in head.schema.items()
        if kind.is_numeric()
    }
    st.dataframe(
        head,
        column_config=columns,
        hide_index=True,
        height=parts.table_height(head.height, 14),  # type: ignore[arg-type]
        placeholder=words.EMPTY,
        alt=f"{head.height} rows with {', '.join(head.columns[:12])}",
        key="sql-rows",
    )
    cut = []
    if rows.height > SHOWN:
        cut.append(f"the first {SHOWN} of {rows.height:,} rows")
    if rows.width > COLUMNS_SHOWN:
        cut.append(f"the first {COLUMNS_SHOWN} of {rows.width:,} columns")
    if cut:
        st.markdown(f":gray[:small[Shown: {words.listed(cut)}. An export holds all of them.]]")


def _export(rows: pl.DataFrame, sql: str, as_of: datetime | None) -> None:
    source = {"page": "Explore", "sql": sql, "as_of": address.told(as_of) if as_of else None}
    with st.popover("Export", icon=":material/download:", key="sql-export"):
        taking.buttons(
            "query",
            words.counted(rows.height, "row"),
            lambda kind: services.rows_as(kind, rows, source),
            "sql-export",
            lambda kind: services.refusal(kind, rows),
        )


def _chart(rows: pl.DataFrame) -> None:
    """Any column against any number; drawn from at most SHOWN rows, which the line below says."""
    numbers = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    if not numbers:
        states.nothing("No number to draw", "A chart needs a column of numbers, such as count(*).")
        return
    others = [name for name in rows.columns if name not in numbers] or rows.columns
    moments = [name for name in others if rows.schema[name].is_temporal()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        across = st.selectbox("Across", rows.columns, rows.columns.index((moments or others)[0]), width=200)
        up = st.selectbox("Up", numbers, width=200)
        kind = st.segmented_control(
            "Drawn as", KINDS, default="Line" if moments else "Bars", required=True, key="chart-kind"
        )
    measured = rows.schema[across].is_numeric() or rows.schema[across].is_temporal()
    drawn = rows.head(SHOWN).select(
        (pl.col(across) if measured else pl.col(across).cast(pl.String)).alias("across"),
        pl.col(up).cast(pl.Float64).alias("up"),
    )
    scale = "temporal" if rows.schema[across].is_temporal() else "quantitative" if measured else "nominal"
    x = alt.X("across", type=scale, title=None, sort=None)  # type: ignore[arg-type]
    if kind == "Bars":
        # Bars of a measured column stand side by side only as steps of a scale.
        x = alt.X("across", type="ordinal" if measured else "nominal", title=None, sort=None)
    y = alt.Y("up", type="quantitative", title=None)
    base = alt.Chart(drawn).encode(
        x, y, tooltip=[alt.Tooltip("across", title=across), alt.Tooltip("up", title=up)]
    )
    marks = {"Bars": base.mark_bar, "Line": lambda: base.mark_line(point=True), "Points": base.mark_point}
    st.altair_chart(charts.framed(marks[kind](), _HEIGHT), alt=_finding(drawn, across, up), key="sql-chart")
    of = f", from the first {SHOWN} of {rows.height:,} rows" if rows.height > SHOWN else ""
    st.markdown(f":gray[:small[{words.plain(up)} by {words.plain(across)}{of}]]")


def _finding(drawn: pl.DataFrame, across: str, up: str) -> str:
    """What a chart shows, for who cannot see it."""
    filled = drawn.drop_nulls("up").sort("up")
    if filled.is_empty():
        return f"{up} by {across}: no values"
    (low, least), (high, most) = filled.row(0), filled.row(-1)
    return f"{up} by {across}, from {least:,.10g} at {low} to {most:,.10g} at {high}"
