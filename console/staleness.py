"""The banner over numbers that are not up to date: as of when they are, why, and when that is tried again."""

from __future__ import annotations

import streamlit as st

from console import readers, words
from console.readers.freshness import Freshness


def banner(*known: Freshness | None) -> None:
    """A warning above the numbers for each that is not up to date; the numbers stay."""
    for fresh in known:
        if fresh is None or not fresh.stale:
            continue
        title, text = told(fresh)
        st.warning(text, title=title, icon=":material/schedule:")


def told(fresh: Freshness) -> tuple[str, str]:
    """Title and text of the banner."""
    now, zone = readers.now(), readers.zone()
    title = f"The {fresh.what} are not complete yet"
    if fresh.read_at is not None:
        title = f"The {fresh.what} are as of {words.moment(fresh.read_at, now, zone)}"
    tries = []
    if fresh.tried_at and (fresh.read_at is None or fresh.tried_at > fresh.read_at):
        tries.append(f"last tried {words.moment(fresh.tried_at, now, zone)}")
    if fresh.next_at:
        tries.append(f"next try about {words.moment(fresh.next_at, now, zone)}")
    said = "; ".join(tries)
    return title, f"{fresh.why} {said[:1].upper()}{said[1:]}{'.' if said else ''}".strip()
