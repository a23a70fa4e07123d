"""The finder: records of all three systems by id, name, e-mail or phone."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from console import parts, states, words
from console.exploring.fields import object_word, open_record
from console.readers import record as reading
from console.readers.record import Found

_TYPED = "find-typed"


def show() -> None:
    parts.header("Record", "Find a record of any of the three systems")
    text = st.text_input(
        "Find by id, name, e-mail or phone",
        key="find",
        type="search",
        bind="query-params",
        width=420,
        on_change=_typed,
    ).strip()
    if not text:
        return
    found = reading.find(text)
    # What was typed just now leads on by itself; who comes back from there finds the list and not the record again.
    if st.session_state.pop(_TYPED, False):
        lead(found, text)
    if not found:
        states.nothing(
            "Nothing found",
            f"No id, name, e-mail or phone that you can see matches {words.plain(words.quoted(text))}. What its source has "
            "deleted is not looked through.",
        )
        return
    chosen = parts.table(
        {
            "name": [one.name or one.id for one in found],
            "system": [f"{words.system(one.system)} {object_word(one.object)}" for one in found],
            "value": [_found_in(one) for one in found],
            "id": [one.id for one in found],
        },
        {
            "name": parts.text_column("Name", 240),
            "system": parts.text_column("Where", 180),
            "value": parts.text_column("Found in", 360),
            "id": parts.text_column("Id", 230),
        },
        alt=f"{len(found)} records that match {text}",
        height=parts.table_height(len(found), 14),
        key=f"found-{text}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    st.markdown(
        f":gray[:small[{words.counted(len(found), 'record')}, at most 20 of a kind. A click opens one.]]"
    )
    if chosen.selection.cells:
        one = found[chosen.selection.cells[0][0]]
        open_record((one.system, one.object, one.id))


def lead(found: Sequence[Found], text: str) -> None:
    """Open the one record that a text means; stay when there is none, or a choice."""
    if len(found) == 1 or (found and found[0].id == text):
        open_record((found[0].system, found[0].object, found[0].id))


def _typed() -> None:
    st.session_state[_TYPED] = True


def _found_in(one: Found) -> str:
    return one.value if one.value != one.name else words.EMPTY
