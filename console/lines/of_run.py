"""The records of one run of syncs: its numbers, each the door to what it counts, and the list of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from console import parts, words
from console.lines import listing, narrowing, outcomes
from console.readers import Run
from console.readers import lines as reading

READ_ROWS = 12
_ALWAYS = ("Written", "Blocked", "Failed")


def show(run: Run) -> None:
    """The numbers and, below them, what the chosen one counts."""
    of_run = reading.of_run(run.id)
    if of_run is None:
        return
    doors = st.container(horizontal=True, gap="small")
    narrowed = narrowing.of_one_run(of_run)
    everything = reading.line_counts(narrowed.for_store(any_outcome=True))
    reads = reading.run_reads(run.id)
    with doors:
        _numbers(everything.by_outcome, reads)
    if narrowed.result == outcomes.READ:
        _reads(reads)
        return
    rows, counts = listing.read(narrowed)
    if rows:
        with st.container(horizontal=True, horizontal_alignment="right"):
            listing.export(narrowed, counts)
    listing.show(narrowed, rows, counts)


def _numbers(by_outcome: Mapping[str, int], reads: Sequence[Mapping[str, Any]]) -> None:
    _door("read", sum(row["rows_read"] or 0 for row in reads), outcomes.READ)
    found = {
        name: sum(by_outcome.get(each, 0) for each in meant) for name, meant in outcomes.OUTCOMES.items()
    }
    for name in (*_ALWAYS, *(name for name in found if name not in _ALWAYS)):
        if found[name] or name in _ALWAYS:
            _door(name.lower(), found[name], name)


def _door(word: str, number: int, result: str) -> None:
    st.button(
        f":primary[{word} {number:,}]", key=f"door-{word}", type="tertiary", on_click=narrowing.choose, args=(result,),
        help=f"Show them: {word}",
    )  # fmt: skip


def _reads(reads: Sequence[Mapping[str, Any]]) -> None:
    """What was read for the run, by table and run of reading."""
    if not reads:
        st.markdown(":gray[Nothing was read for it: it planned on what was mirrored.]")
        return
    key = "run-reads"

    def choose() -> None:
        cells = st.session_state[key].selection.cells
        if cells:
            narrowing.choose(outcomes.ALL)
            st.query_params["run"] = reads[cells[0][0]]["run"]

    parts.table(
        {
            "run": [row["run"] for row in reads],
            "table": [f"{words.system(row['system'])} {row['table_name']}" for row in reads],
            **{
                name: [row[name] for row in reads]
                for name in ("rows_read", "rows_inserted", "rows_changed", "rows_deleted")
            },
        },
        {
            "run": parts.text_column("Run", 90),
            "table": parts.text_column("Table", 200),
            "rows_read": parts.number_column("Read", 90),
            "rows_inserted": parts.number_column("Inserted", 90),
            "rows_changed": parts.number_column("Changed", 90),
            "rows_deleted": parts.number_column("Deleted", 90),
        },
        alt=f"{words.counted(len(reads), 'reading')} of synced records before and in this run",
        key=key,
        height=parts.table_height(len(reads), READ_ROWS),
        on_select=choose,
        selection_mode="single-cell",
    )
    st.markdown(":gray[:small[Choose one to see its run.]]")
