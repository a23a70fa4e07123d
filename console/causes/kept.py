"""The records of a cause: the list, what is done with all or with those ticked, and the doors to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from console import parts, readers, words
from console.causes import acting, owner
from console.identity import current
from console.readers import errors as reading
from console.readers.errors import Cause, Kept
from console.services import errors as acts

LIST_ROWS = 8


def show(cause: Cause, *, ignored: bool) -> None:
    """Acts above, the list, and the doors to the record that was clicked."""
    place, first = _place()
    rows = reading.records(cause, ignored=ignored, after=place)
    if not rows and place:
        rows, first = reading.records(cause, ignored=ignored), 1
    if not rows:
        return
    above = st.container(horizontal=True, vertical_alignment="center")
    last = first + len(rows) - 1
    st.markdown(
        f":gray[:small[{first:,}–{last:,} of {cause.number:,}, the last first; tick some to act on them alone]]"
    )
    ticked, one = _list(cause, rows, ignored=ignored)
    _pager(cause, rows, first)
    if current().role == "admin":
        with above:
            _acts(cause, ticked, ignored=ignored)
            if not ignored:
                owner.show(cause)
    _doors(one)


def _place() -> tuple[tuple[datetime, str] | None, int]:
    """Behind which record the list begins, and its place, by the address; from the first one where that says nothing."""
    number, _, rest = st.query_params.get("after", "").partition("~")
    since, _, who = rest.partition("~")
    try:
        return (datetime.fromisoformat(since), who), int(number) + 1
    except ValueError:
        return None, 1


def _list(cause: Cause, rows: Sequence[Kept], *, ignored: bool) -> tuple[list[Kept], Kept]:
    """What is ticked, and the record that was clicked, or the first."""
    # A selection is a row's number and must not slide to another record, so the key follows what is listed.
    key = f"kept-{cause.id}-{rows[0].who}-{rows[-1].who}-{len(rows)}"
    wanted = st.query_params.get("record")
    at = next((place for place, row in enumerate(rows) if row.who == wanted), 0)
    alike = len({row.text for row in rows}) == 1
    data: dict[str, Any] = {"record": [row.name for row in rows], "since": [row.since for row in rows]}
    columns = {
        "record": parts.text_column("Record", 190),
        "since": parts.moment_column("Since", 134, readers.zone()),
    }
    if ignored:
        data["note"] = [row.note for row in rows]
        columns["note"] = parts.text_column("Ignored because", 300)
    if not alike:
        data["text"] = [row.text for row in rows]
        columns["text"] = parts.text_column("Why", 380 if ignored else 520)
    if any(row.times > 1 for row in rows):
        data["times"] = [row.times for row in rows]
        columns["times"] = parts.number_column("Tries", 66)
    data["id"] = [row.spotio_id or row.salesforce_id for row in rows]
    columns["id"] = parts.text_column("Id", 200)
    found = parts.table(
        data, columns, alt=f"{words.counted(len(rows), 'record')} of this cause, the last first", key=key,
        height=parts.table_height(len(rows), LIST_ROWS), on_select=partial(_chosen, key, [row.who for row in rows]),
        selection_mode=["multi-row", "single-cell"],
        selection_default={"selection": {"cells": [(at, "record")]}},
    )  # fmt: skip
    return [rows[place] for place in sorted(found.selection.rows) if place < len(rows)], rows[at]


def _chosen(key: str, whose: Sequence[str]) -> None:
    cells = st.session_state[key].selection.cells
    if cells:
        st.query_params["record"] = whose[cells[0][0]]


def _acts(cause: Cause, ticked: Sequence[Kept], *, ignored: bool) -> None:
    which = [row.who for row in ticked] or None
    number = len(ticked) or cause.number
    if ignored:
        st.button(
            f"List {words.counted(number, 'record')} again", icon=":material/undo:", key=f"restore-{cause.id}",
            on_click=lambda: acting.act(lambda: acts.restore(cause.id, which)),
        )  # fmt: skip
        return
    writes = sum(row.write is not None for row in ticked) if ticked else cause.writes
    if writes:
        st.button(
            f"Try {words.counted(writes, 'write')} again", icon=":material/refresh:", key=f"retry-{cause.id}",
            on_click=lambda: acting.act(lambda: acts.retry(cause, which)),
        )  # fmt: skip
    with st.popover("Ignore…", icon=":material/notifications_off:", key=f"ignoring-{cause.id}"):
        st.text_input("Why, for those who come later", key=f"note-{cause.id}", max_chars=300)

        def ignore() -> None:
            note = str(st.session_state.get(f"note-{cause.id}") or "")
            acting.act(lambda: acts.ignore(cause, which, note))

        st.button(
            f"Ignore {words.counted(number, 'record')}", icon=":material/check:", key=f"ignore-{cause.id}",
            on_click=ignore,
        )  # fmt: skip
        st.markdown(":gray[:small[They stay unwritten. Others that come to this cause are listed.]]")


def _pager(cause: Cause, rows: Sequence[Kept], first: int) -> None:
    if cause.number <= reading.RECORDS:
        return
    last = first + len(rows) - 1
    behind = f"{last}~{rows[-1].since.isoformat()}~{rows[-1].who}"
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "First", icon=":material/first_page:", key="first-records", disabled=first == 1, on_click=_turn, args=("",)
        )  # fmt: skip
        st.button(
            "Next", icon=":material/chevron_right:", icon_position="right", key="next-records",
            disabled=last >= cause.number, on_click=_turn, args=(behind,),
        )  # fmt: skip


def _turn(behind: str) -> None:
    st.query_params.pop("record", None)
    if behind:
        st.query_params["after"] = behind
    else:
        st.query_params.pop("after", None)


def _doors(one: Kept) -> None:
    """What is known of a record, and where more is."""
    system, object, id = one.record
    with st.container(border=True, gap="xsmall"):
        st.markdown(
            f"**{words.plain(one.name)}** :gray[:small[{words.system(system)} `{id.replace('`', '')}`]]"
        )
        st.markdown(words.plain(one.text))
        if one.note:
            st.markdown(f":gray[Ignored: {words.plain(one.note)}]")
        with st.container(horizontal=True, gap="medium"):
            if current().role == "admin":
                st.page_link("views/why.py", label="Why", icon=":material/help_center:", query_params={"record": f"{system}:{id}"})  # fmt: skip
            query = {"system": system, "object": object, "id": id}
            st.page_link(
                "views/record.py", label="Its record", icon=":material/contact_page:", query_params=query
            )
            if one.url:
                st.link_button("In Salesforce", one.url, icon=":material/open_in_new:", type="tertiary")
