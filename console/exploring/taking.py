"""The menus that make a file of rows: of a table's, or of an answer's; each file is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from console import identity, services

KINDS = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}


def buttons(title: str, rows: str, make: Callable[[str], bytes], key: str) -> None:
    """A button a kind; `rows` says how many there are, `make` makes the bytes of a kind on behalf of who asks."""
    for kind, label in KINDS.items():
        st.download_button(
            f"{label}, {rows}",
            identity.bound(lambda kind=kind: make(kind)),  # type: ignore[misc]
            services.file_name(title, kind),
            key=f"{key}-{kind}",
            icon=":material/table:",
            on_click="ignore",
            width="stretch",
        )
