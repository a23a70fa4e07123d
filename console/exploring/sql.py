"""SQL: a statement over what the reader may see, the schema beside it, the answer below.

What is written stays the reader's draft, whatever page they look at meanwhile, whatever comes of running it, and
when the page is loaded anew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

import polars as pl
import streamlit as st

from console import identity, services, words
from console.exploring import address, answers, moments, schema
from console.identity import Person
from console.readers import explore
from console.readers.explore import SQL_LIMITS, QueryRefusedError, SavedQuery

DRAFT, OPENED, ANSWER = "sql-draft", "sql-opened", "sql-answer"
EXAMPLE = (
    "select s.name as stage, count(*) as records\n"
    "from spotio.record r\n"
    "join spotio.stage s on s.typeId = r.typeId and s.stageId = r.stageId\n"
    "where r._deleted_at is null\n"
    "group by all\n"
    "order by records desc"
)


@dataclass(frozen=True)
class Run:
    """A statement that was run, for whom, and what came of it: rows, or why there are none."""

    person: Person
    sql: str
    as_of: datetime | None
    seconds: float
    rows: pl.DataFrame | None = None
    refused: str = ""


def show() -> None:
    """The whole tab."""
    _open_linked()
    moment = address.moment(st.query_params.get("as_of"))
    moments.banner(moment, "Tables are read as they were on {}.")
    left, right = st.columns([13, 9], gap="medium")
    with right:
        schema.show()
    with left:
        _editor(moment)
    _answer(st.session_state.get(ANSWER), moment)


def open_query(query: SavedQuery) -> None:
    """Put a saved query into the editor."""
    st.session_state[OPENED] = query
    _draft(query.sql)
    st.session_state.pop(ANSWER, None)
    address.say(query=query.id)


def _open_linked() -> None:
    """A link may name a saved query; once it is open, what is typed over it counts, after a reload too."""
    id = st.query_params.get("query")
    opened: SavedQuery | None = st.session_state.get(OPENED)
    kept = None if DRAFT in st.session_state else explore.sql_draft()
    if id and (opened is None or opened.id != id):
        try:
            query = explore.saved_query(id)
        except QueryRefusedError as refused:
            st.info(words.plain(str(refused)), icon=":material/info:")
        else:
            if kept is None or kept[1] != id:
                open_query(query)
                return
            st.session_state[OPENED] = query
    if DRAFT not in st.session_state:
        st.session_state[DRAFT] = EXAMPLE if kept is None else kept[0]


def _editor(moment: datetime | None) -> None:
    st.session_state["sql"] = st.session_state[DRAFT]
    opened: SavedQuery | None = st.session_state.get(OPENED)
    sql = st.text_area(
        f"Statement: {words.plain(opened.name)}" if opened else "Statement",
        key="sql",
        height=262,
        on_change=_keep,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        # Not the primary kind: Streamlit prints the keys on the button, and on the accent they cannot be read.
        if st.button("Run", icon=":material/play_arrow:", key="run-sql", shortcut="Mod+Enter"):
            st.session_state[ANSWER] = _run(sql, moment)
        moments.control(moment, "Tables as the mirror held them")
        with st.popover("Save", icon=":material/bookmark_add:", key="save-sql"):
            _save(sql, opened)
        st.button("New", icon=":material/add:", key="new-sql", on_click=_new)


def _keep() -> None:
    _draft(st.session_state["sql"])


def _draft(text: str) -> None:
    st.session_state[DRAFT] = text
    opened: SavedQuery | None = st.session_state.get(OPENED)
    services.keep_sql(text, opened.id if opened else None)


def _new() -> None:
    st.session_state.pop(OPENED, None)
    _draft("")
    st.session_state.pop(ANSWER, None)
    address.say(query=None)


def _run(sql: str, as_of: datetime | None) -> Run:
    person, began = identity.current(), time.monotonic()
    try:
        rows = services.run_sql(sql, as_of)
    except QueryRefusedError as refused:
        return Run(person, sql, as_of, time.monotonic() - began, refused=str(refused))
    return Run(person, sql, as_of, time.monotonic() - began, rows)


def _save(sql: str, opened: SavedQuery | None) -> None:
    """Under a name of one's own; one's own that is open gets a new version."""
    mine = opened if opened is not None and opened.owner == identity.current().author else None
    # A key by query, so that the fields begin with what is true of the one that is open.
    of = opened.id if opened else "new"
    name = st.text_input("Name", mine.name if mine else "", key=f"save-name-{of}", live=True)
    shared = st.checkbox(
        "Shared: others can run it, each within what they may see",
        mine.shared if mine else False,
        key=f"save-shared-{of}",
    )
    if mine and st.button(
        f"Save as version {mine.version + 1}", icon=":material/bookmark_added:", key="save-again"
    ):
        _saved(name, sql, shared=shared, id=mine.id)
    if st.button(
        "Save as a new query" if mine else "Save",
        icon=":material/bookmark_add:",
        key="save-now",
        disabled=not name.strip() or bool(mine and name.strip() == mine.name),
    ):
        _saved(name, sql, shared=shared, id=None)
    if mine:
        st.caption("A version with another name renames the query.")


def _saved(name: str, sql: str, *, shared: bool, id: str | None) -> None:
    try:
        written = services.save_query(name, sql, shared=shared, id=id)
    except QueryRefusedError as refused:
        st.error(words.plain(str(refused)), icon=":material/error:")
        return
    st.session_state[OPENED] = written
    _draft(sql)
    address.say(query=written.id)
    st.toast(f"Saved as version {written.version}" if written.version > 1 else "Saved")
    st.rerun()


def _answer(run: Run | None, as_of: datetime | None) -> None:
    # An answer is shown to whom it was given: not after a change of role, nor of what the role may see.
    if run is None or run.person != identity.current():
        st.markdown(
            f":gray[:small[Up to {SQL_LIMITS.rows:,} rows and {SQL_LIMITS.seconds:.0f} seconds. A statement can only read, "
            "and only what you may see on the other pages too.]]"
        )
    elif run.rows is None:
        st.error(words.plain(run.refused), title="Not run", icon=":material/block:")
    else:
        if run.sql != st.session_state[DRAFT] or run.as_of != as_of:
            st.markdown(":gray[:small[The answer to what was run last; Run asks what stands above now.]]")
        answers.show(run.rows, run.sql, run.as_of, run.seconds)
