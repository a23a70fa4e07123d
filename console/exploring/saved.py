"""Saved: one's own queries and those that others share; each runs within what its reader may see."""

from __future__ import annotations

import streamlit as st

from console import identity, parts, readers, services, states, words
from console.exploring import sql
from console.readers import explore
from console.readers.explore import QueryRefusedError, SavedQuery

_LINES = 6


def show() -> None:
    """The whole tab."""
    said = st.session_state.pop("saved-said", None)
    if said:
        st.info(words.plain(said), icon=":material/info:")
    found = explore.saved_queries()
    if not found:
        states.not_yet(
            "No saved query yet",
            "Write a statement and save it under a name. What others share stands here too, and runs within what you may see.",
            "Write one",
            ":material/code:",
            "write-one",
            _write_one,
        )
        return
    person = identity.current()
    for query in found:
        _query(query, mine=query.owner == person.author, admin=person.role == "admin")


def _query(query: SavedQuery, *, mine: bool, admin: bool) -> None:
    when = words.moment(query.saved_at, readers.now(), readers.zone())
    whose = "Yours" if mine else f"By {words.plain(query.owner)}"
    facts = [whose, *(["shared"] if query.shared else []), f"version {query.version}", f"saved {when}"]
    with st.container(border=True, gap="xsmall"):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left.container(gap=None):
            st.markdown(f"**{words.plain(query.name)}**")
            st.markdown(f":gray[:small[{' · '.join(facts)}]]")
        with right.container(horizontal=True, horizontal_alignment="right"):
            if mine or (admin and query.shared):
                asked = st.button(
                    "Delete…", icon=":material/delete:", key=f"delete-{query.id}", type="tertiary"
                )
                if asked:
                    _delete(query)
            if mine:
                st.button(
                    "Stop sharing" if query.shared else "Share",
                    icon=":material/lock:" if query.shared else ":material/group:",
                    key=f"share-{query.id}",
                    type="tertiary",
                    on_click=_share,
                    args=(query,),
                )
            st.button("Open", icon=":material/code:", key=f"open-{query.id}", on_click=_open, args=(query,))
        lines = query.sql.splitlines()
        more = f"\n… {words.counted(len(lines) - _LINES, 'more line')}" if len(lines) > _LINES else ""
        st.code("\n".join(lines[:_LINES]) + more, language=None)  # its colours of SQL are too pale to read


def _write_one() -> None:
    st.session_state["tab"] = "SQL"


def _open(query: SavedQuery) -> None:
    sql.open_query(query)
    st.session_state["tab"] = "SQL"


def _share(query: SavedQuery) -> None:
    try:
        services.save_query(query.name, query.sql, shared=not query.shared, id=query.id)
    except QueryRefusedError as refused:
        st.session_state["saved-said"] = str(refused)


@st.dialog("Delete this query")
def _delete(query: SavedQuery) -> None:
    """Asks first, for nothing on the page brings it back."""
    others = " Others who use it lose it too." if query.shared else ""
    st.markdown(f"**{words.plain(query.name)}** is taken off the list with all its versions.{others}")
    if parts.primary_button("Delete", icon=":material/delete:", key="delete-now"):
        try:
            services.delete_query(query.id)
        except QueryRefusedError as refused:
            st.session_state["saved-said"] = str(refused)
        else:
            st.session_state["saved-said"] = f"Deleted “{query.name}”."
        st.rerun()
