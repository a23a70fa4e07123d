"""Tables: choose one, search and narrow it, choose columns, page through it, open a record, take it away.

Everything that is chosen stands in the address, the place in the table too: a link opens the rows that were seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from console import parts, readers, services, states, ways, words
from console.exploring import address, moments, narrowing, taking
from console.exploring.address import Seen
from console.readers import explore
from console.readers.explore import COUNTED_MAX, EXPORTED_MAX, Asked, Page, QueryRefusedError, Table

PAGE = 50
FIRST = "spotio.record"
_SPACE = 1130  # pixels that a table has at 1280
_WIDTHS = {"number": 96, "day": 100, "moment": 140, "yes_no": 80, "list": 160, "text": 136}
_WIDE = {
   "name": 156, "title": 156, "subject": 156, "address": 230, "email": 200, "company": 160, "id": 210,
    "typeid": 84, "kind": 130, "source": 84, "status": 150,
}  # fmt: skip


@st.fragment
def show() -> None:
    """The whole tab."""
    with states.guarded("the table"):
        _show()


def _show() -> None:
    tables = explore.tables()
    if not tables:
        states.nothing("Nothing is mirrored yet", "Tables come with the first pull of a system.")
        return
    seen = address.seen(FIRST)
    table = next((one for one in tables if one.full_name == seen.table), None)
    if table is None:
        # The link may name a table that others can see: it is not said whether there is one.
        st.info(f"There is no table {words.plain(seen.table)} that you can see.", icon=":material/info:")
        table = next((one for one in tables if one.full_name == FIRST), tables[0])
        seen = Seen(table.full_name, Asked(zone=readers.zone()))
    labels, asked = explore.labels(table), _known(table, seen.asked)
    _bar(tables, table, asked, labels)
    moments.banner(asked.as_of)
    for text in seen.unread:
        st.warning(
            f"A filter of the link cannot be read and is left out: {words.plain(words.quoted(text))}",
            icon=":material/filter_list_off:",
        )
    try:
        _rows(table, asked, labels)
    except QueryRefusedError as refused:
        _mistaken(table, asked, str(refused))


def _known(table: Table, asked: Asked) -> Asked:
    """Without the columns that the table does not have, or not for this reader: then it is as usual."""
    columns = tuple(name for name in asked.columns or () if name in table.columns)
    sort = asked.sort if asked.sort in explore.sortable(table) else None
    return replace(asked, columns=columns or None, sort=sort)


def _mistaken(table: Table, asked: Asked, refused: str) -> None:
    """Which filter cannot be asked, each with the way out that leaves the others; a place that there is not is the first page."""
    wrong = [(one, said) for one in asked.filters if (said := explore.mistake(table, one))]
    for nth, (one, said) in enumerate(wrong):
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.error(words.plain(said), icon=":material/error:")
        right.button(
            "Leave it out", key=f"leave-out-{nth}", on_click=narrowing.drop, args=(one,), width="stretch"
        )
    if wrong:
        return
    if asked.after or asked.before:  # a place in another order of the table
        _rows(table, replace(asked, after=None, before=None), explore.labels(table))
    else:
        st.error(words.plain(refused), icon=":material/error:")


def _bar(tables: list[Table], table: Table, asked: Asked, labels: Mapping[str, str]) -> None:
    st.session_state["explore-table"] = table
    st.session_state["explore-search"] = asked.search
    left, right = st.columns([1, 1], vertical_alignment="center")
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
            width=250,
        )
        st.text_input(
            "Search this table",
            placeholder="Search this table",
            key="explore-search",
            type="search",
            live="400ms",
            label_visibility="collapsed",
            on_change=_take_search,
            width=230,
        )
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        narrowing.control(table, asked, labels)
        _columns(table, asked, labels)
        moments.control(asked.as_of, "Rows as the mirror held them")
        _export(table, asked)


def _columns(table: Table, asked: Asked, labels: Mapping[str, str]) -> None:
    popover = st.popover("Columns", icon=":material/view_column:", key="columns", on_change="rerun")
    if not popover.open:
        return
    with popover:
        st.session_state["explore-columns"] = list(_shown(table, asked, labels))
        st.multiselect(
            "Columns",
            explore.ordered(table.columns, labels),
            format_func=lambda name: labels.get(name, name),
            key="explore-columns",
            on_change=_take_columns,
        )
        usual = f"{labels[table.newest]}, newest first" if table.newest else labels[table.key]
        st.session_state["explore-sort"] = asked.sort or ""
        st.selectbox(
            "Sorted by",
            [
                "",
                *(name for name in explore.ordered(table.columns, labels) if name in explore.sortable(table)),
            ],
            format_func=lambda name: labels.get(name, name) if name else f"As usual: {usual}",
            key="explore-sort",
            on_change=_take_sort,
        )
        st.session_state["explore-up"] = not asked.descending
        st.checkbox("Smallest or oldest first", key="explore-up", on_change=_take_order)


def _export(table: Table, asked: Asked) -> None:
    popover = st.popover("Export", icon=":material/download:", key="export", on_change="rerun")
    if not popover.open:
        return

    def make(kind: str) -> bytes:
        source = {
            "page": "Explore",
            "table": table.full_name,
            "filters": [one.sentence() for one in asked.filters],
            "search": asked.search,
            "as_of": address.told(asked.as_of) if asked.as_of else None,
        }
        return services.rows_as(kind, explore.all_rows(table, asked), source)

    with popover:
        try:
            fits = explore.fits_a_file(table, asked)
        except QueryRefusedError:
            st.markdown("A filter cannot be asked, so there is nothing to take away.")
            return
        if not fits:
            st.markdown(
                f"More than {EXPORTED_MAX:,} rows pass, which is more than one file holds. Narrow them by a filter or the "
                "search; the daily Parquet export holds all facts."
            )
            return
        # As long as nobody chose columns, a file has all of them.
        columns = "the columns shown" if asked.columns else "all columns"
        st.markdown(f"All rows that pass, {columns}, at most {EXPORTED_MAX:,}.")
        taking.buttons(table.full_name, "all rows", make, "export")


def _rows(table: Table, asked: Asked, labels: Mapping[str, str]) -> None:
    columns = _shown(table, asked, labels)
    found = explore.page(table, replace(asked, columns=columns, limit=PAGE))
    if found.rows.is_empty():
        _empty(table, asked, labels)
        return
    shown = explore.named(table, found.rows)
    # Above the rows, where the table's own small toolbar covers words and no button.
    told = st.empty()
    told.markdown(f":gray[:small[{words.counted(shown.height, 'row')}. A click opens the record.]]")
    chosen = parts.table(
        shown.select(columns),
        {name: _column(labels[name], name, table.columns[name], shown.schema[name]) for name in columns},
        alt=f"{shown.height} rows of {table.label}",
        height=parts.table_height(shown.height, 14),
        key=f"explore-rows-{hash((table.full_name, columns, str(asked)))}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        _open(table, found.rows.row(chosen.selection.cells[0][0], named=True), asked)
    _pager(found)
    # Counted last: the rows stand while all that pass are counted.
    total = explore.counted(table, asked)
    rows = f"more than {COUNTED_MAX:,} rows" if total > COUNTED_MAX else words.counted(total, "row")
    said = narrowing.sentences(table, asked, labels)
    narrowed = f", where {words.plain(words.listed(said))}" if said else ""
    told.markdown(f":gray[:small[{shown.height} of {rows}{narrowed}. A click opens the record.]]")


def _empty(table: Table, asked: Asked, labels: Mapping[str, str]) -> None:
    without = explore.counted(table, Asked(as_of=asked.as_of, deleted=asked.deleted))
    if not without or not (asked.filters or asked.search):
        states.nothing(f"{table.label}: no rows", "Nothing of it was mirrored, or nothing that you can see.")
        return
    said = narrowing.sentences(table, asked, labels)
    said += [f"search {words.quoted(asked.search)}"] if asked.search else []
    rows = f"more than {COUNTED_MAX:,}" if without > COUNTED_MAX else f"{without:,}"
    states.no_match(
        f"No row matches: {words.plain(words.listed(said))}",
        f"Without the filters there are {rows}.",
        narrowing.clear,
    )


def _open(table: Table, row: dict[str, Any], asked: Asked) -> None:
    """A row opens the page of its record; an event, that of the record it happened at."""
    if table.schema == "history":
        where = {"system": "spotio", "object": "record", "id": row.get("record_id") or _record_of(table, row)}
    else:
        name = "record" if table.is_view else table.name
        where = {"system": table.schema, "object": name, "id": row[table.key]}
    if asked.as_of is not None:
        where["as_of"] = address.told(asked.as_of)
    if where["id"]:
        ways.go("views/record.py", {name: str(value) for name, value in where.items()})


def _record_of(table: Table, row: dict[str, Any]) -> str | None:
    """The record of an event, when its column is not among those shown."""
    one = Asked(
        filters=(explore.Filter(table.key, "equals", (row[table.key],)),), columns=("record_id",), limit=1
    )
    rows = explore.page(table, one).rows
    return None if rows.is_empty() else str(rows["record_id"][0])


def _pager(found: Page) -> None:
    """The ways on and back."""
    first, last = found.edges or ((None, ""), (None, ""))
    turns = {
        "First": (":material/first_page:", found.earlier, _first, ()),
        "Previous": (":material/chevron_left:", found.earlier, address.say_place, ("before", first)),
        "Next": (":material/chevron_right:", found.later, address.say_place, ("after", last)),
    }
    with st.container(horizontal=True, horizontal_alignment="right"):
        for label, (icon, possible, turn, args) in turns.items():
            st.button(
                label,
                icon=icon,
                icon_position="right" if label == "Next" else "left",
                key=f"page-{label.lower()}",
                disabled=not possible,
                on_click=turn,  # type: ignore[arg-type]
                args=args,
            )


def _shown(table: Table, asked: Asked, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that were chosen; else those that matter first, as many as the page is wide."""
    if asked.columns:
        return asked.columns
    newest = table.newest
    shown, left = [], _SPACE - (_width(newest, table.columns[newest]) if newest else 0)
    for name in explore.ordered(table.columns, labels):
        left -= 0 if name == newest else _width(name, table.columns[name])
        if left < 0 or name.startswith("_"):
            break
        shown.append(name)
    # What the rows are sorted by is shown, however narrow the page.
    return tuple(shown if newest is None or newest in shown else [*shown, newest])


def _width(name: str, stored: str) -> int:
    return _WIDE.get(name.lower()) or _WIDTHS[explore.stored_kind(stored)]


def _column(label: str, name: str, stored: str, kind: Any) -> Any:
    width = _width(name, stored)
    if kind.is_numeric():
        return st.column_config.NumberColumn(label, format="localized", width=width)
    if kind.is_temporal() and stored != "DATE":
        return parts.moment_column(label, width, readers.zone())
    if stored == "DATE":
        return st.column_config.DateColumn(label, format="D MMM YYYY", width=width)
    if stored.endswith("[]"):
        return st.column_config.ListColumn(label, width=width)
    return parts.text_column(label, width)


def _take_table() -> None:
    chosen: Table = st.session_state["explore-table"]
    address.say(table=chosen.full_name, sort=None, order=None, columns=None, q=None)
    address.say_filters(())


def _take_search() -> None:
    address.say_anew(q=st.session_state["explore-search"].strip())


def _take_columns() -> None:
    address.say_columns(st.session_state["explore-columns"])


def _take_sort() -> None:
    address.say_anew(sort=st.session_state["explore-sort"])


def _take_order() -> None:
    address.say_anew(order="up" if st.session_state["explore-up"] else None)


def _first() -> None:
    address.say_anew()
