"""Tables: choose one, search and narrow it, choose columns, page through it, open a record, take it away."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from console import identity, parts, readers, services, states, words
from console.exploring import address
from console.exploring.address import Seen
from console.readers import explore
from console.readers.explore import COUNTED_MAX, WORDS, Asked, Filter, QueryRefusedError, Table

PAGE = 50
SHOWN_FIRST = 9  # columns, until the reader chooses others
# What one looks for first, in this order; the rest as the source has them.
_FIRST = (
    "name", "firstname", "lastname", "title", "subject", "date", "happened_at", "kind", "email", "company", "status",
    "stagename", "stageid", "resultid", "ownerid", "user_id", "address", "value", "amount", "updatedat", "systemmodstamp",
)  # fmt: skip


def show() -> None:
    """The whole tab."""
    tables = explore.tables()
    if not tables:
        states.nothing("Nothing is mirrored yet", "Tables come with the first pull of a system.")
        return
    seen = address.seen("spotio.record")
    table = next((one for one in tables if one.full_name == seen.table), None)
    if table is None:
        # The link may name a table that others can see: it is not said whether there is one.
        st.info(f"There is no table {words.plain(seen.table)} that you can see.", icon=":material/info:")
        table = next((one for one in tables if one.full_name == "spotio.record"), tables[0])
        seen = Seen(table.full_name, Asked())
    labels = explore.labels(table)
    _bar(tables, table, seen.asked, labels)
    if seen.asked.as_of is not None:
        _then(seen.asked)
    try:
        _rows(table, seen.asked, labels)
    except QueryRefusedError as refused:
        st.error(words.plain(str(refused)), icon=":material/error:")
        st.button("Clear filters", key="clear-filters", on_click=_clear)


def _bar(tables: list[Table], table: Table, asked: Asked, labels: Any) -> None:
    st.session_state["explore-table"] = table
    st.session_state["explore-search"] = asked.search
    left, right = st.columns([9, 8], vertical_alignment="center")
    with left.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Table",
            tables,
            format_func=lambda one: (
                f"{words.system(one.schema)} · {one.label}" if one.schema != "history" else one.label
            ),
            key="explore-table",
            label_visibility="collapsed",
            on_change=_take_table,
            width=260,
        )
        st.text_input(
            "Search",
            placeholder="Search id, name, e-mail, phone",
            key="explore-search",
            label_visibility="collapsed",
            on_change=_take_search,
            width=260,
        )
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        set_count = len(asked.filters) + asked.deleted
        with st.popover(
            f"Filters · {set_count}" if set_count else "Filters", icon=":material/filter_list:", key="filters"
        ):
            _filters(table, asked, labels)
        with st.popover("Columns", icon=":material/view_column:", key="columns"):
            _columns(table, asked, labels)
        with st.popover("As of", icon=":material/history:", key="as-of"):
            _as_of(asked)
        _export(table, asked)


def _filters(table: Table, asked: Asked, labels: Any) -> None:
    for number, one in enumerate(asked.filters):
        said, gone = st.columns([5, 1], vertical_alignment="center")
        said.markdown(words.plain(one.sentence(labels.get(one.column))))
        gone.button(
            "",
            icon=":material/close:",
            key=f"drop-{number}",
            help="Remove",
            on_click=_drop,
            args=(asked.filters, number),
        )
    column = st.selectbox(
        "Column", list(table.columns), format_func=lambda name: labels.get(name, name), key="filter-column"
    )
    how = st.selectbox("Condition", list(WORDS), format_func=WORDS.__getitem__, key="filter-how")
    typed = ""
    if how not in ("is_blank", "is_not_blank"):
        asks = {"in": "Values, with a comma between", "between": "Two values, with a comma between"}
        typed = st.text_input(asks.get(how, "Value"), key="filter-value")
    st.button(
        "Add",
        icon=":material/add:",
        key="add-filter",
        on_click=_add,
        args=(asked.filters, column, how, typed),
    )
    st.session_state["explore-deleted"] = asked.deleted
    st.checkbox("With what the source has deleted", key="explore-deleted", on_change=_take_deleted)


def _add(filters: tuple[Filter, ...], column: str, how: str, typed: str) -> None:
    several = how in ("in", "between")
    values = [part.strip() for part in typed.split(",")] if several else [typed.strip()]
    kept = tuple(value for value in values if value)
    if kept or how in ("is_blank", "is_not_blank"):
        address.say_filters([*filters, Filter(column, how, kept)])
        _first_page()
        st.session_state["filter-value"] = ""


def _drop(filters: tuple[Filter, ...], number: int) -> None:
    address.say_filters(one for position, one in enumerate(filters) if position != number)
    _first_page()


def _columns(table: Table, asked: Asked, labels: Any) -> None:
    st.session_state["explore-columns"] = list(_shown(table, asked))
    st.multiselect(
        "Columns",
        list(table.columns),
        format_func=lambda name: labels.get(name, name),
        key="explore-columns",
        on_change=_take_columns,
    )
    sortable = [None, *table.columns]
    st.session_state["explore-sort"] = asked.sort
    st.selectbox(
        "Sorted by",
        sortable,
        format_func=lambda name: (
            labels.get(name, name) if name else "newest first" if table.newest else "key"
        ),
        key="explore-sort",
        on_change=_take_sort,
    )
    st.session_state["explore-up"] = not asked.descending
    st.checkbox("Smallest or oldest first", key="explore-up", on_change=_take_order)


def _as_of(asked: Asked) -> None:
    st.markdown("Rows as the mirror held them at a moment.")
    day = st.date_input("Day", asked.as_of, key="as-of-day", max_value="today")
    clock = st.time_input("Time", asked.as_of.time() if asked.as_of else "now", key="as-of-time")
    if st.button("Show", icon=":material/history:", key="as-of-show", disabled=day is None) and day:
        address.say(as_of=f"{day.isoformat()}T{clock:%H:%M}")
        _first_page()
        st.rerun()


def _then(asked: Asked) -> None:
    if asked.as_of is None:
        return
    said, back = st.columns([5, 1], vertical_alignment="center")
    moment = words.moment(asked.as_of, readers.now(), readers.zone())
    said.info(f"This is how it was on {moment}.", icon=":material/history:")
    back.button("Back to now", key="back-to-now", on_click=_now)


def _export(table: Table, asked: Asked) -> None:
    with st.popover("Export", icon=":material/download:", key="export"):
        for kind, label in {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}.items():
            st.download_button(
                f"{label}, all rows that pass",
                identity.bound(partial(_file, table, asked, kind)),
                services.file_name(table.full_name, kind),
                key=f"export-{kind}",
                icon=":material/table:",
                on_click="ignore",
                width="stretch",
            )


def _file(table: Table, asked: Asked, kind: str) -> bytes:
    rows = explore.all_rows(table, asked)
    source = {
        "page": "Explore",
        "table": table.full_name,
        "filters": [one.sentence() for one in asked.filters],
    }
    return services.rows_as(kind, rows, source)


def _rows(table: Table, asked: Asked, labels: Any) -> None:
    place = st.session_state.get("explore-place") if st.session_state.get("explore-of") == _of() else None
    st.session_state["explore-of"] = _of()
    columns = _shown(table, asked)
    placed = replace(asked, columns=columns, limit=PAGE, **(place or {}))
    found = explore.page(table, placed)
    total = explore.counted(table, asked)
    if found.rows.is_empty():
        without = explore.counted(table, Asked(as_of=asked.as_of))
        if without and (asked.filters or asked.search):
            said = [one.sentence(labels.get(one.column)) for one in asked.filters]
            said += [f"search {words.quoted(asked.search)}"] if asked.search else []
            states.no_match(
                f"No row matches {words.plain(words.listed(said))}",
                f"Without the filters there are {_told(without)}.",
                _clear,
            )
        else:
            states.nothing(
                f"{table.label} is empty", "Nothing of it was mirrored, or nothing that you can see."
            )
        return
    shown = explore.named(found.rows.select(columns))
    chosen = parts.table(
        shown,
        {name: _column(labels.get(name, name), shown.schema[name], table.columns[name]) for name in columns},
        alt=f"{len(shown)} rows of {table.label}",
        height=parts.table_height(len(shown), 14),
        key=f"explore-rows-{table.full_name}-{place}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        _open(table, found.rows.row(chosen.selection.cells[0][0], named=True), asked)
    _pager(found, total, back=bool(place))


def _of() -> str:
    return str(sorted((name, st.query_params.get_all(name)) for name in st.query_params))


def _open(table: Table, row: dict[str, Any], asked: Asked) -> None:
    """A row opens the page of its record; an event, that of the record it happened at."""
    if table.schema == "history":
        where = {"system": "spotio", "object": "record", "id": row.get("record_id")}
    else:
        name = "record" if table.is_view else table.name
        where = {"system": table.schema, "object": name, "id": row[table.key]}
    if asked.as_of is not None:
        where["as_of"] = address.told(asked.as_of)
    if where["id"]:
        st.switch_page("views/record.py", query_params={name: str(value) for name, value in where.items()})


def _pager(found: Any, total: int, *, back: bool) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.markdown(f":gray[:small[{len(found.rows):,} of {_told(total)}. A click opens the record.]]")
    more_after = found.more or "before" in (st.session_state.get("explore-place") or {})
    more_before = back and ("after" in (st.session_state.get("explore-place") or {}) or found.more)
    with right.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            "First", icon=":material/first_page:", key="first-page", disabled=not back, on_click=_first_page
        )
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            key="previous",
            disabled=not more_before,
            on_click=_turn,
            args=("before", found.edges[0]),
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            key="next",
            disabled=not more_after,
            on_click=_turn,
            args=("after", found.edges[1]),
        )


def _told(total: int) -> str:
    return f"more than {COUNTED_MAX:,} rows" if total > COUNTED_MAX else words.counted(total, "row")


def _turn(side: str, place: tuple[str | None, str]) -> None:
    st.session_state["explore-place"] = {side: place}


def _first_page() -> None:
    st.session_state.pop("explore-place", None)


def _shown(table: Table, asked: Asked) -> tuple[str, ...]:
    if asked.columns:
        return tuple(name for name in asked.columns if name in table.columns) or (table.key,)
    by_name = {name.lower(): name for name in table.columns}
    first = [by_name[name] for name in _FIRST if name in by_name]
    rest = [name for name in table.columns if name not in first and not name.startswith("_")]
    return tuple([*first, *rest][:SHOWN_FIRST])


def _column(label: str, kind: Any, stored: str) -> Any:
    if kind.is_numeric():
        return st.column_config.NumberColumn(label, format="localized", width=110)
    if kind.is_temporal() and stored != "DATE":
        return parts.moment_column(label, 150, readers.zone())
    if stored == "BOOLEAN":
        return st.column_config.CheckboxColumn(label, width=90)
    if stored.endswith("[]"):
        return st.column_config.ListColumn(label, width=160)
    return parts.text_column(label, 150)


def _take_table() -> None:
    chosen: Table = st.session_state["explore-table"]
    address.say(table=chosen.full_name, sort=None, order=None, columns=None, q=None)
    address.say_filters(())
    _first_page()


def _take_search() -> None:
    address.say(q=st.session_state["explore-search"].strip())
    _first_page()


def _take_columns() -> None:
    address.say(columns=",".join(st.session_state["explore-columns"]))


def _take_sort() -> None:
    address.say(sort=st.session_state["explore-sort"])
    _first_page()


def _take_order() -> None:
    address.say(order="up" if st.session_state["explore-up"] else None)
    _first_page()


def _take_deleted() -> None:
    address.say(deleted="shown" if st.session_state["explore-deleted"] else None)
    _first_page()


def _now() -> None:
    address.say(as_of=None)
    _first_page()


def _clear() -> None:
    address.say(q=None, deleted=None, sort=None)
    address.say_filters(())
    _first_page()
