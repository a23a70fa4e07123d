"""Errors: for what records are not written, a card a cause, with what mends it, its records, and who sees to it.

The tab, the sync and the open cause stand in the address. Admins act, analysts read; what was pressed counts for the cause
as it was drawn.
"""

from __future__ import annotations

import streamlit as st

from console import parts, readers, states, words
from console.causes import acting, cards
from console.readers import errors as reading
from console.readers.errors import Causes

# These words stand in links that people keep, so they never change.
TABS = {"Open": False, "Ignored": True}
ALL_SYNCS = "All syncs"


@st.fragment
def show() -> None:
    """The whole page; a choice runs it again by itself."""
    with states.guarded("the errors"):
        _show()


def _show() -> None:
    head = st.container()  # tells the counts, which come with what is listed below
    with st.container(horizontal=True, vertical_alignment="center"):
        tab = st.segmented_control(
            "Show", list(TABS), default="Open", required=True, key="tab", bind="query-params",
            label_visibility="collapsed", on_change=_to_first,
        )  # fmt: skip
        place = st.container(width="content")
    ignored = TABS[tab or "Open"]
    everything = reading.causes(ignored=ignored)
    with place:
        sync = _sync(everything)
    page = everything
    if sync or cards.offset():
        page = reading.causes(sync=sync, ignored=ignored, offset=cards.offset())
    with head:
        parts.header("Errors", _facts(everything, ignored=ignored))
    acting.tell()
    if page.rows or "cause" in st.query_params:
        cards.show(page, ignored=ignored)
    else:
        _none(everything, sync, ignored=ignored)
    if page.left_out:
        st.markdown(
            f":gray[:small[:material/lock: {words.counted(page.left_out, 'cause')} more "
            f"{'is' if page.left_out == 1 else 'are'} about fields that are hidden from you.]]"
        )


def _facts(page: Causes, *, ignored: bool) -> str:
    records = words.counted(page.records, "record")
    causes = words.counted(page.causes, "cause")
    keeps = "keeps" if page.causes == 1 else "keep"
    told = f"{records} of {causes} let be" if ignored else f"{causes} {keeps} {records} from being written"
    return f"{told} · times in {words.place(readers.zone())}"


def _sync(everything: Causes) -> str | None:
    """A sync of several; one alone needs no choice."""
    if len(everything.syncs) < 2 and "sync" not in st.query_params:
        return None
    found = st.selectbox(
        "Sync", [ALL_SYNCS, *everything.syncs], key="sync", bind="query-params", label_visibility="collapsed", width=150,
        on_change=_to_first,
    )  # fmt: skip
    return None if found in (None, ALL_SYNCS) else found


def _none(everything: Causes, sync: str | None, *, ignored: bool) -> None:
    if sync and everything.causes:
        keep = "is" if everything.causes == 1 else "are"
        states.no_match(
            f"Nothing of {words.plain(words.quoted(sync))} is {'ignored' if ignored else 'kept from being written'}",
            f"Without the filter there {keep} {words.counted(everything.causes, 'cause')}.",
            _clear,
        )
    elif ignored:
        states.nothing("Nothing is ignored", "What somebody lets be is kept here with their note, and can be listed again.")  # fmt: skip
    elif not everything.syncs:
        states.nothing(
            "No sync yet", "Once a sync is published and turned on, what it cannot write is listed here."
        )
    else:
        states.all_well(
            "Nothing is kept from being written",
            "No write was refused, and no record is blocked before one.",
        )


def _to_first() -> None:
    for name in ("cause", "from", "after"):
        st.query_params.pop(name, None)
    acting.quiet()


def _clear() -> None:
    st.session_state["sync"] = ALL_SYNCS
    _to_first()


show()
