"""The pieces that every page shares: its header, its one primary button, the columns of its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from console import words
from console.signs import Sign


def header(title: str, facts: str) -> DeltaGenerator:
    """The title and one line of facts; returns the place at the right for at most two actions."""
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left.container(gap=None):
        st.title(title, anchor=False)
        st.caption(facts)
    return right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center")


def primary_button(
    label: str,
    *,
    icon: str,
    key: str,
    on_click: Callable[[], None] | None = None,
    width: str = "content",
    shortcut: str | None = None,
) -> bool:
    """The step we recommend, one a page.

    Streamlit writes white on a primary button; on the dark theme's accent that is 2.2:1. So the label takes its ink
    from the theme's violet, which is used for nothing else.
    """
    return st.button(
        f":violet[{icon} {label}]",
        type="primary",
        key=key,
        on_click=on_click,
        width=width,  # type: ignore[arg-type]
        shortcut=shortcut,
    )


def primary_link(label: str, url: str, *, icon: str) -> None:
    """The step we recommend where it leads out of the console: into a tab of its own."""
    st.link_button(f":violet[{icon} {label}]", url, type="primary")


def door(page: str, label: str, query_params: dict[str, str] | None = None) -> None:
    """A link into the console; a markdown link would open a second session in a new tab."""
    st.page_link(
        page,
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=query_params,
    )


def sign_column(label: str, signs: Iterable[Sign | None], width: int) -> Any:
    """A column of coloured chips, for cells that `chip` makes of these signs."""
    shown = {sign.word: sign.color for sign in signs if sign}
    return st.column_config.MultiselectColumn(
        label, options=list(shown), color=list(shown.values()), width=width
    )


def chip(sign: Sign | None) -> list[str]:
    """A cell of a sign column."""
    return [sign.word] if sign else []


def foreign(value: str | None) -> str:
    """A foreign value as it is, in type of one width; empty is said in words, for a dash may be a value."""
    return f"`{value.replace('`', '’')}`" if value else ":gray[empty]"


def number_column(label: str, width: int = 76, help: str | None = None) -> Any:
    """Whole numbers at the right, with thousands separated."""
    return st.column_config.NumberColumn(label, format="localized", width=width, help=help)


def moment_column(label: str, width: int, zone: str) -> Any:
    """A log's moments: day and time to the second, sortable, told in `zone`."""
    return st.column_config.DatetimeColumn(label, format="D MMM, HH:mm:ss", timezone=zone, width=width)


def text_column(label: str, width: int, *, right: bool = False, help: str | None = None) -> Any:
    """Words; at the right when they are a measure."""
    return st.column_config.TextColumn(label, width=width, alignment="right" if right else "left", help=help)


def table_height(rows: int, at_most: int) -> int | str:
    """The height that shows `at_most` rows; the half row below them says that there is more to scroll to."""
    return "content" if rows <= at_most else ROW_HEIGHT * (at_most + 1) + ROW_HEIGHT // 2


ROW_HEIGHT = 33  # pixels, of the heading too


def table(
    data: Any,
    columns: dict[str, Any],
    *,
    alt: str,
    height: int | str = "content",
    **options: Any,
) -> Any:
    """A table as all pages show it: no index, a dash for what is empty, told in words for who cannot see it."""
    return st.dataframe(
        data,
        column_config=columns,
        column_order=list(columns),
        hide_index=True,
        height=height,  # type: ignore[arg-type]
        placeholder=words.EMPTY,
        alt=alt,
        **options,
    )
