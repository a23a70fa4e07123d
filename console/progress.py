"""The runs under way, drawn from the run log: a bar with numbers for what is read, lines for what is through or to come."""

from __future__ import annotations

import streamlit as st

from console import signs, words
from console.readers import Progress, Reading


def show(under_way: Progress) -> None:
    """One bordered block; the caller runs again while it shows."""
    with st.container(border=True, gap="xsmall"):
        for reading in under_way.reading:
            _reading(reading)
        if not under_way.reading:
            st.markdown(f"{signs.RUNNING.mark} {words.counted(len(under_way.runs), 'run')} under way")
        for through in under_way.through:
            counts = f"{words.counted(through.read, 'record')}, {words.counted(through.changes, 'change')}"
            st.markdown(f"{signs.DONE.mark} {words.system(through.system)} read: {counts}")
        for name in under_way.to_come:
            st.markdown(f":gray[{signs.TO_COME.icon} {words.system(name)}]")


def _reading(reading: Reading) -> None:
    what = f"Reading {words.system(reading.system)}, {words.plain(reading.table)}"
    if not reading.expected:
        st.markdown(f"{signs.RUNNING.mark} {what}: {words.counted(reading.rows, 'record')} so far")
        return
    text = f"{what}: {reading.rows:,} of about {words.counted(reading.expected, 'record')}"
    if reading.seconds_left is not None:
        text += f", {words.remaining(reading.seconds_left)}"
    st.progress(min(reading.rows / reading.expected, 1.0), text=text)
