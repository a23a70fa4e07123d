"""Act on a press, say what came of it, and keep what was typed.

A decision is made in the press itself, with the case as it was drawn: the page that is drawn next may show another one
under the same button. What was typed is kept by its case until that is decided, for a field that is not drawn in one run
is forgotten by Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from console import pressing
from console.services.conflicts import Answer

_PAGE, _TYPED = "conflicts", "conflicts-typed"


def act(decide: Callable[[], Answer], *ids: str) -> None:
    """Carry a decision out and keep its answer for the page.

    Once decided, the cases (`ids`) leave the address, and the next one opens; one that was refused stays where it is.
    """
    answer = pressing.press(_PAGE, decide)
    if answer is None:
        return
    if not answer.refused:
        for id in ids:
            forget(id)
        st.query_params.pop("id", None)
    elif len(ids) == 1:
        st.query_params["id"] = ids[0]


def tell() -> None:
    """What came of the last press; it stays until the next one."""
    answer: Answer | None = pressing.last(_PAGE)
    if answer is not None:
        pressing.tell(answer, "Nothing was decided")


def quiet() -> None:
    """What was said of the last press is of no interest any more."""
    pressing.quiet(_PAGE)


def open_chosen(key: str, ids: Sequence[str]) -> None:
    """Open the case whose row was clicked in the list of that key."""
    cells = st.session_state[key].selection.cells
    if cells:
        st.query_params["id"] = ids[cells[0][0]]
        quiet()


def typed(id: str) -> str | None:
    """What was typed or chosen for a case and not decided yet."""
    kept: dict[str, str | None] = st.session_state.get(_TYPED, {})
    return kept.get(id)


def keep(id: str, key: str) -> None:
    """Keep what stands in a field; its case stays open from then on, whatever becomes of those before it."""
    st.session_state[_TYPED] = {**st.session_state.get(_TYPED, {}), id: st.session_state.get(key)}
    st.query_params["id"] = id


def forget(id: str) -> None:
    """What was typed for a case is done with."""
    st.session_state.get(_TYPED, {}).pop(id, None)
