"""Conflicts: what the two-way sync asks people, what they decide, and what was decided before.

The kind, the filters, the place in the list and the case stand in the address. A decision is made in the press, with the
case as it was drawn, and only while it is still so: what somebody else settled meanwhile is said and not overwritten.
"""

from __future__ import annotations

import streamlit as st

from console import parts, readers, states, words
from console.deciding import clashes, doing, history, narrowing, pairs


@st.fragment
def show() -> None:
    """The whole page; a choice runs it again by itself."""
    with states.guarded("the conflicts"):
        _show()


def _show() -> None:
    head = st.container()  # tells the counts, which come with what is listed below
    narrowed = narrowing.chosen()
    counts = narrowed.everything.counts
    with head:
        parts.header("Conflicts", _facts(counts["open"], counts["standing"], counts["matches"]))
    doing.tell()
    if narrowed.of == "matches":
        pairs.show(narrowed)
    elif narrowed.of == "decided":
        history.show(narrowed)
    else:
        clashes.show(narrowed)


def _facts(open_ones: int, standing: int, matches: int) -> str:
    waiting = [
        words.counted(open_ones, "conflict"),
        words.counted(standing, "standing difference"),
        words.counted(matches, "undecided match", "undecided matches"),
    ]
    return f"{' · '.join(waiting)} · times in {words.place(readers.zone())}"


show()
