"""The control that takes a page to a moment in the past, and the banner that says so and leads back."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers
from console.exploring import address


def control(as_of: datetime | None, subject: str) -> None:
    """Choose a day and a time; the address holds them. `subject` is what is read as of then."""
    with st.popover("As of", icon=":material/history:", key="as-of"):
        st.markdown(f"{subject} as the mirror held it at a moment.")
        st.date_input("Day", as_of or "today", key="as-of-day", max_value="today", format="YYYY-MM-DD")
        local = as_of.astimezone(ZoneInfo(readers.zone())).time() if as_of else time(18)
        st.time_input("Time", local, key="as-of-time", step=300)
        st.button("Show", icon=":material/history:", key="as-of-show", on_click=_go_there)


def _go_there() -> None:
    """Reads the fields at the press: what was typed just before it counts."""
    day, clock = st.session_state["as-of-day"], st.session_state["as-of-time"]
    if day is not None and clock is not None:
        _go(f"{day}T{clock:%H:%M}")


def banner(as_of: datetime, told: str = "This is how it was on {}.") -> None:
    """Stays on top while the page shows the past."""
    local = as_of.astimezone(ZoneInfo(readers.zone()))
    said, back = st.columns([5, 1], vertical_alignment="center")
    said.info(told.format(f"{local:%-d %b %Y, %H:%M}"), icon=":material/history:")
    back.button("Back to now", key="back-to-now", on_click=_go, args=(None,), width="stretch")


def _go(moment: str | None) -> None:
    address.say_anew(as_of=moment)
