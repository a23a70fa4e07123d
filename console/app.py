"""The console's script: who is asking, the list of their pages, and the frame round each of them. Nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from console import charts, entry, identity, states, ways
from console.context import NotServedError
from console.identity import NobodyError, Person
from console.navigation import PAGES, View, landing

MARKS = Path(__file__).parent / "marks"


def who() -> Person | Exception:
    """The person behind this run, or why there is none."""
    try:
        return identity.current()
    except (NobodyError, NotServedError) as reason:
        return reason


def page_of(view: View, person: Person | None) -> st.Page:
    """A page as Streamlit lists it; the own page bears the person's name."""
    own = view.name == "me" and person is not None
    return st.Page(
        view.file,
        title=person.name if own and person else view.title,
        icon=view.icon,
        visibility="visible" if person and person.role in view.menu else "hidden",
    )


# Before the navigation, which would else fetch a page's icon from another host for the browser's tab.
st.set_page_config(page_icon=str(MARKS / "fieldline-icon.svg"), layout="wide")
found = who()
person = found if isinstance(found, Person) else None
views = {page_of(view, person): view for view in PAGES}
root = st.Page(lambda: None, title="Fieldline", url_path="start", default=True, visibility="hidden")
page = st.navigation([root, *views], position="top" if person else "hidden")
view = views.get(page)
st.set_page_config(page_title=f"{page.title} · Fieldline" if view else "Fieldline")
st.logo(str(MARKS / f"fieldline-{charts.theme_type()}.svg"), size="medium")
with states.guarded(f"the {page.title.lower()}"):
    if isinstance(found, Exception):
        entry.show(found)
    elif view is None:
        st.switch_page(landing(found.role).file)
    elif found.role not in view.roles:
        raise identity.NotYoursError(found, view.roles)
    elif found.blind and view.name != "me":
        st.title(view.title, anchor=False)
        states.blind(found)
    else:
        ways.arrived(view.file)
        page.run()
