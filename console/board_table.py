"""The one table of a board, live or in the page of a contest: rank, rep, bar, and what stands beside them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from console import board_words, day_words, parts, words
from console.readers.board import Board, Standing

ROWS, ROW_HEIGHT = 20, 38
_MOST = 500  # rows that are sent at once
_PROGRESS_FORMAT = {
    "count": "localized",
    "money": "localized",
    "share": "%.1f%%",
    "seconds": "%.0f s",
    "days": "%.1f days",
}
# The hours in which a day in the field happens; a board that has others shows those too.
_FROM_HOUR, _TO_HOUR = 9, 20


def show(board: Board, *, own: str | None, key: str, opens: bool) -> Standing | None:
    """Draw the table; gives the line that was chosen. `own` is the reader's own user, who is marked."""
    rows = board.rows[:_MOST]
    data, columns = _frame(board, rows, own)
    event = parts.table(
        data,
        columns,
        alt=_told(board),
        key=key,
        height="content" if len(rows) <= ROWS else ROW_HEIGHT * (ROWS + 1) + ROW_HEIGHT // 2,
        row_height=ROW_HEIGHT,
        on_select="rerun" if opens else "ignore",
        selection_mode="single-cell",
    )
    if len(board.rows) > _MOST:
        st.caption(f"The first {_MOST} of {len(board.rows):,} reps.")
    cells = event.selection.cells if opens else []
    return rows[cells[0][0]] if cells and cells[0][0] < len(rows) else None


def _frame(
    board: Board, rows: tuple[Standing, ...], own: str | None
) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    kpi = board.kpi
    times = 100 if kpi.unit == "share" else 1
    best = max((row.value or 0 for row in rows), default=0) * times
    # A table of words: the dash for "no rank" is then as dark as a rank, and means something.
    data: dict[str, list[Any]] = {
        "rank": [str(row.rank) if row.rank is not None else words.EMPTY for row in rows],
        "rep": [f"{row.name} (you)" if row.user_id == own else row.name for row in rows],
        "value": [None if row.value is None else round(row.value * times, 1) for row in rows],
    }
    columns: dict[str, Any] = {
        "rank": parts.text_column("Rank", 46, right=True),
        "rep": parts.text_column("Rep", 130),
        "value": st.column_config.ProgressColumn(
            words.heading(kpi.name, board.unit),
            format=_PROGRESS_FORMAT[kpi.unit],
            width=164,  # the first three fill a phone; where there is room, all columns grow
            min_value=0,
            max_value=best or 1,
            help=f"{kpi.formula}. {kpi.edges}",
        ),
    }
    if board.compared:
        data["move"] = [board_words.move(row.moved, row.rank) for row in rows]
        columns["move"] = parts.text_column("Move", 60)
    if kpi.denominator is not None:
        data["sample"] = [_sample(board, row) for row in rows]
        columns["sample"] = parts.text_column(
            "Of" if kpi.median else "Made of", 110, right=True, help=_made_of(board)
        )
    if any(row.hours for row in rows):
        _beside(board, rows, data, columns)
    data["team"] = [row.team or None for row in rows]
    columns["team"] = parts.text_column("Team", 130)
    return data, columns


def _beside(
    board: Board, rows: tuple[Standing, ...], data: dict[str, list[Any]], columns: dict[str, Any]
) -> None:
    """Verified share, appointments set and the hours, for whom they may be shown."""
    if board.kpi.key != "verified_share":
        data["verified"] = [None if row.verified is None else round(row.verified * 100, 1) for row in rows]
        columns["verified"] = st.column_config.NumberColumn("Verified share", format="%.0f%%", width=100)
    if board.kpi.key != "set":
        data["set"] = [row.set or 0 for row in rows]
        columns["set"] = parts.number_column("Set", 46)
    busy = [hour for row in rows for hour, count in enumerate(row.hours) if count]
    first, last = min([_FROM_HOUR, *busy]), max([_TO_HOUR, *busy])
    data["hours"] = [list(row.hours[first : last + 1]) or [0.0] * (last - first + 1) for row in rows]
    columns["hours"] = st.column_config.BarChartColumn(
        "By hour",
        width=120,
        y_min=0,
        y_max=max((count for row in rows for count in row.hours), default=1) or 1,
        help=f"{first:02}:00 to {last + 1:02}:00, {day_words.whose_time(board.days.everybody)}",
    )


def _made_of(board: Board) -> str:
    if board.kpi.median:
        return board.kpi.denominator_words.capitalize()
    return f"{board.kpi.numerator_words}, of {board.kpi.denominator_words}".capitalize()


def _sample(board: Board, row: Standing) -> str | None:
    if not row.denominator:
        return None
    if board.kpi.median:
        return f"{row.denominator:,.0f}"
    return f"{row.numerator or 0:,.0f} of {row.denominator:,.0f}"


def _told(board: Board) -> str:
    """The table for who cannot see it: who leads."""
    leaders = [row.name for row in board.rows if row.rank == 1]
    reps = words.counted(len(board.rows), "rep")
    if not leaders:
        return f"{board.kpi.name}: {reps}, none with a rank"
    best = words.number(board.rows[0].value, board.unit)
    verb = "leads" if len(leaders) == 1 else "lead"
    return f"{board.kpi.name}: {words.listed(leaders[:3])} {verb} with {best}, of {reps}"
