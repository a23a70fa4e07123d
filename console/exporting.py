"""Take away what a page shows: its numbers as CSV or XLSX, its figures as one picture.

A page notes what it shows while it shows it, and a file is made of the notes when somebody asks for it. So a file
has what was on the page at that moment, figures that were changed by themselves included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from console import figures, identity, services
from console.charts import Palette
from console.figures import Figure, Shown

_KEY = "shown"
_KINDS = {"csv": "CSV, all numbers", "xlsx": "XLSX, all numbers"}
_TOLD = ("Period", "Of", "Counted")


@dataclass
class Notes:
    """What a page of this session shows, and the words of the line under its title."""

    tiles: Sequence[Shown] = ()
    figures: dict[str, Figure] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)


def shown() -> Notes:
    """The notes of this session."""
    notes: Notes = st.session_state.setdefault(_KEY, Notes())
    return notes


def menu(page: str, colors: Palette) -> None:
    """The menu of the kinds of files; each is made when it is asked for, on behalf of who asks."""
    notes = shown()
    notes.figures.clear()
    with st.popover("Export", icon=":material/download:", key="export"):
        for kind, label in _KINDS.items():
            st.download_button(
                label,
                identity.bound(partial(_rows, page, kind, notes)),
                services.file_name(page, kind),
                key=f"export-{kind}",
                icon=":material/table:",
                on_click="ignore",
                width="stretch",
            )
        st.download_button(
            "PNG, the figures",
            identity.bound(partial(_picture, page, notes, colors)),
            services.file_name(page, "png"),
            "image/png",
            key="export-png",
            icon=":material/image:",
            on_click="ignore",
            width="stretch",
        )


def rows_menu(title: str, told: str, read: Callable[[], pl.DataFrame]) -> None:
    """The menu for a list of rows, all of them and not the page that is shown; `read` is called when one is asked for."""
    with st.popover("Export", icon=":material/download:", key="export-rows"):
        for kind in ("csv", "xlsx"):
            st.download_button(
                f"{kind.upper()}, all rows",
                identity.bound(partial(_listed, kind, title, told, read)),
                services.file_name(title, kind),
                key=f"export-rows-{kind}",
                icon=":material/table:",
                on_click="ignore",
                width="stretch",
            )


def _listed(kind: str, title: str, told: str, read: Callable[[], pl.DataFrame]) -> bytes:
    return services.rows_as(kind, read(), {"page": title, "filters": told})


def _rows(page: str, kind: str, notes: Notes) -> bytes:
    told = dict(zip(_TOLD, notes.told, strict=False))
    return services.rows_as(kind, figures.sheet(notes.tiles, notes.figures, told), _source(page, notes))


def _picture(page: str, notes: Notes, colors: Palette) -> bytes:
    drawn = figures.picture(page, " · ".join(notes.told), notes.tiles, notes.figures, colors)
    return services.picture(drawn, drawn_of(page, notes))


def drawn_of(page: str, notes: Notes) -> Mapping[str, Any]:
    """What a picture of the page shows: the numbers of its tiles and of its figures, by name."""
    return {
        **_source(page, notes),
        "tiles": [tile.label for tile in notes.tiles],
        "figures": [figure.title for figure in notes.figures.values() if figure.chart is not None],
    }


def _source(page: str, notes: Notes) -> Mapping[str, str]:
    return {"page": page, "filters": " · ".join(notes.told)}
