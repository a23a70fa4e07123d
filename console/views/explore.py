"""Explore: the mirrored tables, SQL over them, saved queries, and the way to any record."""

from __future__ import annotations

import streamlit as st

from console import identity, parts, readers, ways, words
from console.exploring import finder, saved, sql, tables
from console.readers import record as reading

TABLES, SQL, SAVED = "Tables", "SQL", "Saved"


def show() -> None:
    """The whole page."""
    person = identity.require("admin", "analyst", "manager")
    scope = "all teams"
    if person.role == "manager":
        scope = words.listed([words.plain(team.name) for team in person.leads]) or "no team"
    with parts.header(
        "Explore", f"What was mirrored, as you may see it: {scope} · times in {words.place(readers.zone())}"
    ):
        sought = st.text_input(
            "Find a record",
            placeholder="Find by id, name, e-mail or phone",
            key="find-record",
            type="search",
            label_visibility="collapsed",
            width=300,
        )
    if sought.strip():
        finder.lead(reading.find(sought.strip()), sought.strip())
        ways.go("views/record.py", {"find": sought.strip()})
    tab = st.segmented_control(
        "Part",
        [TABLES, SQL, SAVED],
        default=TABLES,
        required=True,
        key="tab",
        label_visibility="collapsed",
        bind="query-params",
    )
    {TABLES: tables.show, SQL: sql.show, SAVED: saved.show}[tab]()


show()
