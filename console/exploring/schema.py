"""The schema browser beside the editor: the tables, their columns, and what these hold."""

from __future__ import annotations

import streamlit as st

from console import parts, states, words
from console.readers import explore
from console.readers.explore import QueryRefusedError, Table

HEIGHT = 262
_SHORT = {"TIMESTAMP WITH TIME ZONE": "timestamptz", "CHARACTER VARYING": "varchar"}


@st.fragment
def show() -> None:
    """Choose a table and see its columns; by itself, so that looking things up leaves the statement alone."""
    with states.guarded("the schema"):
        tables = explore.tables()
        if not tables:
            states.nothing("Nothing is mirrored yet", "Tables come with the first pull of a system.")
            return
        usual = next((nth for nth, one in enumerate(tables) if one.full_name == "spotio.record"), 0)
        table = st.selectbox(
            "Tables", tables, usual, format_func=lambda one: one.full_name, key="schema-table"
        )
        if st.toggle("What the columns hold", key="profile"):
            _profile(table)
        else:
            _columns(table)


def _columns(table: Table) -> None:
    labels = explore.labels(table)
    parts.table(
        {
            "column": list(table.columns),
            "type": [_SHORT.get(kind, kind.lower()) for kind in table.columns.values()],
            "label": [labels[name] for name in table.columns],
        },
        {
            "column": parts.text_column("Column", 150),
            "type": parts.text_column("Type", 96),
            "label": parts.text_column("Called", 160),
        },
        alt=f"{len(table.columns)} columns of {table.full_name}",
        height=HEIGHT,
    )


def _profile(table: Table) -> None:
    try:
        found = explore.profile(table)
    except QueryRefusedError as refused:
        st.error(words.plain(str(refused)), icon=":material/error:")
        return
    columns = found.columns
    parts.table(
        {
            "column": [one.name for one in columns],
            "filled": [one.filled * 100 for one in columns],
            "distinct": [one.distinct for one in columns],
            "top": [
                ", ".join(f"{value} ({rows:,})" for value, rows in one.top[:3]) or None for one in columns
            ],
            "range": [f"{one.least} – {one.greatest}" if one.least is not None else None for one in columns],
        },
        {
            "column": parts.text_column("Column", 124),
            "filled": st.column_config.NumberColumn("Filled", format="%.0f%%", width=66),
            "distinct": parts.number_column("Values"),
            "top": parts.text_column("Most often", 180),
            "range": parts.text_column("From – to", 200),
        },
        alt=f"What the {len(columns)} columns of {table.full_name} hold",
        height=HEIGHT,
    )
    looked = "all" if found.looked_at >= found.rows else f"a sample of {found.looked_at:,} of"
    st.markdown(f":gray[:small[From {looked} {words.counted(found.rows, 'row')}]]")
