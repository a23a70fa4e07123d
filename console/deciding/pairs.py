"""Records that may be the same: the cases, two records side by side, and what a person says of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from console import parts, readers, states, words
from console.deciding import doing, narrowing
from console.deciding.narrowing import Narrowing
from console.readers import conflicts as asked
from console.readers.conflicts import MatchCase, Said
from console.services import conflicts as deciding

LIST_ROWS = 8


def show(narrowed: Narrowing) -> None:
    """The cases at the left, the chosen one at the right."""
    page = narrowed.page()
    rows: Sequence[MatchCase] = page.rows
    id = st.query_params.get("id")
    if id and not any(row.id == id for row in rows):
        st.info(f"{words.plain(id)} is not open any more.", icon=":material/task_alt:")
    if not rows:
        _none(narrowed)
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        total = page.counts["matches"]
        narrowing.counted(page, total, "oldest first")
        case = _list(rows, id)
        narrowing.pager(page, total)
    with right:
        _case(case)


def _none(narrowed: Narrowing) -> None:
    if narrowed.sync:
        total = words.counted(narrowed.everything.counts["matches"], "case")
        named = words.plain(words.quoted(narrowed.sync))
        states.no_match(f"No match of {named} is undecided", f"Without the filter: {total}.", narrowing.clear)
    else:
        states.all_well(
            "No match is undecided", "Nothing waits for a word on whether two records are the same."
        )


def _list(rows: Sequence[MatchCase], id: str | None) -> MatchCase:
    at = next((place for place, row in enumerate(rows) if row.id == id), 0)
    key = f"matches-{rows[0].id}-{rows[-1].id}-{len(rows)}"

    parts.table(
        {
            "spotio": [_names(row.spotio) for row in rows],
            "salesforce": [_names(row.salesforce) for row in rows],
            "key": [row.key for row in rows],
        },
        {
            "spotio": parts.text_column("SPOTIO", 140),
            "salesforce": parts.text_column("Salesforce", 120),
            "key": parts.text_column("Alike in", 140),
        },
        alt=f"{words.counted(len(rows), 'case')} of records that may be the same, oldest first",
        key=key,
        height=parts.table_height(len(rows), LIST_ROWS),
        on_select=partial(doing.open_chosen, key, [row.id for row in rows]),
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [(at, "spotio")]}},
    )
    return rows[at]


def _names(records: Sequence[tuple[str, str]]) -> str:
    first, more = records[0][1] if records else words.EMPTY, len(records) - 1
    return f"{first} and {more} more" if more > 0 else first


def _case(case: MatchCase) -> None:
    """The two records, alike and different, and the word on them."""
    with st.container(border=True):
        st.header("The same, or different?", anchor=False)
        since = words.age(case.since, readers.now(), readers.zone())
        st.markdown(f":gray[{words.plain(case.text)} Found {since}. Nothing is created of them meanwhile.]")
        left, right = st.columns(2)
        with left:
            spotio = _one_of("spotio", case.spotio, case.id)
        with right:
            salesforce = _one_of("salesforce", case.salesforce, case.id)
        if not spotio or not salesforce:
            st.markdown(":gray[One of the systems shows none of them any more.]")
            return
        _side_by_side(case, spotio, salesforce)
        said = case.said_of(spotio, salesforce)
        if said:
            _said(said)
        else:
            _word(case, spotio, salesforce)


def _one_of(system: str, records: Sequence[tuple[str, str]], id: str) -> str | None:
    """The record of a system that is meant: one alone, or one of several."""
    name = f"{words.system_icon(system)} **{words.system(system)}**"
    if len(records) < 2:
        st.markdown(f"{name}  \n{words.plain(records[0][1])}" if records else name)
        return records[0][0] if records else None
    names = dict(records)
    return st.selectbox(
        f"{words.system(system)}, of {len(records)}", list(names), key=f"{system}-of-{id}",
        format_func=lambda one: f"{names[one]} · {one}",
    )  # fmt: skip


def _side_by_side(case: MatchCase, spotio: str, salesforce: str) -> None:
    rows = asked.compared(case, spotio, salesforce)
    parts.table(
        {
            "field": [row[0] for row in rows],
            "spotio": [row[1] for row in rows],
            "salesforce": [row[2] for row in rows],
        },
        {
            "field": parts.text_column("Field", 90),
            "spotio": parts.text_column("SPOTIO", 120),
            "salesforce": parts.text_column("Salesforce", 120),
        },
        alt=f"{words.counted(len(rows), 'mapped field')} of both records side by side",
        key="side-by-side",
    )
    with st.container(horizontal=True):
        for system, object, id in (("spotio", "record", spotio), ("salesforce", "lead", salesforce)):
            st.page_link(
                "views/record.py", label=f"Record in {words.system(system)}", icon=":material/contact_page:",
                query_params={"system": system, "object": object, "id": id},
            )  # fmt: skip


def _said(said: Said) -> None:
    when = words.moment(said.at, readers.now(), readers.zone())
    note = f": {words.plain(words.quoted(said.note))}." if said.note else "."
    word = "the same" if said.same else "different"
    st.markdown(
        f":green[:material/check_circle:] {words.plain(said.person)} said that they are **{word}**, {when}{note}"
        " The next run goes by it."
    )


def _word(case: MatchCase, spotio: str, salesforce: str) -> None:
    """What a person says, and why; made in the press, of the pair as it is drawn here."""
    key = f"note-{case.id}"
    st.text_input(
        "Note, for those who ask later", value=doing.typed(case.id) or "", key=key, on_change=doing.keep, args=(case.id, key)
    )  # fmt: skip

    def say(same: bool) -> None:
        doing.keep(case.id, key)
        note = doing.typed(case.id) or ""
        doing.act(lambda: deciding.say(case, spotio, salesforce, same=same, note=note), case.id)

    with st.container(horizontal=True):
        st.button("The same", icon=":material/link:", key="say-same", on_click=say, args=(True,))
        st.button("Different", icon=":material/link_off:", key="say-different", on_click=say, args=(False,))
    st.markdown(
        ":gray[:small[The same: the next run links them and writes nothing. Different: they are never linked by themselves.]]"
    )
