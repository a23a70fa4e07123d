"""Record: one row of the mirror, its values, what happened to it, and its counterparts in the other systems.

The address names the record, the moment and the part that is shown, so that every one of them can be passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from console import parts, readers, states, words
from console.exploring import address
from console.readers import explore
from console.readers import record as reading
from console.readers.explore import QueryRefusedError
from console.readers.record import Entry, Match, Record, Value

NOW, TIMELINE, ACTIVITIES, EVENTS, RAW = "Now", "Timeline", "Activities", "Events", "Raw"
FILLED, ALL = "Filled", "All"
LATEST, SHOWN = 8, 40
_ICONS = {
    "change": ":material/edit:",
    "field_history": ":material/edit_note:",
    "activity": ":material/pin_drop:",
    "appointment": ":material/event:",
    "task": ":material/task_alt:",
    "event": ":material/event:",
    "fact": ":material/functions:",
}
_DONE = ("activity", "appointment", "task", "event")


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
        _then(as_of)
    offered = [
        NOW,
        TIMELINE,
        ACTIVITIES,
        *([EVENTS] if (system, object) == ("spotio", "record") else []),
        RAW,
    ]
    tab = st.segmented_control(
        "Part",
        offered,
        default=NOW,
        required=True,
        key="tab",
        label_visibility="collapsed",
        bind="query-params",
    )
    if tab == TIMELINE:
        _timeline(entries, SHOWN)
    elif tab == ACTIVITIES:
        _timeline([entry for entry in entries if entry.kind in _DONE], SHOWN)
    elif tab == EVENTS:
        _facts(id, as_of)
    elif tab == RAW:
        _raw(record)
    else:
        _now(record, entries)


def _find() -> None:
    parts.header("Record", "Find a record of any of the three systems")
    text = st.text_input("Find by id, name or e-mail", key="find", bind="query-params")
    if not text:
        return
    found = reading.find(text)
    if not found:
        states.nothing(
            "Nothing found",
            f"No id, name or e-mail that you can see matches {words.plain(words.quoted(text))}.",
        )
    for one in found:
        parts.door(
            "views/record.py",
            f"{words.plain(one.name or one.id)} · {words.system(one.system)} {one.object}",
            {"system": one.system, "object": one.object, "id": one.id},
        )


def _absent(system: str, object: str, id: str, as_of: datetime | None) -> None:
    st.title("Record", anchor=False)
    moment = f" on {words.moment(as_of, readers.now(), readers.zone())}" if as_of else ""
    states.nothing(
        f"No {object} {words.plain(words.quoted(id))} in {words.system(system)}{moment}",
        "It is not mirrored, or it is not among what you can see.",
    )
    if as_of:
        st.button("Back to now", key="back-to-now", on_click=_back_to_now)


def _head(record: Record, as_of: datetime | None) -> None:
    zone, now = readers.zone(), readers.now()
    facts = [
        f"{words.system(record.system)} {record.object}",
        f"read {words.age(record.pulled_at, now, zone)}",
    ]
    told = _address(record)
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left.container(gap=None):
        st.title(words.plain(record.name or record.id), anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f":gray[{words.plain(told)}]" if told else f":gray[{' · '.join(facts)}]", width="content"
            )
            for badge, icon, color in _badges(record):
                st.badge(badge, icon=icon, color=color)  # type: ignore[arg-type]
        if told:
            st.caption(f"{' · '.join(facts)} · times in {words.place(zone)}")
    with right.container(horizontal=True, horizontal_alignment="right"):
        with st.popover("As of", icon=":material/history:", key="as-of"):
            st.markdown("The record as the mirror held it at a moment.")
            day = st.date_input("Day", as_of, key="as-of-day", max_value="today")
            clock = st.time_input("Time", as_of.time() if as_of else "now", key="as-of-time")
            if st.button("Show", icon=":material/history:", key="as-of-show", disabled=day is None) and day:
                address.say(as_of=f"{day.isoformat()}T{clock:%H:%M}")
                st.rerun()
        st.page_link(
            "views/explore.py",
            label="Explore",
            icon=":material/table_view:",
            query_params={"table": f"{record.system}.{record.object}"},
        )


def _badges(record: Record) -> list[tuple[str, str, str]]:
    named = {value.column: value.said for value in record.values}
    found = []
    for column, icon in (("typeId", ":material/category:"), ("stageId", ":material/flag:")):
        if said := named.get(column):
            found.append((words.plain(said), icon, "gray"))
    if record.deleted_at:
        when = words.moment(record.deleted_at, readers.now(), readers.zone())
        found.append((f"Deleted {when}", ":material/delete:", "red"))
    if record.not_visible_at:
        found.append(("No longer shown by the source", ":material/visibility_off:", "orange"))
    return found


def _address(record: Record) -> str:
    values = {value.column.lower(): value.value for value in record.values}
    whole = values.get("address")
    if isinstance(whole, str) and whole:
        return whole
    return ", ".join(str(values[name]) for name in ("street", "city") if values.get(name))


def _then(as_of: datetime) -> None:
    said, back = st.columns([5, 1], vertical_alignment="center")
    local = as_of.astimezone(ZoneInfo(readers.zone()))
    said.info(f"This is how it was on {local:%-d %b %Y, %H:%M}.", icon=":material/history:")
    back.button("Back to now", key="back-to-now", on_click=_back_to_now)


def _back_to_now() -> None:
    address.say(as_of=None)


def _now(record: Record, entries: Sequence[Entry]) -> None:
    left, right = st.columns([15, 9], gap="medium")
    with left:
        title, choice = st.columns([2, 3], vertical_alignment="center")
        title.header("Fields", anchor=False)
        filled = [value for value in record.values if reading.plain(value.value) is not None]
        with choice.container(horizontal=True, horizontal_alignment="right"):
            which = st.segmented_control(
                "Fields shown",
                [FILLED, ALL],
                default=FILLED,
                required=True,
                key="fields",
                label_visibility="collapsed",
            )
        _fields(filled if which == FILLED else list(record.values))
        st.header("In the other systems", anchor=False)
        _counterparts(reading.counterparts(record.system, record.object, record.id))
    with right:
        st.header("Latest", anchor=False)
        with st.container(border=True, gap="xsmall"):
            _timeline([entry for entry in entries if entry.kind != "fact"], LATEST, key="latest")


def _fields(values: Sequence[Value]) -> None:
    rows = {
        "field": [value.label for value in values],
        "value": [_told(value) for value in values],
        "column": [value.column for value in values],
    }
    chosen = parts.table(
        rows,
        {
            "field": parts.text_column("Field", 180),
            "value": parts.text_column("Value", 350),
            "column": parts.text_column("Column", 150),
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
        return f"{value.said} ({value.value})"
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


def _timeline(entries: Sequence[Entry], first: int, key: str = "timeline") -> None:
    """What happened by day, newest first; older ones when asked for."""
    if not entries:
        st.markdown(":gray[Nothing is known.]")
        return
    zone, now = readers.zone(), readers.now()
    whole = st.session_state.get(f"{key}-all") == st.query_params.get("id")
    day = None
    for entry in entries if whole else entries[:first]:
        local = entry.happened_at.astimezone(ZoneInfo(zone))
        if local.date() != day:
            day = local.date()
            today = day == now.astimezone(ZoneInfo(zone)).date()
            year = "" if day.year == now.year else f" {day.year}"
            st.markdown(f"**{'Today' if today else f'{day:%a} {day.day} {day:%b}{year}'}**")
        _entry(entry, f"{local:%H:%M:%S}")
    older = len(entries) - first
    if older > 0 and not whole:
        st.button(
            f"Show {words.counted(older, 'older one')}",
            icon=":material/expand_more:",
            key=f"{key}-more",
            type="tertiary",
            on_click=_show_all,
            args=(key,),
        )


def _show_all(key: str) -> None:
    st.session_state[f"{key}-all"] = st.query_params.get("id")


def _entry(entry: Entry, clock: str) -> None:
    icon = (
        f":blue[{_ICONS[entry.kind]}]" if entry.kind in _DONE else _ICONS.get(entry.kind, ":material/circle:")
    )
    st.markdown(f"{icon} {words.plain(entry.title)}")
    told = [clock]
    if entry.who:
        told.append(words.plain(entry.who))
    for field in entry.fields:
        before, after = (reading.plain(side) or words.EMPTY for side in (field.before, field.after))
        told.append(f"{words.plain(field.label)} {words.plain(before)} → {words.plain(after)}")
    st.markdown(f":gray[:small[{' · '.join(told)}]]")


def _facts(id: str, as_of: datetime | None) -> None:
    rows = explore.named(reading.facts(id, as_of))
    if rows.is_empty():
        states.nothing("No events", "Nothing was logged, scheduled or moved here that makes an event.")
        return
    columns: dict[str, Any] = {
        "happened_at": parts.moment_column("When", 140, readers.zone()),
        "kind": parts.text_column("What", 110),
        "user_id": parts.text_column("Counts for", 140),
        "who": parts.text_column("Because", 140),
        "template_id": parts.text_column("Activity", 110),
        "result_id": parts.text_column("Result", 120),
        "verification": parts.text_column("Verified", 110),
        "stage_id": parts.text_column("Stage", 120),
        "team_id": parts.text_column("Team", 130),
    }
    parts.table(
        rows.select(list(columns)),
        columns,
        alt=f"{rows.height} events",
        height=parts.table_height(rows.height, 14),
    )


def _raw(record: Record) -> None:
    """As it is stored, column by column."""
    st.json({value.column: reading.plain(value.value) for value in record.values})


show()
