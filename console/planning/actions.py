"""The rows of a plan by kind, and one of them down to its fields, with why in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from console import exporting, parts, readers, states, words
from console.planning import saying
from console.readers import plans as reading
from console.readers.plans import Plan, Row, Written

ALL = "All"
LIST_ROWS = 10
# Why a field is written, where that says more than the sentence of the whole action.
_REASONS = {
    "edited": "edited", "created": "of the new record", "constant": "a constant or template of the mapping",
    "conflict": "both sides changed it", "resolved": "decided by a person", "backfill": "filled because it was mapped later",
    "automation": "automation changed it after our write",
}  # fmt: skip


def tiles(plan: Plan) -> None:
    """How many of each kind."""
    kinds = [kind for kind in saying.KINDS if kind != "unlink" or plan.number(kind)]
    grid = st.grid(len(kinds), min_column_width=140, border=True)
    for kind in kinds:
        with grid.cell(), st.container(gap="xxsmall"):
            st.metric(saying.KINDS[kind], f"{plan.number(kind):,}")
            held = plan.held_of(kind)
            aside = _aside(plan, kind)
            if held:
                st.badge(f"{held:,} held", icon=saying.HELD.icon, color="orange")
            elif aside:
                st.markdown(f":gray[:small[{aside}]]")


def _aside(plan: Plan, kind: str) -> str:
    if not plan.number(kind):
        return ""
    if kind in ("link", "unlink"):
        return "writes nothing"
    if kind == "blocked":
        causes = {cause["causes"] for cause in plan.counts if cause["kind"] == kind}
        return words.counted(sum(causes), "cause")
    systems = [
        f"{each['n']:,} in {words.system(str(each['class']).rpartition('_')[2])}"
        for each in plan.counts
        if each["kind"] == kind
    ]
    return " · ".join(systems)


def show(plan: Plan) -> None:
    """Segments and finder, the list at the left, the chosen row at the right."""
    kind, text = _narrowing(plan)
    offset = _offset()
    rows, total = reading.rows(plan, kind=kind, text=text, offset=offset)
    if not rows:
        _none(plan, kind, text)
        return
    left, right = st.columns([7, 5], gap="medium")
    with left:
        chosen = _list(rows)
        _pager(min(offset, (total - 1) // reading.ROWS * reading.ROWS), len(rows), total)
    with right:
        _row(plan, chosen)


def _narrowing(plan: Plan) -> tuple[str | None, str]:
    """The kind that is shown, and what is looked for."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    kinds = [kind for kind in saying.KINDS if plan.number(kind)]
    words_of = [ALL, *(saying.KINDS[kind] for kind in kinds)]
    counts = {ALL: plan.number(), **{saying.KINDS[kind]: plan.number(kind) for kind in kinds}}
    if st.session_state.get("show") not in (None, *words_of):
        del st.session_state["show"]  # a plan that was made anew may have none of that kind
    with left:
        shown = st.segmented_control(
            "Show", words_of, default=ALL, key="show", required=True, label_visibility="collapsed",
            format_func=lambda word: f"{word} {counts[word]:,}", on_change=_first,
        )  # fmt: skip
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="bottom"):
        text = st.text_input(
            "Find in the plan", placeholder="Name, id or field", key="find", type="search",
            label_visibility="collapsed", bind="query-params", on_change=_first, width=220,
        ).strip()  # fmt: skip
        kind = next((kind for kind in kinds if saying.KINDS[kind] == shown), None)
        told = f"{shown or ALL}{f', with {words.quoted(text)}' if text else ''}"
        exporting.rows_menu(
            f"Plan {plan.id} of {plan.sync}", told, partial(reading.all_rows, plan, kind=kind, text=text)
        )
    return kind, text


def _first() -> None:
    st.query_params.pop("from", None)
    st.query_params.pop("row", None)


def _offset() -> int:
    given = st.query_params.get("from", "")
    return int(given) if given.isdigit() and len(given) < 9 else 0


def _none(plan: Plan, kind: str | None, text: str) -> None:
    if text:
        states.no_match(
            f"Nothing in the plan has {words.plain(words.quoted(text))}",
            f"Without it there {'is' if plan.number(kind) == 1 else 'are'} {words.counted(plan.number(kind), 'row')}.",
            _clear,
        )
        return
    states.all_well(
        "Nothing is to be written",
        "Both sides agree on every mapped field of what was looked at, or wait for a person on Conflicts.",
    )


def _clear() -> None:
    st.session_state["find"] = ""
    _first()


def _list(rows: Sequence[Row]) -> Row:
    """The rows; a click anywhere in one shows it."""
    wanted = st.query_params.get("row", "")
    at = next((place for place, row in enumerate(rows) if str(row.place) == wanted), 0)
    key = f"rows-{rows[0].place}-{rows[-1].place}-{len(rows)}"

    def choose() -> None:
        cells = st.session_state[key].selection.cells
        if cells:
            st.query_params["row"] = str(rows[cells[0][0]].place)

    parts.table(
        {
            "record": [row.name for row in rows],
            "state": [parts.chip(saying.sign(row)) for row in rows],
            "fields": [", ".join(field.label for field in row.fields) or row.field for row in rows],
            "does": [saying.KINDS.get(row.kind, row.kind) for row in rows],
            "system": [words.system(row.system) if row.system else None for row in rows],
        },
        {
            "record": parts.text_column("Record", 160),
            "state": parts.sign_column("State", saying.SIGNS, 110),
            "fields": parts.text_column("Fields", 168),
            "does": parts.text_column("Does", 76),
            "system": parts.text_column("In", 92),
        },
        alt=f"{words.counted(len(rows), 'row')} of the plan, held ones first",
        key=key,
        height=parts.table_height(len(rows), LIST_ROWS),
        on_select=choose,
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [(at, "record")]}},
    )
    return rows[at]


def _pager(offset: int, shown: int, total: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":gray[:small[{offset + 1:,}–{offset + shown:,} of {total:,}, held first]]")
        if total > reading.ROWS:
            st.button(
                "Earlier", icon=":material/chevron_left:", key="earlier", disabled=offset == 0,
                on_click=partial(_turn, offset - reading.ROWS),
            )  # fmt: skip
            st.button(
                "Later", icon=":material/chevron_right:", key="later", disabled=offset + shown >= total,
                on_click=partial(_turn, offset + reading.ROWS),
            )  # fmt: skip


def _turn(offset: int) -> None:
    _first()
    if offset > 0:
        st.query_params["from"] = str(offset)


def _row(plan: Plan, row: Row) -> None:
    """One row: what is done, each field now and after, and why."""
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        left.header(words.plain(row.name), anchor=False)
        with right.container(horizontal=True, horizontal_alignment="right"):
            st.page_link(
                "views/why.py",
                label="Why?",
                icon=":material/help_center:",
                query_params={"record": row.reference},
            )
        st.markdown(f":gray[{words.plain(saying.about(row))}]")
        if row.kind == "blocked":
            st.markdown(f"{saying.BLOCKED.mark} {words.plain(row.why)}")
            if row.change:
                st.markdown(f"**What would change it.** {words.plain(row.change)}")
            return
        if row.fields:
            _fields(row.fields, new=row.kind == "create")
        st.markdown(f"**Why**  \n{words.plain(row.why)}")
        for field in row.fields:
            if field.by and row.kind == "update":
                st.markdown(f":gray[:small[{words.plain(_how(field))}]]")
        if row.kind == "update":
            left_alone = len(plan.mapped) - len(row.fields)
            if left_alone > 0:
                st.markdown(
                    f":gray[:small[{words.counted(left_alone, 'mapped field')} of it stay as they are.]]"
                )


def _fields(fields: Sequence[Written], *, new: bool) -> None:
    data = {
        "field": [field.label for field in fields],
        "now": [field.before for field in fields],
        "after": [field.after or "emptied" for field in fields],
    }
    columns = {"field": parts.text_column("Field", 120)}
    if not new:
        columns["now"] = parts.text_column("Now", 140)
    columns["after"] = parts.text_column("After", 300 if new else 150)
    parts.table(
        data,
        columns,
        alt=f"{words.counted(len(fields), 'field')} with the value now and after",
        key="row-fields",
        height=parts.table_height(len(fields), 12),
    )


def _how(field: Written) -> str:
    when = f", {words.moment(field.at, readers.now(), readers.zone())}" if field.at else ""
    return f"{field.label}: {_REASONS.get(field.reason, field.reason)}; last changed by {field.by}{when}"
