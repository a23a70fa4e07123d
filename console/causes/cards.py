"""A card a cause, most records first; one of them is open, with what mends it and its records."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from console import readers, words
from console.causes import acting, kept, mending, wording
from console.readers import errors as reading
from console.readers.errors import Cause, Causes


def show(page: Causes, *, ignored: bool) -> None:
    """All cards of a page; the one of the address is open, or the first."""
    wanted = st.query_params.get("cause")
    rows: Sequence[Cause] = page.rows
    if wanted and not any(row.id == wanted for row in rows):
        rows = [*reading.causes(id=wanted, ignored=ignored).rows, *rows]
        if not any(row.id == wanted for row in rows):
            st.info(
                "The cause of this link keeps no record back any more: it was mended, or its records are let be.",
                icon=":material/task_alt:",
            )
    at = next((row.id for row in rows if row.id == wanted), rows[0].id if rows else None)
    for row in rows:
        _card(row, is_open=row.id == at, ignored=ignored)
    _pager(page)


def offset() -> int:
    """How many causes come before the first one, by the address."""
    text = st.query_params.get("from", "")
    return int(text) - 1 if text.isascii() and text.isdigit() and 0 < int(text[:9]) == int(text) else 0


def _card(cause: Cause, *, is_open: bool, ignored: bool) -> None:
    with st.container(border=True, key=f"card-{cause.id}"):
        left, right = st.columns([6, 1], vertical_alignment="center")
        with left.container(gap="xxsmall"):
            mark = ":gray[:material/notifications_off:]" if ignored else ":red[:material/error:]"
            st.header(f"{mark} {words.plain(wording.title(cause))}", anchor=False)
            st.markdown(_facts(cause, ignored=ignored))
        if not is_open:
            right.button("Open", key=f"open-{cause.id}", on_click=_open, args=(cause.id,), width="stretch")
            return
        if cause.newer:
            st.markdown(
                ":blue[:material/schedule:] A configuration was published since the last plan; the next run looks at these records again."
            )
        if not ignored:
            mending.show(cause)
        kept.show(cause, ignored=ignored)


def _facts(cause: Cause, *, ignored: bool) -> str:
    since = words.moment(cause.since, readers.now(), readers.zone())
    told = [f"**{words.counted(cause.number, 'record')}** since {since}"]
    if ignored and cause.open:
        told.append(f"{cause.open:,} more listed")
    elif not ignored and cause.ignored:
        told.append(f"{cause.ignored:,} more ignored")
    aim = f", to {words.system(cause.system)}" if cause.system else ""
    told.append(f"{words.plain(cause.sync)}{aim}")
    if cause.assigned:
        told.append(f"{words.plain(cause.assigned)}’s")
    if cause.due:
        late = cause.due < readers.now().date()
        day = f"{cause.due:%a} {cause.due.day} {cause.due:%b}"
        told.append(f":orange[:material/schedule: due {day}, overdue]" if late else f"due {day}")
    stage = "refused" if cause.refused else "blocked before a write"
    return f"{' · '.join(told)}  \n:gray[:small[{stage} · `{cause.code}`]]"


def _open(id: str) -> None:
    st.query_params["cause"] = id
    st.query_params.pop("after", None)
    acting.quiet()


def _pager(page: Causes) -> None:
    if page.causes <= reading.CAUSES:
        return
    first = offset()
    last = first + len(page.rows)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.markdown(f":gray[:small[{first + 1:,}–{last:,} of {page.causes:,} causes]]", width="content")
        st.button(
            "Previous", icon=":material/chevron_left:", key="previous-causes", disabled=first == 0, on_click=_turn,
            args=(max(first - reading.CAUSES, 0),),
        )  # fmt: skip
        st.button(
            "Next", icon=":material/chevron_right:", icon_position="right", key="next-causes",
            disabled=last >= page.causes, on_click=_turn, args=(last,),
        )  # fmt: skip


def _turn(first: int) -> None:
    for name in ("cause", "after"):
        st.query_params.pop(name, None)
    st.query_params["from"] = str(first + 1)
    acting.quiet()
