"""Connections: how the three systems are reached, who connected them, and whether they may do what is asked of them."""

from __future__ import annotations

import streamlit as st

from console import parts, readers, words
from console.connecting import card, doing


def show() -> None:
    """The whole page."""
    connections = readers.connections()
    systems = {system.name: system for system in readers.systems()}
    there = [each for each in connections if each.by]
    counted = f"{len(there)} of {words.counted(len(connections), 'system')} connected"
    parts.header("Connections", f"{counted} · times in {words.place(readers.zone())}")
    doing.tell()
    if not readers.may_store():
        st.warning(
            "What is connected here is stored encrypted, and FIELDLINE\\_SECRET\\_KEY is not set. Set it to 32 or more "
            "characters of chance, keep a copy elsewhere, and start Fieldline again; or set the systems' own settings.",
            title="Nothing can be connected here yet",
            icon=":material/key_off:",
        )
    first = next((each.system for each in connections if not each.by), None)
    for each in connections:
        card.show(each, systems[each.system], recommended=each.system == first and not doing.any_open())


show()
