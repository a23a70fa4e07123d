"""Record: one row of the mirror, its values, what happened to it, and its counterparts in the other systems.

The address names the record, the moment and the part that is shown, so that every one of them can be passed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from console import identity, parts, readers, states, words
from console.exploring import address, fields, finder, happenings, moments
from console.readers import record as reading
from console.readers import why
from console.readers.explore import QueryRefusedError
from console.readers.record import Entry, Record

NOW, TIMELINE, ACTIVITIES, EVENTS, RAW = "Now", "Timeline", "Activities", "Events", "Raw"
FILLED, ALL = "Filled", "All"
LATEST, SHOWN = 8, 40
NOTHING = "No change and no activity of it is mirrored."
# Of which objects things are done that are told by themselves.
_DONE_WITH = {"spotio": ("record",), "salesforce": ("lead", "account", "contact", "opportunity")}


def show() -> None:
    """The whole page."""
    query = st.query_params
    system, object, id = query.get("system", "spotio"), query.get("object", "record"), query.get("id", "")
    if not id:
        finder.show()
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
        happenings.show(entries, SHOWN, "timeline", NOTHING)
    elif part == ACTIVITIES:
        done = [entry for entry in entries if entry.kind in happenings.DONE]
        happenings.show(done, SHOWN, "activities", "No activity was logged at this record.")
    elif part == EVENTS:
        fields.facts(record.id, as_of)
    elif part == RAW:
        fields.raw(record)
    else:
        _now(record, entries, as_of)


def _absent(system: str, object: str, id: str, as_of: datetime | None) -> None:
    """The same words whether it is not there or not the reader's to see."""
    st.title("Record", anchor=False)
    moment = f" on {words.moment(as_of, readers.now(), readers.zone())}" if as_of else ""
    states.nothing(
        f"No {words.plain(fields.object_word(object))} {words.plain(words.quoted(id))} in {words.plain(words.system(system))}{moment}",
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
        f"{words.system(record.system)} {fields.object_word(record.object)}",
        f"read {words.age(record.pulled_at, now, zone)}",
        f"times in {words.place(zone)}",
    ]
    told = _address(record)
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left.container(gap=None):
        st.title(words.plain(record.name or record.id), anchor=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if told and told != record.name:
                st.markdown(words.plain(told), width="content")
            for badge, icon, color in _badges(record):
                st.badge(badge, icon=icon, color=color)  # type: ignore[arg-type]
            st.markdown(f"`{record.id.replace('`', '')}`", width="content")  # to be copied
        st.caption(" · ".join(facts))
    with right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        moments.control(as_of, "The record as the mirror held it")
        _why(record)
        st.page_link(
            "views/explore.py",
            label="Its table",
            icon=":material/table_view:",
            query_params={"table": f"{record.system}.{record.object}"},
        )


def _why(record: Record) -> None:
    """The way to how it stands in the sync, for whom that page is."""
    if identity.current().role == "admin" and (record.system, record.object) in why.RECORDS:
        st.page_link(
            "views/why.py",
            label="Why?",
            icon=":material/help_center:",
            query_params={"record": f"{record.system}:{record.id}"},
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
        # Words between the choice and the table, whose own small toolbar would cover a button.
        st.markdown(
            f":gray[:small[{len(filled)} of {words.counted(len(record.values), 'field')} have a value.]]"
        )
        fields.show(record, filled if which == FILLED else list(record.values))
        if as_of is None:
            st.header("In the other systems", anchor=False)
            fields.counterparts(record, reading.counterparts(record.system, record.object, record.id))
    with right:
        st.header("Latest", anchor=False)
        with st.container(border=True, gap="xsmall"):
            happenings.show(entries, LATEST, "latest", NOTHING)


show()
