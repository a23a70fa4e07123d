"""The conditions on a table: those that are set, each with a way out, and the next one, in words of its column."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import streamlit as st

from console import words
from console.exploring import address
from console.readers import explore
from console.readers.explore import WORDS, Asked, Filter, Table

_NO_VALUE = ("is_blank", "is_not_blank")
_HOW, _COLUMN = "filter-how", "filter-column"


def control(table: Table, asked: Asked, labels: Mapping[str, str]) -> None:
    """The popover; what it offers is looked up when it is open."""
    count = len(asked.filters) + asked.deleted
    popover = st.popover(
        f"Filters · {count}" if count else "Filters",
        icon=":material/filter_list:",
        key="filters",
        on_change="rerun",
    )
    if popover.open:
        with popover:
            for number, said in enumerate(sentences(table, asked, labels)):
                _standing(asked.filters, number, said)
            _next(table, asked, labels)
            st.session_state["explore-deleted"] = asked.deleted
            st.checkbox("With what the source has deleted", key="explore-deleted", on_change=_take_deleted)


def sentences(table: Table, asked: Asked, labels: Mapping[str, str]) -> list[str]:
    """The conditions that are set, in words."""
    return [
        one.sentence(
            labels.get(one.column),
            table.columns.get(one.column, "VARCHAR"),
            explore.choices(table, one.column) if one.column in table.columns else None,
        )
        for one in asked.filters
    ]


def clear() -> None:
    """Everything of the table again."""
    address.say(q=None, deleted=None)
    address.say_filters(())


def _standing(filters: tuple[Filter, ...], number: int, said: str) -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(words.plain(said))
    right.button(
        "",
        icon=":material/close:",
        key=f"drop-{number}",
        help="Remove this filter",
        type="tertiary",
        on_click=_drop,
        args=(filters, number),
    )


def _next(table: Table, asked: Asked, labels: Mapping[str, str]) -> None:
    offered = explore.ordered(table.columns, labels)
    if st.session_state.get(_COLUMN) not in offered:
        st.session_state[_COLUMN] = offered[0]
    column = st.selectbox("Column", offered, format_func=lambda name: labels.get(name, name), key=_COLUMN)
    choices = explore.choices(table, column)
    kind = explore.kind(table, column, choices)
    hows = WORDS[kind]
    if st.session_state.get(_HOW) not in hows:
        st.session_state[_HOW] = next(iter(hows))
    how = st.selectbox("Condition", list(hows), format_func=lambda name: hows.get(name, name), key=_HOW)
    values = _values(f"{table.full_name}-{column}-{how}", kind, how, choices)
    st.button(
        "Add filter",
        icon=":material/add:",
        key="add-filter",
        disabled=values is None,
        on_click=_add,
        args=(asked.filters, Filter(column, how, values or ())),
    )


def _values(key: str, kind: str, how: str, choices: Mapping[str, str] | None) -> tuple[str, ...] | None:
    """What the condition compares with, as text; None while it is not said."""
    if how in _NO_VALUE:
        return ()
    if kind == "yes_no":
        return ("true" if st.segmented_control("Value", ["yes", "no"], default="yes", required=True, key=key) == "yes" else "false",)  # fmt: skip
    if kind in ("day", "moment"):
        return _days(key, how)
    if how == "between":
        least = st.text_input("From", key=f"{key}-from", live=True).strip()
        most = st.text_input("To", key=f"{key}-to", live=True).strip()
        return (least, most) if least and most else None
    if how in ("in", "not_equals", "equals") and choices:
        chosen = st.multiselect(
            "Values",
            list(choices),
            format_func=lambda value: choices.get(value, value),
            key=key,
            accept_new_options=kind != "choice" or all(value == name for value, name in choices.items()),
        )
        return tuple(chosen) or None
    if how == "in":
        typed = st.text_input("Values, with a comma between", key=key, live=True)
        return tuple(part.strip() for part in typed.split(",") if part.strip()) or None
    typed = st.text_input("Value", key=key, live=True).strip()
    return (typed,) if typed else None


def _days(key: str, how: str) -> tuple[str, ...] | None:
    if how == "between":
        days = st.date_input("Days, both included", [], key=key, format="YYYY-MM-DD")
        return (
            (days[0].isoformat(), days[1].isoformat()) if isinstance(days, tuple) and len(days) == 2 else None
        )
    day = st.date_input("Day", None, key=key, format="YYYY-MM-DD")
    return (day.isoformat(),) if isinstance(day, date) else None


def _add(filters: tuple[Filter, ...], added: Filter) -> None:
    address.say_filters([*filters, added])


def _drop(filters: tuple[Filter, ...], number: int) -> None:
    address.say_filters(one for position, one in enumerate(filters) if position != number)


def _take_deleted() -> None:
    address.say_anew(deleted="shown" if st.session_state["explore-deleted"] else None)
