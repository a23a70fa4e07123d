"""Act on a press, and keep what came of it for the page until the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import streamlit as st

from console import words
from console.identity import NobodyError, NotYoursError


class Answer(Protocol):
    """What came of a press, in a sentence; `refused`: nothing was done, and this is why."""

    @property
    def text(self) -> str: ...

    @property
    def refused(self) -> bool: ...


_A = TypeVar("_A", bound=Answer)


def press(page: str, do: Callable[[], _A]) -> _A | None:
    """Carry it out and keep its answer; None when whoever pressed may not, which the page that is drawn next says."""
    try:
        answer = do()
    except (NotYoursError, NobodyError):
        return None
    st.session_state[f"{page}-answer"] = answer
    return answer


def last(page: str) -> Any:
    """What came of the last press; None when there was none, or nobody wants to know any more."""
    return st.session_state.get(f"{page}-answer")


def quiet(page: str) -> None:
    """What was said of the last press is of no interest any more."""
    st.session_state.pop(f"{page}-answer", None)


def tell(answer: Answer, refusal: str, after: str = "") -> None:
    """The answer in a line, or as a warning under the title `refusal`."""
    text = words.plain(answer.text)
    if answer.refused:
        st.warning(text, title=refusal, icon=":material/front_hand:")
    else:
        st.markdown(f":green[:material/check_circle:] {text}{after}")
