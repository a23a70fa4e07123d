"""Explore: the mirrored tables, SQL over them, and saved queries."""

from __future__ import annotations

import streamlit as st

from console import identity, parts, readers, words
from console.exploring import saved, sql, tables

TABLES, SQL, SAVED = "Tables", "SQL", "Saved"


def show() -> None:
    """The whole page."""
    person = identity.require("admin", "analyst", "manager")
    scope = "all teams"
    if person.role == "manager":
        scope = words.listed([words.plain(team.name) for team in person.leads]) or "no team"
    parts.header(
        "Explore", f"What was mirrored, as you may see it: {scope} · times in {words.place(readers.zone())}"
    )
    tab = st.segmented_control(
        "Part",
        [TABLES, SQL, SAVED],
        default=TABLES,
        required=True,
        key="tab",
        label_visibility="collapsed",
        bind="query-params",
    )
    if tab == SQL:
        sql.show()
    elif tab == SAVED:
        saved.show()
    else:
        tables.show()


show()
