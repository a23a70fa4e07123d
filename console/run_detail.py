"""One run on the Log: its outcome and counts, what went wrong with the advice, and its tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from console import identity, parts, readers, services, signs, words
from console.lines import of_run
from console.readers import Run

TABLE_ROWS = 16
PROBLEMS_SHOWN = 20


def show(run_id: str, on_close: Callable[[], None]) -> None:
    """The run, or a sentence when there is none of that id."""
    run = readers.run(run_id)
    if run is None:
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**There is no run {words.plain(run_id)}**")
            st.markdown(":gray[:small[The link may be from another store, or from before a restore.]]")
            st.button("Close", key="close-run", on_click=on_close)
        return
    tables = readers.run_tables(run_id).to_dicts()
    _header(run, _scope(run, tables), on_close)
    _what_went_wrong(run, tables)
    if run.of_records:
        of_run.show(run)
    elif tables:
        _tables(tables)
    elif run.sign is not signs.RUNNING:
        st.markdown(":gray[:small[The run ended before it had begun a table.]]")


def _header(run: Run, scope: str, on_close: Callable[[], None]) -> None:
    moment, zone = readers.now(), readers.zone()
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header(f"Run {run.id}", anchor=False, width="content")
        run.sign.badge()
    with right.container(horizontal=True, horizontal_alignment="right"):
        if not run.of_records:
            _export(run)
        st.button("Close", icon=":material/close:", key="close-run", on_click=on_close)
    took = f"took {words.duration(run.seconds)}" if run.seconds is not None else "under way"
    with st.container(gap="xxsmall"):
        if not run.of_records:
            st.markdown(f"{run.counts} · {words.counted(run.calls, 'call')} · {took}")
        began = words.moment(run.started_at, moment, zone, seconds=True)
        told = [f"Began {began}", run.systems, run.asked_for, took if run.of_records else scope]
        st.markdown(f":gray[:small[{' · '.join(told)}]]")


def _export(run: Run) -> None:
    st.download_button(
        "Export tables",
        data=identity.bound(
            lambda: services.rows_as("csv", readers.run_tables(run.id), {"page": f"Log, run {run.id}"})
        ),
        file_name=services.file_name(f"fieldline run {run.id}", "csv"),
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="export-tables",
        disabled=run.tables == 0,
    )


def _scope(run: Run, tables: list[dict[str, Any]]) -> str:
    """What the run was to read, in words."""
    modes = {row["mode"] for row in tables}
    if run.reconcile:
        return "all ids compared with the sources"
    if "first_load" in modes:
        return "the first load of what was not mirrored yet"
    if modes == {"named"}:
        return "only the records that webhooks named"
    if modes == {"ledger"}:
        return "nothing to read"
    return "what changed since the run before"


# How a run that was not plainly done is headed, and what is said of it where the runner left no text.
_ENDINGS = {
    signs.HELD: ("Nothing was written", "A limit of the guard held all of it until somebody approves it."),
    signs.PART: ("A part of it failed", "What was read is stored; the next run tries the rest again."),
    signs.FAILED: ("The run failed", "What was read before is stored; the next run goes on from there."),
    signs.STOPPED: ("The run was stopped", "What was read is stored; the next run goes on from there."),
    signs.INTERRUPTED: (
        "The run was interrupted",
        "Fieldline ended while it ran. What was read is stored; the next run goes on from there.",
    ),
}


def _what_went_wrong(run: Run, tables: list[dict[str, Any]]) -> None:
    if run.sign in _ENDINGS:
        show_text = st.error if run.sign is signs.FAILED else st.warning
        title, text = _ENDINGS[run.sign]
        if run.of_records and run.sign is signs.PART:
            title, text = (
                "A part of it waits for somebody",
                "What failed or is blocked stands below with its reason.",
            )
        if run.tables_failed:
            title = f"{run.tables_failed:,} of {words.counted(run.tables, 'table')} failed"
        show_text(words.plain(run.text) if run.text else text, title=title, icon=run.sign.icon)
    problems = readers.run_problems(run.id).to_dicts()
    # A table's failure is kept as a problem with its advice too; where later runs took that over, the table tells it.
    told = {(row["system"], row["table_name"]) for row in problems if row["record_id"] is None}
    failures = [
        row
        for row in tables
        if row["outcome"] == "failed" and row["text"] and (row["system"], row["table_name"]) not in told
    ]
    if not problems and not failures:
        return
    st.header("What it could not do", anchor=False)
    with st.container(border=True, gap="small"):
        for row in failures:
            _line(signs.FAILED, _where(row), words.plain(row["text"]))
        for row in problems[:PROBLEMS_SHOWN]:
            _problem(row)
        if len(problems) > PROBLEMS_SHOWN:
            st.markdown(f":gray[:small[And {len(problems) - PROBLEMS_SHOWN:,} more.]]")


def _problem(row: dict[str, Any]) -> None:
    title = _where(row)
    if (row["times"] or 0) > 1:
        title += f" · met {row['times']:,} times"
    if row["resolved_at"]:
        title += " · settled since"
    advice = f" {words.plain(row['advice'])}" if row["advice"] else ""
    _line(signs.DONE if row["resolved_at"] else signs.WAITS, title, words.plain(row["text"] or "") + advice)


def _line(sign: signs.Sign, title: str, text: str) -> None:
    with st.container(gap="xxsmall"):
        st.markdown(f"{sign.mark} **{title}**")
        st.markdown(f":small[{text}]")


def _where(row: dict[str, Any]) -> str:
    parts_named = [words.system(row["system"]), row["table_name"], row.get("record_id")]
    return words.plain(" ".join(part for part in parts_named if part))


def _tables(tables: list[dict[str, Any]]) -> None:
    differences = [signs.difference(row["source_count"], row["mirror_count"]) for row in tables]
    st.header("Tables", anchor=False)
    parts.table(
        {
            "table": [row["table_name"] for row in tables],
            "system": [words.system(row["system"]) for row in tables],
            "result": [parts.chip(signs.outcome(row["outcome"])) for row in tables],
            "mode": [words.mode(row["mode"]) for row in tables],
            **{name: [row[name] for row in tables] for name in _COUNTS},
            "source": [row["source_count"] for row in tables],
            "mirror": [row["mirror_count"] for row in tables],
            "difference": [parts.chip(sign) for sign in differences],
            "took": [words.duration(_seconds(row)) for row in tables],
        },
        {
            "table": parts.text_column("Table", 164),
            "system": parts.text_column("System", 92),
            "result": parts.sign_column("Result", signs.OUTCOMES.values(), 92),
            "mode": parts.text_column("Way", 96),
            **{name: parts.number_column(label, 74) for name, label in _COUNTS.items()},
            "source": parts.number_column(
                "Source", 76, help="Counted by the source, apart from what was read"
            ),
            "mirror": parts.number_column("Mirror", 76, help="Live records in the mirror at that time"),
            "difference": parts.sign_column("Mirror has", differences, 88),
            "took": parts.text_column("Took", 66, right=True),
        },
        alt=_finding(tables),
        key="run-tables",
        height=parts.table_height(len(tables), TABLE_ROWS),
    )


_COUNTS = {
    "rows_read": "Read",
    "rows_inserted": "Inserted",
    "rows_changed": "Changed",
    "rows_deleted": "Deleted",
    "calls": "Calls",
}


def _finding(tables: list[dict[str, Any]]) -> str:
    compared = [row for row in tables if signs.difference(row["source_count"], row["mirror_count"])]
    equal = sum(row["source_count"] == row["mirror_count"] for row in compared)
    return (
        f"{words.counted(len(tables), 'table')}; the mirror's count equals the source's in {equal} of the "
        f"{len(compared)} that were counted"
    )


def _seconds(row: dict[str, Any]) -> float | None:
    if row["finished_at"] is None or row["started_at"] is None:
        return None
    return float((row["finished_at"] - row["started_at"]).total_seconds())
