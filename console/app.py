"""The console's script: the list of pages, and the frame round each of them. Nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from console import charts, states

MARKS = Path(__file__).parent / "marks"

st.set_page_config(page_title="Fieldline", page_icon=str(MARKS / "fieldline-icon.svg"), layout="wide")
st.logo(str(MARKS / f"fieldline-{charts.theme_type()}.svg"), size="medium")

page = st.navigation(
    [
        st.Page("views/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("views/log.py", title="Log", icon=":material/receipt_long:"),
    ],
    position="top",
)
with states.guarded(f"the {page.title.lower()}"):
    page.run()
