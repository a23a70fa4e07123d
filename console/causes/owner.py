"""Who sees to a cause, and until when."""

from __future__ import annotations

from typing import Any

import streamlit as st

from console.causes import acting
from console.readers import errors as reading
from console.readers.errors import Cause
from console.services import errors as acts

NOBODY = "Nobody"


def show(cause: Cause) -> None:
    """The choice."""
    label = "Give to somebody else" if cause.assigned else "Give to somebody"
    with st.popover(label, icon=":material/person_add:", key=f"owner-{cause.id}"):
        who = [NOBODY, *dict.fromkeys([*([cause.assigned] if cause.assigned else []), *reading.helpers()])]
        st.selectbox(
            "Who sees to it", who, index=who.index(cause.assigned or NOBODY), key=f"owner-of-{cause.id}",
            accept_new_options=True,
        )  # fmt: skip
        st.date_input("Until when", value=cause.due, key=f"due-of-{cause.id}", format="YYYY-MM-DD")

        def give() -> None:
            chosen = st.session_state.get(f"owner-of-{cause.id}")
            due: Any = st.session_state.get(f"due-of-{cause.id}")
            acting.act(lambda: acts.assign(cause, None if chosen == NOBODY else chosen, due))

        st.button("Give", icon=":material/check:", key=f"give-{cause.id}", on_click=give)
