"""Record: one row of the mirror, its values, what happened to it, and its counterparts in the other systems.

The address names the record, the moment and the part that is shown, so that every one of them can be passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from console import parts, readers, states, words
from console.exploring import address, happenings, moments
from console.readers import record as reading
from console.readers.explore import QueryRefusedError
from console.readers.record import Entry, Found, Match, Record, Value

NOW, TIMELINE, ACTIVITIES, EVENTS, RAW = "Now", "Timeline", "Activities", "Events", "Raw"
FILLED, ALL = "Filled", "All"
LATEST, SHOWN = 8, 40
# Of which objects things are done that are told by themselves.
_DONE_WITH = {"spotio": ("record",), "salesforce": ("lead", "account", "contact", "opportunity")}
_OBJECTS = {
    "recordtype": "record type",
    "opportunitycontactrole": "contact role",
    "activity_template": "activity type",
}


def show() -> None:
    """The whole page."""
    query = st.query_params
    system, object, id = query.get("system", "spotio"), query.get("object", "record"), query.get("id", "")
    if not id:
        _find()
        return
    as_of = address.moment(query.get("as_of"))
    try:
        record = reading.record(system, object, id, as_of)
    except QueryRefusedError as refused:
        st.title("Record", anchor=False)
        st.error(words.plain(str(refused)), icon=":material/block:")
        return
    if record is None:
        _absent(system, object, id, as_of)
        return
    entries = reading.entries(system, object, id)
    entries = [entry for entry in entries if as_of is None or entry.happened_at <= as_of]
    _head(record, as_of)
    if as_of is not None:
        moments.banner(as_of)
    _gone(record)
    _part(record, entries, as_of)


def _part(record: Record, entries: Sequence[Entry], as_of: datetime | None) -> None:
    """What of the record was chosen; the link says which."""
    offered = [NOW, TIMELINE]
    offered += [ACTIVITIES] if record.object in _DONE_WITH.get(record.system, ()) else []
    offered += [EVENTS] if (record.system, record.object) == ("spotio", "record") else []
    part = st.segmented_control(
        "Part",
        [*offered, RAW],
        default=NOW,
        required=True,
        key="tab",
        label_visibility="collapsed",
        bind="query-params",
    )
    if part == TIMELINE:
        happenings.show(entries, SHOWN, "timeline")
    elif part == ACTIVITIES:
        happenings.show([entry for entry in entries if entry.kind in happenings.DONE], SHOWN, "activities")
    elif part == EVENTS:
        _facts(record.id, as_of)
    elif part == RAW:
        _raw(record)
    else:
        _now(record, entries, as_of)


def _find() -> None:
    parts.header("Record", "Find a record of any of the three systems")
    text = st.text_input(
        "Find by id, name or e-mail", key="find", type="search", bind="query-params", width=420
    ).strip()
    if not text:
        return
    found = reading.find(text)
    if len(found) == 1 or (found and found[0].id == text):
        _open((found[0].system, found[0].object, found[0].id))
    if not found:
        states.nothing(
            "Nothing found",
            f"No id, name or e-mail that you can see matches {words.plain(words.quoted(text))}. What its source has "
            "deleted is not looked through.",
        )
        return
    chosen = parts.table(
        {
            "name": [one.name or one.id for one in found],
            "system": [f"{words.system(one.system)} {_object(one.object)}" for one in found],
            "value": [_found_in(one) for one in found],
            "id": [one.id for one in found],
        },
        {
            "name": parts.text_column("Name", 240),
            "system": parts.text_column("Where", 180),
            "value": parts.text_column("Found in", 360),
            "id": parts.text_column("Id", 230),
        },
        alt=f"{len(found)} records that match {text}",
        height=parts.table_height(len(found), 14),
        key=f"found-{text}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    st.markdown(
        f":gray[:small[{words.counted(len(found), 'record')}, at most 20 of a kind. A click opens one.]]"
    )
    if chosen.selection.cells:
        one = found[chosen.selection.cells[0][0]]
        _open((one.system, one.object, one.id))


def _found_in(one: Found) -> str:
    return one.value if one.value != one.name else words.EMPTY


def _object(name: str) -> str:
    """What a table's rows are, one of them."""
    return _OBJECTS.get(name, name.replace("_", " "))


def _absent(system: str, object: str, id: str, as_of: datetime | None) -> None:
    """The same words whether it is not there or not the reader's to see."""
    st.title("Record", anchor=False)
    moment = f" on {words.moment(as_of, readers.now(), readers.zone())}" if as_of else ""
    states.nothing(
        f"No {words.plain(_object(object))} {words.plain(words.quoted(id))} in {words.plain(words.system(system))}{moment}",
        "It is not mirrored, or it is not among what you can see.",
    )
    with st.container(horizontal=True):
        if as_of:
            st.button("Back to now", key="back-to-now", on_click=_back_to_now)
        parts.door("views/explore.py", "Explore what you can see")


def _back_to_now() -> None:
    address.say(as_of=None)


def _head(record: Record, as_of: datetime | None) -> None:
    zone, now = readers.zone(), readers.now()
    facts = [
        f"{words.system(record.system)} {_object(record.object)}",
        f"read {words.age(record.pulled_at, now, zone)}",
        f"times in {words.place(zone)}",
    ]
    told = _address(record)
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left.container(gap=None):
        st.title(words.plain(record.name or record.id), anchor=False)
        badges = _badges(record)
        if badges or (told and told != record.name):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if told and told != record.name:
                    st.markdown(words.plain(told), width="content")
                for badge, icon, color in badges:
                    st.badge(badge, icon=icon, color=color)  # type: ignore[arg-type]
        st.caption(" · ".join(facts))
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        moments.control(as_of, "The record")
        st.page_link(
            "views/explore.py",
            label="Its table",
            icon=":material/table_view:",
            query_params={"table": f"{record.system}.{record.object}"},
        )


def _gone(record: Record) -> None:
    """Why what is shown may not be true of the source any more."""
    zone, now = readers.zone(), readers.now()
    source = words.system(record.system)
    if record.deleted_at:
        when = words.moment(record.deleted_at, now, zone)
        st.warning(f"{source} deleted it, seen {when}. These are its last values.", icon=":material/delete:")
    elif record.not_visible_at:
        when = words.moment(record.not_visible_at, now, zone)
        st.warning(
            f"{source} does not show it any more since {when}, and has not said that it is deleted. These are the "
            "values that were last shown.",
            icon=":material/visibility_off:",
        )


def _badges(record: Record) -> list[tuple[str, str, str]]:
    named = {value.column: value.said for value in record.values}
    found = []
    for column, icon in (("typeId", ":material/category:"), ("stageId", ":material/flag:")):
        if said := named.get(column):
            found.append((words.plain(said), icon, "gray"))
    if record.deleted_at:
        found.append(("Deleted", ":material/delete:", "red"))
    elif record.not_visible_at:
        found.append(("Not visible", ":material/visibility_off:", "orange"))
    return found


def _address(record: Record) -> str:
    values = {value.column.lower(): value.value for value in record.values}
    whole = values.get("address")
    if isinstance(whole, str) and whole:
        return whole
    return ", ".join(str(values[name]) for name in ("street", "city") if values.get(name))


def _now(record: Record, entries: Sequence[Entry], as_of: datetime | None) -> None:
    left, right = st.columns([15, 9], gap="medium")
    with left:
        title, choice = st.columns([2, 3], vertical_alignment="center")
        title.header("Fields", anchor=False)
        filled = [value for value in record.values if reading.plain(value.value) is not None]
        with choice.container(horizontal=True, horizontal_alignment="right"):
            which = st.segmented_control(
                "Fields shown",
                [FILLED, ALL],
                format_func={FILLED: f"Filled {len(filled)}", ALL: f"All {len(record.values)}"}.__getitem__,
                default=FILLED,
                required=True,
                key="fields",
                label_visibility="collapsed",
            )
        _fields(filled if which == FILLED else list(record.values))
        if as_of is None:
            st.header("In the other systems", anchor=False)
            _counterparts(reading.counterparts(record.system, record.object, record.id))
    with right:
        st.header("Latest", anchor=False)
        with st.container(border=True, gap="xsmall"):
            happenings.show(entries, LATEST, "latest")


def _fields(values: Sequence[Value]) -> None:
    rows = {
        "field": [value.label for value in values],
        "value": [_told(value) for value in values],
        "column": [value.column for value in values],
    }
    chosen = parts.table(
        rows,
        {
            "field": parts.text_column("Field", 170),
            "value": parts.text_column("Value", 330),
            "column": parts.text_column("Column", 170),
        },
        alt=f"{len(values)} fields",
        height=parts.table_height(len(values), 14),
        key="record-fields",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        target = values[chosen.selection.cells[0][0]].target
        if target:
            _open(target)


def _told(value: Value) -> str | None:
    if value.said:
        return f"{value.said} →" if value.target else value.said
    if isinstance(value.value, datetime):
        return words.moment(value.value, readers.now(), readers.zone(), seconds=True)
    return reading.plain(value.value)


def _open(target: tuple[str, str, str]) -> None:
    system, object, id = target
    st.switch_page("views/record.py", query_params={"system": system, "object": object, "id": id})


def _counterparts(found: Sequence[Match]) -> None:
    if not found:
        st.markdown(
            ":gray[Nothing in the other systems holds its id, or has the same e-mail, phone or address.]"
        )
        return
    chosen = parts.table(
        {
            "system": [f"{words.system(one.system)} {one.object}" for one in found],
            "name": [one.name or one.id for one in found],
            "how": [" and ".join(one.how) for one in found],
            "sure": ["linked" if one.certain else "matches" for one in found],
        },
        {
            "system": parts.text_column("Where", 150),
            "name": parts.text_column("Record", 180),
            "how": parts.text_column("Known by", 240),
            "sure": parts.text_column("", 100),
        },
        alt=f"{len(found)} records of the other systems",
        height=parts.table_height(len(found), 8),
        key="record-matches",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        one = found[chosen.selection.cells[0][0]]
        _open((one.system, one.object, one.id))


def _facts(id: str, as_of: datetime | None) -> None:
    rows = reading.facts(id, as_of)
    if rows.is_empty():
        states.nothing("No events", "Nothing was logged, scheduled or moved here that makes an event.")
        return
    columns: dict[str, Any] = {
        "happened_at": parts.moment_column("When", 130, readers.zone()),
        "kind": parts.text_column("What", 130),
        "template_id": parts.text_column("Activity", 110),
        "result_id": parts.text_column("Result", 130),
        "from_stage_id": parts.text_column("From stage", 124),
        "to_stage_id": parts.text_column("To stage", 124),
        "user_id": parts.text_column("Counts for", 130),
        "who": parts.text_column("Because", 150),
        "verification": parts.text_column("Verified", 110),
        "origin": parts.text_column("Done by", 96),
        "stage_id": parts.text_column("Stage then", 124),
        "team_id": parts.text_column("Team then", 140),
    }
    parts.table(
        rows.select(list(columns)),
        columns,
        alt=f"{rows.height} events",
        height=parts.table_height(rows.height, 14),
    )
    st.markdown(
        f":gray[:small[{words.counted(rows.height, 'event')}, the facts that the numbers are counted from, each with the "
        "stage and team of that moment.]]"
    )


def _raw(record: Record) -> None:
    """As it is stored, column by column."""
    parts.table(
        {
            "column": [value.column for value in record.values],
            "value": [reading.plain(value.value) for value in record.values],
        },
        {"column": parts.text_column("Column", 260), "value": parts.text_column("Value", 836)},
        alt=f"{len(record.values)} columns as they are stored",
        height=parts.table_height(len(record.values), 18),
    )


show()
