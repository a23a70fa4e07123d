"""The control that takes a page to a moment in the past, and the banner that says so and leads back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers, words
from console.exploring import address

_CLOSE_OF_BUSINESS = time(18)


def control(as_of: datetime | None, subject: str) -> None:
    """Choose a day and a time; the address holds them. `subject` says what is read as of then."""
    today = readers.now().astimezone(ZoneInfo(readers.zone())).date()
    day, clock = today - timedelta(days=1), _CLOSE_OF_BUSINESS
    if as_of is not None:
        local = as_of.astimezone(ZoneInfo(readers.zone()))
        day, clock = local.date(), local.time().replace(second=0, microsecond=0)
    # A key a moment: the fields begin with the one that is shown, not with what was typed for another.
    key = f"as-of-{address.told(as_of) if as_of else 'now'}"
    with st.popover("As of", icon=":material/history:", key="as-of"):
        st.markdown(f"{subject} at a moment.")
        st.date_input("Day", day, key=f"{key}-day", max_value=today, format="YYYY-MM-DD")
        st.time_input("Time", clock, key=f"{key}-time", step=300)
        st.button("Show", icon=":material/history:", key="as-of-show", on_click=_go_there, args=(key,))


def _go_there(key: str) -> None:
    """Reads the fields at the press: what was typed just before it counts."""
    day, clock = st.session_state[f"{key}-day"], st.session_state[f"{key}-time"]
    if day is None or clock is None:
        return
    wanted = f"{day}T{clock:%H:%M}"
    if address.moment(wanted) is None:
        st.toast("That moment is still to come", icon=":material/info:")
    else:
        _go(wanted)


def banner(as_of: datetime | None, told: str = "This is how it was on {}.") -> None:
    """Stays on top while the page shows the past, and when the address asks for a moment that cannot be shown."""
    asked = st.query_params.get("as_of")
    if as_of is not None:
        local = as_of.astimezone(ZoneInfo(readers.zone()))
        said, back = st.columns([5, 1], vertical_alignment="center")
        said.info(told.format(f"{local:%-d %b %Y, %H:%M}"), icon=":material/history:")
        back.button("Back to now", key="back-to-now", on_click=_go, args=(None,), width="stretch")
    elif asked:
        st.warning(
            f"The link asks for {words.plain(words.quoted(asked))}, which is no moment of the past. This is how it is now.",
            icon=":material/history:",
        )


def _go(moment: str | None) -> None:
    address.say_anew(as_of=moment)
