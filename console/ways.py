"""Going to another page by a click in a table, so that the browser's Back leads to what was seen before it.

Streamlit writes the address of the page that one goes to while the one that is left still stands, so Back leads to the
left page with the other one's address (`/explore?system=...&id=...`). What its own address said is kept here, and given
back to it.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

_AT, _LEFT = "ways-at", "ways-left"
Address = dict[str, list[str]]


def go(page: str, query: Mapping[str, str]) -> None:
    """Go to the page of a file; nothing after it runs."""
    here: str | None = st.session_state.get(_AT)
    if here is not None and here != page:
        left: dict[tuple[str, frozenset[tuple[str, str]]], Address] = st.session_state.setdefault(_LEFT, {})
        left[here, frozenset(query.items())] = _address()
    st.switch_page(page, query_params=dict(query))


def arrived(page: str) -> None:
    """Before the page of a file is drawn: one that somebody came back to gets its own address again."""
    st.session_state[_AT] = page
    address = _address()
    asked = frozenset((name, values[-1]) for name, values in address.items() if values)
    own = st.session_state.get(_LEFT, {}).pop((page, asked), None)
    if own is not None:
        st.query_params.from_dict(own)


def _address() -> Address:
    return {name: st.query_params.get_all(name) for name in st.query_params}
