"""The console's script: the list of pages, and the frame round each of them. Nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from console import charts, states

MARKS = Path(__file__).parent / "marks"

# Before the navigation, which would else fetch a page's icon from another host for the browser's tab.
st.set_page_config(page_icon=str(MARKS / "fieldline-icon.svg"), layout="wide")
page = st.navigation(
    [
        st.Page("views/overview.py", title="Overview", icon=":material/monitoring:", default=True),
        st.Page("views/log.py", title="Log", icon=":material/receipt_long:"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · Fieldline")
st.logo(str(MARKS / f"fieldline-{charts.theme_type()}.svg"), size="medium")
with states.guarded(f"the {page.title.lower()}"):
    page.run()
