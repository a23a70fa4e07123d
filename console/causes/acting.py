"""Act on a press, and say what came of it in a line above the list, with its undo."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from console import words
from console.identity import NobodyError, NotYoursError
from console.services import errors as acts
from console.services.errors import Answer

_ANSWER = "errors-answer"


def act(do: Callable[[], Answer]) -> None:
    """Carry it out and keep its answer for the page."""
    try:
        answer = do()
    except (NotYoursError, NobodyError):
        return  # nothing was done; the page that is drawn next says whose it is
    st.session_state[_ANSWER] = answer


def tell() -> None:
    """What came of the last press; it stays until the next one."""
    answer: Answer | None = st.session_state.get(_ANSWER)
    if answer is None:
        return
    text = words.plain(answer.text)
    if answer.refused:
        st.warning(text, title="Nothing was done", icon=":material/front_hand:")
        return
    if not answer.undo:
        st.markdown(f":green[:material/check_circle:] {text}")
        return
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.markdown(f":green[:material/check_circle:] {text}")
    undone = answer

    def undo() -> None:
        act(lambda: acts.restore(undone.cause, undone.undo))

    right.button("Undo", icon=":material/undo:", key="undo", on_click=undo, width="stretch")


def refused() -> bool:
    """Whether the last press did nothing."""
    answer: Answer | None = st.session_state.get(_ANSWER)
    return answer is None or answer.refused


def quiet() -> None:
    """What was said of the last press is of no interest any more."""
    st.session_state.pop(_ANSWER, None)
