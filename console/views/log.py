"""Log: the runs, the tables or the records of the chosen one, what it could not do; and the records across runs.

All that is chosen stands in the URL: the search, outcome, system and period as bound widgets, the run, the line and the
place in the list by hand. So every link to a run or to a narrowed list opens as it was shared.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from console import identity, parts, progress, readers, run_detail, services, signs, states, words
from console.lines import listing, outcomes
from console.lines import narrowing as lines
from console.lines.narrowing import PERIOD, PERIODS
from console.lines.narrowing import Narrowing as LineNarrowing
from console.readers import Run, RunCounts, RunFilter
from console.readers import lines as line_readers
from console.readers.lines import LineCounts, QueryRefusedError

ALL, ALL_SYSTEMS, ANYONE = "All", "All systems", "Anyone"
# These words stand in links that people keep, so they never change.
OUTCOMES = {
    "Failed": ("failed",),
    "Part": ("partial",),
    "Held": ("held",),
    "Stopped": ("stopped", "interrupted"),
    "Done": ("done",),
    "Running": ("running",),
}
SYSTEMS = {words.system(name): name for name in words.SYSTEMS}
ASKED_BY = {word: name for name, word in words.ASKED_BY.items()}
RUNS, RECORDS = "Runs", "Records"
LIST_ROWS, LIST_ROWS_BESIDE_DETAIL = 12, 6


@dataclass(frozen=True)
class Narrowing:
    """The filters as chosen: for the store, and in words."""

    outcome: str
    system: str
    period: str
    asked_by: str

    def for_store(self) -> RunFilter:
        return readers.run_filter(
            OUTCOMES.get(self.outcome),
            SYSTEMS.get(self.system),
            PERIODS[self.period],
            ASKED_BY.get(self.asked_by),
        )

    @property
    def span(self) -> str:
        return "in all" if PERIODS[self.period] is None else f"in the last {self.period}"

    @property
    def named(self) -> str:
        """The filters that are set, quoted: “Failed” and “Salesforce”."""
        chosen = [
            word
            for word, known in (
                (self.outcome, OUTCOMES),
                (self.system, SYSTEMS),
                (self.asked_by, ASKED_BY),
            )
            if word in known
        ]
        return words.listed([words.quoted(word) for word in chosen])


def show() -> None:
    """The whole page; while a run is under way it runs again by itself."""
    head = st.container()  # tells the counts, which the filters below it decide
    text = _finder()
    try:
        if st.session_state["view"] == RECORDS:
            _records(head, text)
        else:
            _runs(head)
    except QueryRefusedError as refused:
        with head:
            parts.header("Log", f"Times in {words.place(readers.zone())}")
        st.warning(words.plain(str(refused)), title="Not for your role", icon=":material/lock:")


def _finder() -> str:
    """What is listed, and the one search, which looks through the records."""
    left, right = st.columns([1, 3], vertical_alignment="center")
    with right:
        text = st.text_input(
            "Find records", placeholder="Id, name, e-mail, phone or reason", key="q", type="search",
            label_visibility="collapsed", bind="query-params", on_change=_to_records,
        )  # fmt: skip
    with left:
        st.segmented_control(
            "What is listed", [RUNS, RECORDS], default=RUNS, required=True, key="view", bind="query-params",
            label_visibility="collapsed", on_change=_other_view,
        )  # fmt: skip
    return text.strip()


def _to_records() -> None:
    if st.session_state["q"].strip() and st.session_state["view"] != RECORDS:
        # What a run was narrowed to is no part of what is looked for.
        st.session_state.update({"view": RECORDS, "result": outcomes.ALL})
        st.query_params.pop("run", None)
    lines.to_newest()


def _other_view() -> None:
    if st.session_state["view"] == RUNS:
        st.session_state["q"] = ""
    st.query_params.pop("run", None)
    lines.to_newest()
    _to_newest()


def _records(head: DeltaGenerator, text: str) -> None:
    """The lines of all runs."""
    narrowed = lines.across_runs(text)
    rows, counts = listing.read(narrowed)
    with head:
        _records_header(narrowed, counts)
    listing.show(narrowed, rows, counts)
    _kept()


def _records_header(narrowed: LineNarrowing, counts: LineCounts) -> None:
    facts = (
        f"{words.counted(counts.matching, 'line')} {narrowed.span} · times in {words.place(readers.zone())}"
    )
    with parts.header("Log", facts):
        listing.export(narrowed, counts)


def _kept() -> None:
    days = line_readers.kept_days()
    st.markdown(
        f":gray[:small[Lines older than {words.counted(days, 'day')} are removed each night; what still stands, waits or"
        " can be undone is kept.]]"
    )


def _runs(head: DeltaGenerator) -> None:
    """The runs, and the chosen one below them."""
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        narrowing = _filters()
    chosen = narrowing.for_store()
    page = readers.runs(chosen, before=_key("before"), after=_key("after"))
    counts = readers.run_counts(chosen, first=page[0].number if page else None)
    with head:
        _header(narrowing, chosen, counts)
    watched = readers.watched()
    if watched:
        progress.show(watched)
    run_id = st.query_params.get("run")
    if page:
        _list(page, run_id)
        _pager(page, counts)
    elif counts.all_runs:
        _no_match(narrowing, counts)
    else:
        states.nothing(
            "No run yet",
            "A run reads the connected systems into the mirror. Overview has the button for one.",
        )
    if run_id:
        run_detail.show(run_id, on_close=_close)
    _kept()


def _header(narrowing: Narrowing, chosen: RunFilter, counts: RunCounts) -> None:
    facts = (
        f"{words.counted(counts.matching, 'run')} {narrowing.span} · times in {words.place(readers.zone())}"
    )
    parts.header("Log", facts).download_button(
        "Export CSV",
        data=identity.bound(
            lambda: services.rows_as(
                "csv",
                readers.all_runs(chosen),
                {"page": "Log", "filters": f"{narrowing.named} {narrowing.span}".strip()},
            )
        ),
        file_name=services.file_name("fieldline runs", "csv"),
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="export-runs",
        disabled=counts.matching == 0,
    )


def _filters() -> Narrowing:
    outcome = st.segmented_control(
        "Outcome",
        [ALL, *OUTCOMES],
        default=ALL,
        required=True,
        key="outcome",
        bind="query-params",
        label_visibility="collapsed",
        on_change=_to_newest,
    )
    system = _select("System", [ALL_SYSTEMS, *SYSTEMS], ALL_SYSTEMS, key="system", width=150)
    period = _select("Period", list(PERIODS), PERIOD, key="period", width=130)
    asked_by = _select("Asked for by", [ANYONE, *ASKED_BY], ANYONE, key="asked", width=150)
    return Narrowing(outcome or ALL, system, period, asked_by)


def _select(label: str, options: list[str], default: str, *, key: str, width: int) -> str:
    chosen = st.selectbox(
        label,
        options,
        index=options.index(default),
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width=width,
        on_change=_to_newest,
    )
    return chosen or default


def _to_newest() -> None:
    for name in ("before", "after"):
        st.query_params.pop(name, None)


def _clear_filters() -> None:
    defaults = {"outcome": ALL, "system": ALL_SYSTEMS, "period": PERIOD, "asked": ANYONE}
    for key, default in defaults.items():
        st.session_state[key] = default
    _to_newest()


def _key(name: str) -> int | None:
    """A run's number from the URL; None for what is no number."""
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _list(page: list[Run], run_id: str | None) -> None:
    zone = readers.zone()
    position = next((row for row, run in enumerate(page) if run.id == run_id), None)
    rows = LIST_ROWS if run_id is None else LIST_ROWS_BESIDE_DETAIL
    # A selection is a row's number and must not slide to another run, so the key follows what is listed; closing a
    # run lets its row go. Within one list the key stays, and with it the focus that the arrow keys need.
    key = f"runs-{page[0].id}-{page[-1].id}-{st.session_state.get('closed', 0)}"

    def choose() -> None:
        cells = st.session_state[key].selection.cells
        if cells:
            st.query_params["run"] = page[cells[0][0]].id
            lines.choose(outcomes.ALL)

    parts.table(
        {
            "started": [run.started_at for run in page],
            "result": [parts.chip(run.sign) for run in page],
            "kind": [words.kind(run.kind) for run in page],
            "read": [_of(run, run.rows_read) for run in page],
            "inserted": [_of(run, run.inserted) for run in page],
            "changed": [_of(run, run.changed) for run in page],
            "deleted": [_of(run, run.deleted) for run in page],
            "written": [run.written if run.of_records else None for run in page],
            "failed": [run.writes_failed if run.of_records else None for run in page],
            "systems": [run.systems for run in page],
            "tables": [_tables(run) for run in page],
            "asked": [run.asked_by for run in page],
            "took": [words.duration(run.seconds) for run in page],
            "run": [run.id for run in page],
        },
        {
            "started": parts.moment_column("Started", 126, zone),
            "result": parts.sign_column("Result", signs.OUTCOMES.values(), 92),
            "kind": parts.text_column("Kind", 58),
            "read": parts.number_column("Read", 72),
            "inserted": parts.number_column("Inserted", 76),
            "changed": parts.number_column("Changed", 76),
            "deleted": parts.number_column("Deleted", 70),
            "written": parts.number_column("Written", 70),
            "failed": parts.number_column("Failed", 62),
            "systems": parts.text_column("Systems", 132),
            "tables": parts.text_column("Tables", 88, right=True),
            "asked": parts.text_column("Asked by", 104),
            "took": parts.text_column("Took", 62, right=True),
            "run": parts.text_column("Run", 66),
        },
        alt=f"{words.counted(len(page), 'run')}, newest first, from {page[0].id} to {page[-1].id}",
        key=key,
        height=parts.table_height(len(page), rows),
        on_select=choose,
        selection_mode="single-cell",
        selection_default=None if position is None else {"selection": {"cells": [(position, "started")]}},
    )


def _of(run: Run, number: int) -> int | None:
    """A number of what was read; a run of a sync reads nothing itself."""
    return None if run.of_records else number


def _tables(run: Run) -> str | None:
    if run.of_records:
        return None
    return f"{run.tables_failed:,} of {run.tables:,} failed" if run.tables_failed else f"{run.tables:,}"


def _pager(page: list[Run], counts: RunCounts) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    first, last = counts.newer + 1, counts.newer + len(page)
    left.markdown(
        f":gray[:small[{first:,}–{last:,} of {counts.matching:,}, newest first. Choose a run to see its tables or records.]]"
    )
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            key="newer",
            disabled=counts.newer == 0,
            on_click=_turn,
            args=("after", page[0].number),
        )
        st.button(
            "Older",
            icon=":material/chevron_right:",
            icon_position="right",
            key="older",
            disabled=last >= counts.matching,
            on_click=_turn,
            args=("before", page[-1].number),
        )


def _turn(key: str, number: int) -> None:
    _to_newest()
    st.query_params[key] = str(number)


def _close() -> None:
    st.query_params.pop("run", None)
    lines.to_newest()
    st.session_state["closed"] = st.session_state.get("closed", 0) + 1


def _no_match(narrowing: Narrowing, counts: RunCounts) -> None:
    named = f" match {narrowing.named}" if narrowing.named else " began"
    states.no_match(
        f"No runs{named} {narrowing.span}",
        f"Without the filters there are {words.counted(counts.all_runs, 'run')}.",
        _clear_filters,
    )


live = readers.watched() is not None


@st.fragment(run_every="2s" if live else None)
def _refreshing() -> None:
    with states.guarded("the log"):
        show()
        if live and readers.watched() is None:
            st.rerun()  # the pace was set when the whole page ran


_refreshing()
