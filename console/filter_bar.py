"""The widgets that narrow the numbers of a page; the address holds what is chosen, and they show it.

Each widget is set from the address before it is drawn and writes the address when it is changed, so a link, a
button of the browser and a click lead to the same. By hand, because most options are ids that no bound widget can
tell: Streamlit's binding writes the name that an option is shown under.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers
from console.filters import (
    COMPARISONS,
    CUSTOM,
    FOUR_WEEKS,
    PERIODS,
    VERIFICATIONS,
    Choices,
    Filters,
    Option,
)

_LISTS = {
    "teams": "Teams, with those below",
    "reps": "Reps",
    "types": "Record types",
    "activities": "Activity types",
    "results": "Results",
}
_DEEPER = "\N{EM SPACE}"


def chosen(choices: Choices, default_period: str = FOUR_WEEKS) -> tuple[Filters, int]:
    """What the address says, as far as the reader may ask for it, and how much of it they may not."""
    return Filters.of(st.query_params.to_dict(), readers.zone(), default_period).within(choices)


def write(filters: Filters) -> None:
    """Let the address say these filters; what else it says stays."""
    zone = readers.zone()
    standing = Filters.of(st.query_params.to_dict(), zone, filters.default_period).query(zone)
    wanted = filters.query(zone)
    for name in standing.keys() - wanted.keys():
        del st.query_params[name]
    for name, text in wanted.items():
        if standing.get(name) != text:
            st.query_params[name] = text


def clear(default_period: str = FOUR_WEEKS) -> None:
    """Back to everything, in the default period."""
    write(Filters(period=default_period, default_period=default_period))


def period(filters: Filters, periods: Sequence[str] = PERIODS) -> None:
    """The period as segments, and the days when it is a custom one."""
    st.segmented_control(
        "Period",
        periods,
        required=True,
        label_visibility="collapsed",
        wrap=False,
        **_bound("period", filters),
    )
    if filters.period == CUSTOM:
        span = filters.span(readers.now(), readers.day_zone())
        st.session_state["filter-days"] = (span.first, span.last)
        st.date_input(
            "Days",
            key="filter-days",
            on_change=_change_days,
            args=(filters.default_period,),
            max_value=readers.now().astimezone(ZoneInfo(readers.day_zone())).date(),
            format="YYYY-MM-DD",
            label_visibility="collapsed",
            width=250,
        )


def territory(filters: Filters, choices: Choices) -> None:
    """One territory, with those below."""
    depths = {option.id: option.depth for option in choices.territories}
    st.selectbox(
        "Territory",
        ["", *depths],
        format_func=lambda id: (
            _DEEPER * depths[id] + choices.name("territories", id) if id else "All territories"
        ),
        label_visibility="collapsed",
        width=190,
        **_bound("territory", filters, _or_empty, _or_none),
    )


def popover(filters: Filters, choices: Choices, default_period: str = FOUR_WEEKS) -> None:
    """All other filters, behind a button that counts those that are set."""
    label = f"Filters · {filters.narrowed}" if filters.narrowed else "Filters"
    with st.popover(label, icon=":material/filter_list:", key="filters"):
        st.radio(
            "Compare with",
            list(COMPARISONS),
            format_func=COMPARISONS.__getitem__,
            **_bound("compare", filters),
        )
        for kind, told in _LISTS.items():
            _several(kind, told, filters, choices)
        st.selectbox(
            "Verified",
            ["", *VERIFICATIONS],
            format_func=lambda one: VERIFICATIONS[one] if one else "All visits",
            **_bound("verified", filters, _or_empty, _or_none),
        )
        st.datetime_input(
            "As known at",
            value=None,
            step=900,
            format="YYYY-MM-DD",
            help="The numbers as they stood at this moment, before anything that came or was corrected later.",
            **_bound("as_of", filters, _local, _instant),
        )
        st.toggle(
            "Teams and territories as they are now",
            help="Else each number counts for the team and territory of its moment.",
            **_bound("groups_now", filters),
        )
        st.button("Clear filters", key="filters-clear", on_click=clear, args=(default_period,))


def _several(kind: str, told: str, filters: Filters, choices: Choices) -> None:
    options: dict[str, Option] = {option.id: option for option in getattr(choices, kind)}
    if options:
        st.multiselect(
            told,
            list(options),
            format_func=lambda id: _DEEPER * options[id].depth + options[id].name,
            placeholder="All",
            **_bound(kind, filters, list, tuple),
        )


def _bound(
    field: str,
    filters: Filters,
    shown: Callable[[Any], Any] = lambda value: value,
    meant: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Any]:
    """What ties a widget to a filter: it shows what is chosen and writes what is changed."""
    key = f"filter-{field}"
    st.session_state[key] = shown(getattr(filters, field))
    return {"key": key, "on_change": _change, "args": (field, meant, filters.default_period)}


def _change(field: str, meant: Callable[[Any], Any], default_period: str) -> None:
    value = meant(st.session_state[f"filter-{field}"])
    write(replace(_standing(default_period), **{field: value}))


def _change_days(default_period: str) -> None:
    days = st.session_state["filter-days"]
    if len(days) == 2:  # else the second is still to be chosen
        write(_standing(default_period).on_days(*days))


def _standing(default_period: str) -> Filters:
    return Filters.of(st.query_params.to_dict(), readers.zone(), default_period)


def _or_empty(value: str | None) -> str:
    """A select box takes None for "nothing chosen", not for "all"."""
    return value or ""


def _or_none(value: str) -> str | None:
    return value or None


def _local(value: Any) -> Any:
    return value.astimezone(ZoneInfo(readers.zone())).replace(tzinfo=None) if value else None


def _instant(value: Any) -> Any:
    return value.replace(tzinfo=ZoneInfo(readers.zone())) if value else None
