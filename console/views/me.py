"""The own page: who one is here and why, what one sees, and the way out."""

from __future__ import annotations

import streamlit as st

from console import identity, parts, readers, words

_SEES = {
    "admin": "everything",
    "analyst": "everything, apart from columns that are hidden from analysts",
    "rep": "one's own day, and the board",
}


def show() -> None:
    """The whole page."""
    person = identity.current()
    signed_in = bool(person.email)
    actions = parts.header(words.plain(person.name), person.email or "No sign-in is set up here")
    if actions.button(
        "Sign out" if signed_in else "Choose another view",
        icon=":material/logout:",
        key="sign-out",
    ):
        identity.leave()
        if not signed_in:
            st.rerun()
    st.markdown(f"Role: **{person.role}**, {person.why}")
    st.markdown(f"Time zone: {words.place(readers.zone())}")


show()
