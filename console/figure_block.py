"""A figure on a page: its title and choices, its chart or its table, and the way from each mark to its records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st

from console import charts, exporting, parts, states, ways, words
from console.figures import Column, Figure

BEHIND = "views/behind.py"


def head(title: str, key: str, choose: Callable[[], Any] | None = None) -> tuple[Any, bool]:
    """The title with the figure's choice and "Table"; gives what was chosen, and whether the table is asked for."""
    with _row():
        st.header(title, anchor=False, width="content")
        with st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center", width="content"
        ):
            chosen = choose() if choose else None
            as_table = st.toggle("Table", key=f"{key}-table", bind="query-params")
    return chosen, as_table


def title(told: str) -> None:
    """The title alone, at the height of one that has choices beside it."""
    with _row():
        st.header(told, anchor=False, width="content")


def _row() -> Any:
    return st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")


def show(figure: Figure, key: str, *, as_table: bool, height: int) -> None:
    """Its chart, or its table when that is asked for or there is nothing to draw; the export has what was shown last."""
    exporting.shown().figures[key] = figure
    # A line of words in any case, for the small toolbar of chart and table covers what stands right above them.
    st.markdown(f":gray[:small[{figure.caption or words.plain(figure.finding)}]]")
    if figure.rows.is_empty():
        states.nothing("Nothing to show", "Nothing of this kind happened in this period, for these filters.")
    elif as_table or figure.chart is None:
        table(figure, f"{key}-rows", height=height)
    else:
        state = _chart(figure, key)
        _follow(figure, [point.get(figure.tells) for point in state["selection"].get(figure.mark) or ()])
    if figure.beside:
        told, address = figure.beside
        st.page_link(BEHIND, label=f"{told} ›", query_params=dict(address))


def _chart(figure: Figure, key: str) -> Any:
    options: dict[str, Any] = {
        "key": key,
        "alt": figure.finding,
        "on_select": "rerun",
        "selection_mode": figure.mark,
    }
    if isinstance(figure.chart, charts.Drawing):
        return st.vega_lite_chart(figure.chart.for_browser(), **options)
    return st.altair_chart(charts.framed(figure.chart), **options)


def table(figure: Figure, key: str, *, height: int, on_cell: Callable[[int, str], str] | None = None) -> None:
    """The rows of a figure; `on_cell` says which door a click on a row and column opens, if any."""
    shown = figure.table().with_columns(
        _cells(figure, column) for column in figure.columns if column.unit == "share"
    )
    chosen = parts.table(
        shown,
        {column.name: _column(column) for column in figure.columns},
        alt=figure.finding,
        key=key,
        height=height if (shown.height + 1) * parts.ROW_HEIGHT > height else "content",
        **({"on_select": "rerun", "selection_mode": "single-cell"} if on_cell else {}),
    )
    if on_cell and chosen.selection.cells:
        row, name = chosen.selection.cells[0]
        _follow(figure, [on_cell(row, name)])


def _cells(figure: Figure, column: Column) -> pl.Series:
    """The cells of a share: per cent, or words where some of them rest on too little to be told."""
    if not column.sample:
        return figure.rows[column.name] * 100
    told = [
        words.rate(row[column.name], too_few=column.too_few(row)) for row in figure.rows.iter_rows(named=True)
    ]
    return pl.Series(column.name, told, pl.String)


def _follow(figure: Figure, told: list[Any]) -> None:
    """Open the records behind the mark that was clicked."""
    for one in told:
        address = figure.doors.get(str(one))
        if address:
            ways.go(BEHIND, address)


def _column(column: Column) -> Any:
    if column.unit == "text":
        return parts.text_column(column.label, column.width)
    if column.sample and column.unit == "share":
        return parts.text_column(column.label, column.width, right=True)
    if column.unit == "share":
        return st.column_config.NumberColumn(column.label, format="%.1f%%", width=column.width)
    if column.unit == "days":
        return st.column_config.NumberColumn(column.label, format="%.1f", width=column.width)
    return parts.number_column(column.label, column.width)
