"""What happened to a record, by day, newest first: what people did in blue, what was read or changed in ink."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers, words
from console.readers import record as reading
from console.readers.record import Entry

DONE = ("activity", "appointment", "task", "event", "note")
_ICONS = {
    "activity": ":material/pin_drop:",
    "appointment": ":material/event:",
    "task": ":material/task_alt:",
    "event": ":material/event:",
    "note": ":material/sticky_note_2:",
    "moved": ":material/person:",
    "field_history": ":material/person:",
    "change": ":material/sync:",
}


def show(entries: Sequence[Entry], first: int, key: str, none: str) -> None:
    """The newest `first`; older ones when asked for. `none` is said when there are no entries."""
    if not entries:
        st.markdown(f":gray[{none}]")
        return
    zone, now = readers.zone(), readers.now()
    whole = st.session_state.get(f"{key}-all") == st.query_params.get("id")
    today, day = now.astimezone(ZoneInfo(zone)).date(), None
    for entry in entries if whole else entries[:first]:
        local = entry.happened_at.astimezone(ZoneInfo(zone))
        if local.date() != day:
            day = local.date()
            year = "" if day.year == today.year else f" {day.year}"
            st.markdown(f"**{'Today' if day == today else f'{day:%a} {day.day} {day:%b}{year}'}**")
        _entry(entry, f"{local:%H:%M}")
    older = len(entries) - first
    if older > 0 and not whole:
        st.button(
            f"Show {older:,} older",
            icon=":material/expand_more:",
            key=f"{key}-more",
            type="tertiary",
            on_click=_show_all,
            args=(key,),
        )


def _show_all(key: str) -> None:
    st.session_state[f"{key}-all"] = st.query_params.get("id")


def _entry(entry: Entry, clock: str) -> None:
    icon = _ICONS.get(entry.kind, ":material/circle:")
    changes = [_change(entry, nth) for nth in range(len(entry.fields))]
    # One change is told in the line itself, several below it.
    title = changes[0] if len(changes) == 1 else words.plain(entry.title)
    told = [clock, *([words.plain(entry.who)] if entry.who else [])]
    if len(changes) == 1 and entry.kind in ("change", "field_history"):
        told.append(words.plain(entry.title))
    with st.container(gap=None):
        st.markdown(f"{icon if entry.kind == 'change' else f':blue[{icon}]'} {title}")
        st.markdown(f":gray[:small[{' · '.join(told)}]]")
        for change in changes if len(changes) > 1 else ():
            st.markdown(f":gray[:small[{change}]]")
        if entry.text:
            st.markdown(f":small[{words.plain(words.quoted(entry.text))}]")


def _change(entry: Entry, nth: int) -> str:
    field = entry.fields[nth]
    before, after = (_told(side) for side in (field.before, field.after))
    label = words.plain(field.label)
    if before is None:
        return f"{label} set to {words.plain(after or words.EMPTY)}"
    if after is not None and before != after and before.split() == after.split():
        return f"{label} {words.plain(after)}, with other spaces"
    return f"{label} {words.plain(before)} → {words.plain(after or words.EMPTY)}"


def _told(side: Any) -> str | None:
    if isinstance(side, datetime):
        return words.moment(side, readers.now(), readers.zone(), seconds=True)
    return reading.plain(side)
