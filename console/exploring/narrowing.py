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
_HOW, _COLUMN, _MISTAKE = "filter-how", "filter-column", "filter-mistake"


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
                _standing(asked.filters[number], number, said)
            _next(table, labels)
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


def drop(gone: Filter) -> None:
    """Take one condition away; the others stay."""
    address.say_filters(one for one in address.filters() if one != gone)


def _standing(one: Filter, number: int, said: str) -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(words.plain(said))
    right.button(
        "",
        icon=":material/close:",
        key=f"drop-{number}",
        help="Remove this filter",
        type="tertiary",
        on_click=drop,
        args=(one,),
    )


def _next(table: Table, labels: Mapping[str, str]) -> None:
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
    key = f"filter-{table.full_name}-{column}-{how}"
    _ask(key, kind, how, choices)
    st.button(
        "Add filter",
        icon=":material/add:",
        key="add-filter",
        on_click=_add,
        args=(table, column, how, kind, key),
    )
    if mistake := st.session_state.pop(_MISTAKE, None):
        st.error(words.plain(mistake), icon=":material/error:")


def _ask(key: str, kind: str, how: str, choices: Mapping[str, str] | None) -> None:
    """The fields for what the condition compares with."""
    if how in _NO_VALUE:
        return
    if kind == "yes_no":
        st.segmented_control("Value", ["yes", "no"], default="yes", required=True, key=key)
    elif kind in ("day", "moment"):
        label = "Days, both included" if how == "between" else "Day"
        st.date_input(label, [] if how == "between" else None, key=key, format="YYYY-MM-DD")
    elif how == "between":
        st.text_input("From", key=f"{key}-from")
        st.text_input("To", key=f"{key}-to")
    elif how in ("in", "not_equals", "equals") and choices:
        st.multiselect(
            "Values",
            list(choices),
            format_func=lambda value: choices.get(value, value),
            key=key,
            # Where values are ids, only those with a name can be meant.
            accept_new_options=all(value == name for value, name in choices.items()),
        )
    else:
        st.text_input("Values, with a comma between" if how == "in" else "Value", key=key)


def _compared(key: str, kind: str, how: str) -> tuple[str, ...]:
    """What the fields hold, as text; empty while it is not all said."""
    if how in _NO_VALUE:
        return ()
    if how == "between" and kind not in ("day", "moment"):
        both = tuple(st.session_state[f"{key}-{end}"].strip() for end in ("from", "to"))
        return both if all(both) else ()
    said = st.session_state[key]
    if kind == "yes_no":
        return ("true" if said == "yes" else "false",)
    if isinstance(said, str):
        return tuple(part.strip() for part in (said.split(",") if how == "in" else [said]) if part.strip())
    if isinstance(said, date):
        return (said.isoformat(),)
    values = tuple(one.isoformat() if isinstance(one, date) else one for one in said or ())
    return values if how != "between" or len(values) == 2 else ()


def _add(table: Table, column: str, how: str, kind: str, key: str) -> None:
    """Reads the fields and the address at the press: what was typed or added just before it counts.

    A condition that the column does not take is not added; the others stay as they are.
    """
    values = _compared(key, kind, how)
    if not values and how not in _NO_VALUE:
        st.toast("A filter needs a value", icon=":material/info:")
        return
    one, standing = Filter(column, how, values), address.filters()
    mistake = explore.mistake(table, one)
    if mistake:
        st.session_state[_MISTAKE] = mistake
    elif one not in standing:
        address.say_filters([*standing, one])


def _take_deleted() -> None:
    address.say_anew(deleted="shown" if st.session_state["explore-deleted"] else None)
