"""Act on a press, and say what came of it in a line above the list, with its undo."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from console import pressing
from console.services import errors as acts
from console.services.errors import Answer

_PAGE = "errors"


def act(do: Callable[[], Answer]) -> None:
    """Carry it out and keep its answer for the page."""
    pressing.press(_PAGE, do)


def tell() -> None:
    """What came of the last press; it stays until the next one."""
    answer: Answer | None = pressing.last(_PAGE)
    if answer is None:
        return
    if answer.refused or not answer.undo:
        pressing.tell(answer, "Nothing was done")
        return
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        pressing.tell(answer, "Nothing was done")
    undone = answer

    def undo() -> None:
        act(lambda: acts.restore(undone.cause, undone.undo))

    right.button("Undo", icon=":material/undo:", key="undo", on_click=undo, width="stretch")


def refused() -> bool:
    """Whether the last press did nothing."""
    answer: Answer | None = pressing.last(_PAGE)
    return answer is None or answer.refused


def quiet() -> None:
    """What was said of the last press is of no interest any more."""
    pressing.quiet(_PAGE)
