"""SQL: a statement over what the reader may see, the schema beside it, the answer as a table and as a chart."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial

import altair as alt
import polars as pl
import streamlit as st

from console import charts, identity, parts, readers, services, states, words
from console.exploring import address
from console.readers import explore
from console.readers.explore import SQL_LIMITS, QueryRefusedError, SavedQuery, Table

SHOWN = 500
EXAMPLE = "select stageId, count(*) as records\nfrom spotio.record\ngroup by stageId\norder by records desc"
CHARTS = ("Bars", "Line", "Points")
HEIGHT = 300


def show() -> None:
    """The whole tab."""
    left, right = st.columns([13, 9], gap="medium")
    with right:
        _schema()
    with left:
        _editor()
    _answer()


def _editor() -> None:
    st.session_state.setdefault("sql", EXAMPLE)
    sql = st.text_area(
        "Statement",
        key="sql",
        height=260,
        help="One SELECT over the tables beside it; nothing can be changed.",
    )
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        if parts.primary_button("Run", icon=":material/play_arrow:", key="run-sql", shortcut="Mod+Enter"):
            _run(sql, address.moment(st.query_params.get("as_of")))
        with st.popover("As of", icon=":material/history:", key="sql-as-of"):
            _as_of()
        with st.popover("Save", icon=":material/bookmark_add:", key="save-sql"):
            _save(sql)
    moment = address.moment(st.query_params.get("as_of"))
    if moment is not None:
        st.info(
            f"Mirrored tables are read as they were on {words.moment(moment, readers.now(), readers.zone())}.",
            icon=":material/history:",
        )


def _save(sql: str) -> None:
    """Under a name of one's own; the one that is open gets a new version."""
    opened: SavedQuery | None = st.session_state.get("sql-saved")
    mine = opened is not None and opened.owner == identity.current().scope.person
    name = st.text_input("Name", opened.name if opened and mine else "", key="save-name")
    shared = st.checkbox(
        "Shared: others can run it, each within what they may see",
        bool(opened and mine and opened.shared),
        key="save-shared",
    )
    again = opened if opened and mine and name.strip() == opened.name else None
    if st.button("Save a new version" if again else "Save", icon=":material/bookmark_add:", key="save-now"):
        try:
            st.session_state["sql-saved"] = services.save_query(
                name, sql, shared=shared, id=again.id if again else None
            )
        except QueryRefusedError as refused:
            st.error(words.plain(str(refused)))
        else:
            st.toast("Saved")


def _as_of() -> None:
    moment = address.moment(st.query_params.get("as_of"))
    day = st.date_input("Day", moment, key="sql-day", max_value="today")
    clock = st.time_input("Time", moment.time() if moment else "now", key="sql-time")
    if st.button("Read as of then", key="sql-then", disabled=day is None) and day:
        address.say(as_of=f"{day.isoformat()}T{clock:%H:%M}")
        st.rerun()
    if moment and st.button("Back to now", key="sql-now"):
        address.say(as_of=None)
        st.rerun()


def _run(sql: str, as_of: datetime | None) -> None:
    began = time.monotonic()
    try:
        rows = explore.run_sql(sql, as_of)
    except QueryRefusedError as refused:
        st.session_state["sql-answer"] = (sql, as_of, str(refused), 0.0)
    else:
        st.session_state["sql-answer"] = (sql, as_of, rows, time.monotonic() - began)


def _schema() -> None:
    tables = explore.tables()
    if not tables:
        states.nothing("Nothing is mirrored yet", "Tables come with the first pull of a system.")
        return
    table = st.selectbox("Tables", tables, format_func=lambda one: one.full_name, key="schema-table")
    labels = explore.labels(table)
    if st.toggle("What the columns hold", key="profile"):
        _profile(table)
        return
    parts.table(
        {
            "column": list(table.columns),
            "type": [kind.lower() for kind in table.columns.values()],
            "label": [labels[name] if labels[name] != name else None for name in table.columns],
        },
        {
            "column": parts.text_column("Column", 140),
            "type": parts.text_column("Type", 130),
            "label": parts.text_column("Called", 150),
        },
        alt=f"{len(table.columns)} columns of {table.full_name}",
        height=262,
    )


def _profile(table: Table) -> None:
    try:
        found = explore.profile(table)
    except QueryRefusedError as refused:
        st.error(words.plain(str(refused)))
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
            "column": parts.text_column("Column", 110),
            "filled": st.column_config.NumberColumn("Filled", format="%.0f%%", width=66),
            "distinct": parts.number_column("Values"),
            "top": parts.text_column("Most often", 170),
            "range": parts.text_column("From – to", 200),
        },
        alt=f"What the {len(columns)} columns of {table.full_name} hold",
        height=230,
    )
    looked = "all" if found.looked_at >= found.rows else f"a sample of {found.looked_at:,} of"
    st.caption(f"From {looked} {found.rows:,} rows")


def _answer() -> None:
    held = st.session_state.get("sql-answer")
    if held is None:
        st.markdown(
            f":gray[:small[Up to {SQL_LIMITS.rows:,} rows and {SQL_LIMITS.seconds:.0f} seconds. What you see here is what you may see "
            "everywhere: tables are limited to your scope before the statement runs.]]"
        )
        return
    sql, as_of, rows, seconds = held
    if isinstance(rows, str):
        st.error(words.plain(rows), title="Not run", icon=":material/block:")
        return
    left, right = st.columns([3, 2], vertical_alignment="center")
    told = (
        words.counted(rows.height, "row")
        if rows.height < (SQL_LIMITS.rows or 0)
        else f"the first {rows.height:,} rows"
    )
    shown = f", {SHOWN} of them shown" if rows.height > SHOWN else ""
    left.header(f"{told[:1].upper()}{told[1:]}{shown}, {words.duration(seconds)}", anchor=False)
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        look = st.segmented_control(
            "Look",
            ["Table", "Chart"],
            default="Table",
            required=True,
            key="sql-look",
            label_visibility="collapsed",
        )
        _export(rows, sql, as_of)
    if rows.is_empty():
        states.nothing("No rows", "The statement ran and nothing matches it.")
    elif look == "Chart":
        _chart(rows)
    else:
        head = rows.head(SHOWN)
        st.dataframe(
            head,
            hide_index=True,
            height=parts.table_height(head.height, 14),  # type: ignore[arg-type]
            placeholder=words.EMPTY,
            alt=f"{head.height} rows with {', '.join(head.columns)}",
            key="sql-rows",
        )


def _export(rows: pl.DataFrame, sql: str, as_of: datetime | None) -> None:
    source = {"page": "Explore", "sql": sql, "as_of": as_of.isoformat() if as_of else None}
    with st.popover("Export", icon=":material/download:", key="sql-export"):
        for kind, label in {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}.items():
            st.download_button(
                f"{label}, {words.counted(rows.height, 'row')}",
                identity.bound(partial(services.rows_as, kind, rows, source)),
                services.file_name("query", kind),
                key=f"sql-export-{kind}",
                icon=":material/table:",
                on_click="ignore",
                width="stretch",
            )


def _chart(rows: pl.DataFrame) -> None:
    """Any column against any number; drawn from at most SHOWN rows, which the line below says."""
    numbers = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    if not numbers:
        states.nothing("No number to draw", "A chart needs a column of numbers, such as count(*).")
        return
    others = [name for name in rows.columns if name not in numbers] or rows.columns
    row = st.container(horizontal=True)
    with row:
        across = st.selectbox("Across", rows.columns, rows.columns.index(others[0]), key="chart-x", width=200)
        up = st.selectbox("Up", numbers, key="chart-y", width=200)
        kind = st.segmented_control("As", CHARTS, default=CHARTS[0], required=True, key="chart-kind")
    drawn = rows.head(SHOWN).select(
        pl.col(across).cast(pl.String).alias("across")
        if not _is_measured(rows.schema[across])
        else pl.col(across).alias("across"),
        pl.col(up).cast(pl.Float64).alias("up"),
    )
    scale = (
        "temporal"
        if rows.schema[across].is_temporal()
        else "quantitative"
        if rows.schema[across].is_numeric()
        else "nominal"
    )
    base = alt.Chart(drawn).encode(
        alt.X(
            "across",
            type=scale,  # type: ignore[arg-type]
            title=across,
            sort=None,
        ),
        alt.Y("up", type="quantitative", title=up),
    )
    chart = {"Bars": base.mark_bar, "Line": base.mark_line, "Points": base.mark_point}[kind]()
    st.altair_chart(
        charts.framed(chart, HEIGHT), alt=f"{up} by {across}, {drawn.height} values", key="sql-chart"
    )
    if rows.height > SHOWN:
        st.caption(f"Drawn from the first {SHOWN} of {rows.height:,} rows")


def _is_measured(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind.is_temporal()
