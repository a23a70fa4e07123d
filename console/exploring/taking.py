"""The menus that make a file of rows: of a table's, or of an answer's; each file is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from console import identity, services, words

KINDS = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}


def buttons(
    title: str,
    rows: str,
    make: Callable[[str], bytes],
    key: str,
    refusal: Callable[[str], str | None] = lambda kind: None,
) -> None:
    """A button a kind; `rows` says how many there are, `make` makes the bytes of a kind on behalf of who asks.

    `refusal` says why there can be none of a kind: once it was pressed, Streamlit would only say that it failed.
    """
    for kind, label in KINDS.items():
        if reason := refusal(kind):
            st.markdown(f":gray[:small[No {label}: {words.plain(reason)}]]")
            continue
        st.download_button(
            f"{label}, {rows}",
            identity.bound(lambda kind=kind: make(kind)),  # type: ignore[misc]
            services.file_name(title, kind),
            key=f"{key}-{kind}",
            icon=":material/table:",
            on_click="ignore",
            width="stretch",
        )
