"""What mends a cause: made on the spot where the configuration can say it, else where it is made."""

from __future__ import annotations

import streamlit as st

from console import words
from console.causes import wording
from console.readers.errors import Cause


def show(cause: Cause) -> None:
    """The fix."""
    st.markdown(
        f"{words.plain(wording.advice(cause))} That would release up to {words.counted(cause.open, 'record')}."
    )
    if cause.refused and cause.set_up:
        label, url = cause.set_up
        st.link_button(f"Salesforce: {label}", url, icon=":material/open_in_new:")
