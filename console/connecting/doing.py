"""What the reader opened, did and was told on the page, as their session keeps it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from console import readers, services, words
from console.services import Begun, Done, Looked

_OPEN, _SAID, _BEGUN, _TESTS = (
    "connections-open",
    "connections-said",
    "connections-begun",
    "connections-tests",
)


def is_open(system: str) -> bool:
    """Whether the form of a system is open."""
    return bool(st.session_state.get(_OPEN) == system)


def any_open() -> bool:
    """Whether some form is open, whose button is the page's primary one then."""
    return st.session_state.get(_OPEN) is not None


def open_form(system: str) -> None:
    """Open a system's form; the one that was open is closed."""
    st.session_state[_OPEN] = system
    st.session_state.pop(_SAID, None)
    st.session_state.pop(_BEGUN, None)


def close_form() -> None:
    """Close the form; what was typed is gone with it, a key included."""
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_BEGUN, None)


def begin(begun: Begun) -> None:
    """A sign-in waits for the browser's other tab."""
    st.session_state[_BEGUN] = begun


def begun() -> Begun | None:
    """The sign-in that waits."""
    found: Begun | None = st.session_state.get(_BEGUN)
    return found


def say(system: str, done: Done) -> None:
    """What came of the last press; the form is closed when it did what it was for, and a test of before is of no interest."""
    st.session_state[_SAID] = (system, done)
    st.session_state.pop(_BEGUN, None)
    if not done.refused:
        close_form()
        st.session_state.get(_TESTS, {}).pop(system, None)


def tell() -> None:
    """The line above the systems, until the next press."""
    said: tuple[str, Done] | None = st.session_state.get(_SAID)
    if said is None:
        return
    system, done = said
    if done.refused:
        title = f"{words.system(system)} was not changed"
        st.error(words.plain(done.text), title=title, icon=":material/error:")
    else:
        st.markdown(f":green[:material/check_circle:] {words.plain(done.text)}")


def test(system: str) -> None:
    """Look at a system, and keep what was seen."""
    looks = services.test(system)
    st.session_state.pop(_SAID, None)
    st.session_state[_TESTS] = {**st.session_state.get(_TESTS, {}), system: (readers.now(), looks)}


def tested(system: str) -> tuple[datetime, list[Looked]] | None:
    """When a system was looked at, and what was seen."""
    found: tuple[datetime, list[Looked]] | None = st.session_state.get(_TESTS, {}).get(system)
    return found
