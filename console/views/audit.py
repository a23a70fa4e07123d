"""Audit: who changed what, who took what away, who asked what; found by words, each line with its details.

What is chosen stands in the address: the kind and the words as bound widgets, the place in the list by hand.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from console import parts, readers, states, words
from console.readers import AuditLine

ALL = "All"
# These words stand in links that people keep, so they never change.
KINDS = {
    "Access": ("access",),
    "Numbers": ("kpis", "target"),
    "Syncs": ("syncs",),
    "Conflicts": ("conflict", "match"),
    "Plans": ("plan",),
    "Errors": ("cause",),
    "Connections": ("connection",),
    "Exports": ("export",),
    "Queries": ("query",),
    "Erasures": ("erase",),
}
ROWS = 14


@st.fragment
def show() -> None:
    """The whole page; a choice runs it again by itself."""
    with states.guarded("the audit"):
        _show()


def _show() -> None:
    parts.header("Audit", f"Who changed, took and asked what · times in {words.place(readers.zone())}")
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            "Kind",
            [ALL, *KINDS],
            default=ALL,
            required=True,
            key="kind",
            bind="query-params",
            label_visibility="collapsed",
            on_change=_to_newest,
        )
        sought = st.text_input(
            "Find in the audit",
            placeholder="Find a person or words",
            key="q",
            type="search",
            bind="query-params",
            label_visibility="collapsed",
            width=260,
            on_change=_to_newest,
        )
    kinds, text = KINDS.get(kind or ALL, ()), (sought or "").strip()
    before = _moment(st.query_params.get("before"))
    lines = readers.audit_lines(kinds, text, before)
    if not lines:
        _none(narrowed=bool(kinds or text or before))
        return
    chosen = _list(lines)
    older = readers.audit_count(kinds, text, lines[-1].happened_at)
    _pager(lines, readers.audit_count(kinds, text), older)
    if chosen:
        _details(chosen)


def _none(*, narrowed: bool) -> None:
    if narrowed:
        states.no_match(
            "Nothing in the audit matches",
            f"Without the filters there are {words.counted(readers.audit_count(), 'line')}.",
            _clear,
        )
    else:
        states.nothing(
            "Nothing was written down yet",
            "Changes of the configuration, exports, queries and erasures are, each with who and when.",
        )


def _list(lines: list[AuditLine]) -> AuditLine | None:
    zone = readers.zone()
    chosen = parts.table(
        {
            "when": [line.happened_at for line in lines],
            "who": [line.person for line in lines],
            "kind": [line.kind for line in lines],
            "text": [line.text for line in lines],
            "version": [line.version for line in lines],
        },
        {
            "when": parts.moment_column("When", 140, zone),
            "who": parts.text_column("Who", 190),
            "kind": parts.text_column("What", 84),
            "text": parts.text_column("In words", 600),
            "version": parts.number_column("Version", 76),
        },
        alt=f"{words.counted(len(lines), 'line')} of the audit, newest first",
        key=f"audit-{lines[0].happened_at}-{len(lines)}",
        height=parts.table_height(len(lines), ROWS),
        on_select="rerun",
        selection_mode="single-cell",
    )
    cells = chosen.selection.cells
    return lines[cells[0][0]] if cells else None


def _details(line: AuditLine) -> None:
    """What a line quotes, whole: a statement as such, all else as data. Uncoloured: Streamlit's colours of code are too pale."""
    when = words.moment(line.happened_at, readers.now(), readers.zone(), seconds=True)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{words.plain(line.text)}**")
        path = f" · {words.plain(line.path)}" if line.path else ""
        st.markdown(f":gray[:small[{words.plain(line.person)} · {when}{path}]]")
        details = dict(line.after) if isinstance(line.after, dict) else {}
        sql = details.pop("sql", None)
        if sql:
            st.code(sql, language=None, wrap_lines=True)
        if line.before is not None:
            st.markdown(":gray[:small[Before]]")
            st.code(_data(line.before), language=None, wrap_lines=True)
            st.markdown(":gray[:small[After]]")
        rest = details if sql else line.after
        if rest is not None:
            st.code(_data(rest), language=None, wrap_lines=True)


def _data(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _pager(lines: list[AuditLine], total: int, older: int) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    last = total - older
    left.markdown(
        f":gray[:small[{last - len(lines) + 1:,}–{last:,} of {words.counted(total, 'line')}, newest first. "
        "A click shows the details.]]"
    )
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "Newest",
            icon=":material/first_page:",
            key="newest",
            disabled=last == len(lines),
            on_click=_to_newest,
        )
        st.button(
            "Older",
            icon=":material/chevron_right:",
            icon_position="right",
            key="older",
            disabled=not older,
            on_click=_turn,
            args=(lines[-1].happened_at,),
        )


def _turn(before: datetime) -> None:
    st.query_params["before"] = f"{before.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"


def _to_newest() -> None:
    st.query_params.pop("before", None)


def _clear() -> None:
    st.session_state["kind"], st.session_state["q"] = ALL, ""
    _to_newest()


def _moment(text: str | None) -> datetime | None:
    """The place in the list from the address, in UTC; None for what is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


show()
