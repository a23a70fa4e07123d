"""A list of lines by pages, and the chosen one at the right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from console import parts, readers, states, words
from console.exploring import taking
from console.lines import detail, narrowing, outcomes
from console.lines.narrowing import Narrowing
from console.readers import lines as reading
from console.readers.lines import Line, LineCounts
from console.services import exports

LIST_ROWS = 14


def read(narrowed: Narrowing) -> tuple[list[Line], LineCounts]:
    """A page of lines from where the address says, and the counts."""
    chosen = narrowed.for_store()
    older, newer = st.query_params.get("older"), st.query_params.get("newer")
    rows = reading.lines(chosen, before=older, after=newer)
    paged = rows and (older or newer)
    return rows, reading.line_counts(chosen, first=rows[0].id if paged else None)


def show(narrowed: Narrowing, rows: Sequence[Line], counts: LineCounts) -> None:
    """The list at the left, the chosen line at the right."""
    if narrowed.sought.too_many:
        st.info(
            f"More than {reading.FOUND_MAX:,} records bear {words.plain(words.quoted(narrowed.text))}, so only reasons are"
            " searched for it. Write more of it to find a record.",
            icon=":material/manage_search:",
        )
    if not rows:
        _none(narrowed)
        return
    id = st.query_params.get("line")
    left, right = st.columns([13, 9], gap="medium")
    with left:
        _told(rows, counts)
        chosen = _list(rows, id)
        _pager(rows, counts)
    with right:
        beside = None if id is None or chosen.id == id else reading.line(id)
        if id is not None and beside is None and chosen.id != id:
            st.info(
                words.plain(f"There is no line {id} any more, or it is not yours to see."),
                icon=":material/event_busy:",
            )
        detail.show(beside or chosen, across=narrowed.of_run is None)


def _none(narrowed: Narrowing) -> None:
    named = f" match {words.plain(narrowed.named)}" if narrowed.named else ""
    if not named and narrowed.of_run is not None:
        states.all_well(
            "Nothing to tell of any record", "The run wrote nothing, and nothing waits for anybody."
        )
        return
    without = reading.line_counts(reading.line_filter(reading.Search(), of_run=narrowed.of_run)).matching
    if not without:
        states.nothing(
            "No line yet", "Each record that a sync writes, links or cannot write leaves a line here."
        )
        return
    where = f" of {narrowed.of_run.run}" if narrowed.of_run else ""
    states.no_match(
        f"No lines{named} {narrowed.span}",
        f"Without the filters there are {words.counted(without, 'line')}{where}.",
        narrowing.clear,
    )


def _told(rows: Sequence[Line], counts: LineCounts) -> None:
    first, last = counts.newer + 1, counts.newer + len(rows)
    st.markdown(f":gray[:small[{first:,}–{last:,} of {counts.matching:,}, newest first]]")


def _list(rows: Sequence[Line], id: str | None) -> Line:
    at = next((place for place, row in enumerate(rows) if row.id == id), 0)
    # A selection is a row's number and must not slide to another line, so the key follows what is listed.
    key = f"lines-{rows[0].id}-{rows[-1].id}-{len(rows)}"
    parts.table(
        {
            "record": [row.name for row in rows],
            "outcome": [parts.chip(outcomes.sign(row.outcome)) for row in rows],
            "reason": [detail.reason(row) for row in rows],
            "when": [row.moment for row in rows],
        },
        {
            "record": parts.text_column("Record", 132),
            "outcome": parts.sign_column("Outcome", outcomes.all_signs(), 100),
            "reason": parts.text_column("Why", 252),
            "when": parts.moment_column("When", 126, readers.zone()),
        },
        alt=f"{words.counted(len(rows), 'line')} of the log, newest first, from {rows[0].id} to {rows[-1].id}",
        key=key,
        height=parts.table_height(len(rows), LIST_ROWS),
        on_select=partial(_open, key, [row.id for row in rows]),
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [(at, "record")]}},
    )
    return rows[at]


def _open(key: str, ids: Sequence[str]) -> None:
    cells = st.session_state[key].selection.cells
    if cells:
        st.query_params["line"] = ids[cells[0][0]]


def _pager(rows: Sequence[Line], counts: LineCounts) -> None:
    last = counts.newer + len(rows)
    if counts.newer == 0 and last >= counts.matching:
        return
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Newer", icon=":material/chevron_left:", key="newer-lines", disabled=counts.newer == 0, on_click=_turn,
            args=("newer", rows[0].id),
        )  # fmt: skip
        st.button(
            "Older", icon=":material/chevron_right:", icon_position="right", key="older-lines",
            disabled=last >= counts.matching, on_click=_turn, args=("older", rows[-1].id),
        )  # fmt: skip


def _turn(way: str, id: str) -> None:
    narrowing.to_newest()
    st.query_params[way] = id


def export(narrowed: Narrowing, counts: LineCounts) -> None:
    """The menu that makes a file of all lines that pass, not of the page that is shown."""
    chosen = narrowed.for_store()
    source = {"page": "Log, records", "filters": f"{narrowed.named} {narrowed.span}".strip()}

    def refusal(_: str) -> str | None:
        if counts.matching <= reading.EXPORTED_MAX:
            return None
        return (
            f"a file takes {reading.EXPORTED_MAX:,} lines, and {counts.matching:,} are chosen; narrow them."
        )

    with st.popover("Export", icon=":material/download:", key="export-lines", disabled=counts.matching == 0):
        taking.buttons(
            "fieldline log",
            words.counted(counts.matching, "line"),
            lambda kind: exports.rows_as(kind, reading.all_lines(chosen), source),
            "export-lines",
            refusal,
        )
