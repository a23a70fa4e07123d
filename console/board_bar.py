"""The widgets above a board: which number, which period, whose. The address holds what is chosen, and they show it.

By hand, like `console/filter_bar.py`: most options are keys and ids, which a bound widget cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from console import readers, words
from console.board_period import CUSTOM, PERIODS, Chosen
from console.filters import Choices, Filters, Option
from console.readers import board as boards

NUMBER = "verified_doors"
# The likely ones, by the short words of their segments; all others stand in a list beside them.
LIKELY = {
    "doors": "Doors",
    "verified_doors": "Verified",
    "set": "Set",
    "sat": "Sat",
    "sold": "Sold",
    "close_rate": "Close rate",
}
_DEEPER = "\N{EM SPACE}"
_SCOPE = {"team": "teams", "territory": "territories", "type": "types"}


def chosen_number(*, likely: bool = False) -> str:
    """The number that the address names; the board's usual one for none, or for one that is not to be had."""
    asked = st.query_params.get("number", NUMBER)
    return asked if asked in (LIKELY if likely else boards.dictionary()) else NUMBER


def number(key: str) -> None:
    """The likely numbers as segments, and the others in a list."""
    _show("board-likely", key if key in LIKELY else None)
    st.segmented_control(
        "Number",
        list(LIKELY),
        format_func=LIKELY.__getitem__,
        key="board-likely",
        on_change=_take_number,
        args=("board-likely",),
        label_visibility="collapsed",
        wrap=False,
    )
    rest = {name: kpi.name for name, kpi in boards.dictionary().items() if name not in LIKELY}
    _show("board-other", key if key in rest else None)
    st.selectbox(
        "Other number",
        list(rest),
        format_func=rest.__getitem__,
        index=None,
        placeholder="Other number",
        key="board-other",
        on_change=_take_number,
        args=("board-other",),
        label_visibility="collapsed",
        width=160,
    )


def own_number(key: str) -> None:
    """The likely numbers in a list, which is narrow enough for a phone."""
    _show("board-own", key)
    st.selectbox(
        "Number",
        list(LIKELY),
        format_func=lambda one: boards.dictionary()[one].name,
        key="board-own",
        on_change=_take_number,
        args=("board-own",),
        label_visibility="collapsed",
        width=180,
    )


def _take_number(widget: str) -> None:
    key = st.session_state[widget]
    if key:  # a second press on the chosen segment lets it go, and then the number stays
        _say({"number": "" if key == NUMBER else key})


def chosen_period(periods: Sequence[str] = PERIODS) -> Chosen:
    """The period that the address names."""
    return Chosen.of(st.query_params.to_dict(), periods)


def period(chosen: Chosen, periods: Sequence[str] = PERIODS) -> None:
    """The period as segments, and the days when it is a custom one."""
    _show("board-period", chosen.period)
    st.segmented_control(
        "Period",
        periods,
        required=True,
        key="board-period",
        on_change=_take_period,
        label_visibility="collapsed",
        wrap=False,
    )
    if chosen.period == CUSTOM:
        now, zone = readers.now(), readers.day_zone()
        span = chosen.race(now, zone).span
        _show("board-days", (span.first, span.last))
        st.date_input(
            "Days",
            key="board-days",
            on_change=_take_days,
            max_value=now.astimezone(ZoneInfo(zone)).date(),
            format="YYYY-MM-DD",
            label_visibility="collapsed",
            width=250,
        )


def _take_period() -> None:
    # A browser that has not been told yet what the widget shows says that it is nothing; then the period stays.
    if st.session_state["board-period"]:
        _say_period(Chosen(st.session_state["board-period"]))


def _take_days() -> None:
    days: tuple[date, ...] = st.session_state["board-days"]
    if len(days) == 2:  # else the second is still to be chosen
        _say_period(Chosen(CUSTOM, *days))


def _say_period(chosen: Chosen) -> None:
    _say(dict.fromkeys(("period", "from", "to"), "") | chosen.query())


def chosen_scope(choices: Choices) -> tuple[Filters, int]:
    """Team, territory and record type of the address as far as the reader may choose them, and how many they may not."""
    asked = {name: st.query_params.get(name) for name in _SCOPE}
    return Filters(
        teams=(asked["team"],) if asked["team"] else (),
        territory=asked["territory"] or None,
        types=(asked["type"],) if asked["type"] else (),
    ).within(choices)


def scope(filters: Filters, choices: Choices) -> None:
    """Behind a button that names it: one team and one territory, each with those below, and one type of records."""
    team = choices.name("teams", filters.teams[0]) if filters.teams else "All teams"
    narrowed = sum((filters.territory is not None, bool(filters.types)))
    label = f"{words.plain(team)} · {narrowed}" if narrowed else words.plain(team)
    with st.popover(label, icon=":material/filter_list:", key="board-scope"):
        _one("team", "All teams", choices, filters.teams[0] if filters.teams else "")
        _one("territory", "All territories", choices, filters.territory or "")
        _one("type", "All types of records", choices, filters.types[0] if filters.types else "")


def _one(name: str, whole: str, choices: Choices, value: str) -> None:
    options: dict[str, Option] = {option.id: option for option in getattr(choices, _SCOPE[name])}
    key = f"board-{name}"
    _show(key, value)
    st.selectbox(
        name.capitalize(),
        ["", *options],  # None would be drawn as nothing chosen
        format_func=lambda id: _DEEPER * options[id].depth + options[id].name if id else whole,
        key=key,
        on_change=_take_one,
        args=(name,),
    )


def _take_one(name: str) -> None:
    _say({name: st.session_state[f"board-{name}"]})


def clear_scope() -> None:
    """Back to everybody the reader may see."""
    _say(dict.fromkeys(_SCOPE, ""))


def scope_query(filters: Filters) -> dict[str, str]:
    """The scope as query parameters."""
    said = {
        "team": ",".join(filters.teams),
        "territory": filters.territory or "",
        "type": ",".join(filters.types),
    }
    return {name: text for name, text in said.items() if text}


def days_query(filters: Filters, chosen: Chosen) -> dict[str, str]:
    """The days of the board and its scope, as the pages behind a number take them."""
    span = chosen.race(readers.now(), readers.day_zone()).span
    return replace(filters, period=CUSTOM, first=span.first, last=span.last).query(readers.zone())


def _show(widget: str, value: Any) -> None:
    """Let a widget show a value; one that does already is left alone, for a click may be on its way meanwhile."""
    if widget not in st.session_state or st.session_state[widget] != value:
        st.session_state[widget] = value


def _say(wanted: Mapping[str, str]) -> None:
    """Let the address say these parameters; an empty one is left out."""
    for name, text in wanted.items():
        if text:
            st.query_params[name] = text
        elif name in st.query_params:
            del st.query_params[name]
