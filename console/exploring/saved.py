"""Saved: one's own queries and those that others share; each runs within what its reader may see."""

from __future__ import annotations

import streamlit as st

from console import identity, readers, services, states, words
from console.readers import explore
from console.readers.explore import QueryRefusedError, SavedQuery


def show() -> None:
    """The whole tab."""
    found = explore.saved_queries()
    if not found:
        states.nothing(
            "No saved query yet", "Write one in SQL and save it there; shared ones of others show here too."
        )
        return
    person = identity.current()
    for query in found:
        _query(query, mine=query.owner == person.scope.person, admin=person.role == "admin")


def _query(query: SavedQuery, *, mine: bool, admin: bool) -> None:
    when = words.moment(query.saved_at, readers.now(), readers.zone())
    whose = "yours" if mine else f"by {words.plain(query.owner) or 'somebody at this machine'}"
    with st.container(border=True, gap="xsmall"):
        left, right = st.columns([5, 3], vertical_alignment="center")
        left.markdown(f"**{words.plain(query.name)}**")
        left.markdown(
            f":gray[:small[{'shared, ' if query.shared else ''}{whose} · version {query.version} · {when}]]"
        )
        with right.container(horizontal=True, horizontal_alignment="right"):
            st.button("Open", icon=":material/code:", key=f"open-{query.id}", on_click=_open, args=(query,))
            if mine or (admin and query.shared):
                st.button(
                    "Delete",
                    icon=":material/delete:",
                    key=f"delete-{query.id}",
                    on_click=_delete,
                    args=(query,),
                )
        st.code(query.sql, language="sql", height=150 if query.sql.count("\n") > 5 else "content")


def _open(query: SavedQuery) -> None:
    st.session_state["sql"] = query.sql
    st.session_state["sql-saved"] = query
    st.session_state["tab"] = "SQL"


def _delete(query: SavedQuery) -> None:
    try:
        services.delete_query(query.id)
    except QueryRefusedError as refused:
        st.session_state["saved-refused"] = str(refused)
