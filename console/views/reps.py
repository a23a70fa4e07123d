"""Reps: everybody whose work the reader may see, from their first activity on; a line opens the rep's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from console import day_words, filter_bar, parts, readers, staleness, states, ways, words
from console.figures import Seen
from console.readers import board as boards
from console.readers import kpi as numbers
from console.readers.board import Rep
from console.readers.freshness import freshness, of_sales
from console.readers.kpi import Row

KEYS = ("doors", "verified_share", "contact_rate", "set", "sit_rate", "sold", "close_rate")
ROWS = 20
NEW = timedelta(days=28)  # so long somebody is shown as such


def show() -> None:
    """The whole page."""
    choices = numbers.choices()
    filters, taken = filter_bar.chosen(choices)
    seen = Seen.of(filters, choices)
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        find = st.text_input(
            "Find a rep",
            type="search",
            key="find",
            bind="query-params",
            placeholder="Find a rep",
            label_visibility="collapsed",
            width=220,
        )
        filter_bar.period(filters)
        filter_bar.popover(filters, choices)
    everybody = boards.reps()
    found = [rep for rep in everybody.values() if (find or "").casefold() in rep.name.casefold()]
    with head:
        parts.header("Reps", _facts(len(everybody), seen, taken=taken))
        if seen.filters.as_of is None:
            staleness.banner(freshness(), of_sales())
    if found:
        _list(found, seen)
    elif everybody:
        states.no_match(
            f"No rep is called {words.quoted(words.plain(find or ''))}",
            f"You may see {words.counted(len(everybody), 'rep')}.",
            _clear,
        )
    elif numbers.led_nothing():
        states.nothing(
            "You lead no team", "A manager sees the teams they lead and those below, as SPOTIO names them."
        )
    else:
        states.nothing("No reps yet", "Everybody stands here from the first activity they log in SPOTIO.")


def _facts(count: int, seen: Seen, *, taken: int) -> str:
    now, zone = readers.now(), readers.zone()
    told = [
        words.counted(count, "rep"),
        f"{seen.filters.told_period(now, readers.day_zone())}, {day_words.whose(readers.common_zone())}",
        seen.filters.told_narrowing(seen.choices, zone, now),
    ]
    return " · ".join([*told, "narrowed to what you may see"] if taken else told)


def _clear() -> None:
    st.session_state["find"] = ""


def _list(found: list[Rep], seen: Seen) -> None:
    by = numbers.by(seen.filters, seen.span, KEYS, "user")
    today = readers.now().astimezone(ZoneInfo(readers.day_zone())).date()
    found = sorted(found, key=lambda rep: -_count(by["doors"].get(rep.id)))
    data: dict[str, list[Any]] = {
        "rep": [f"{rep.name} · new" if today - rep.first < NEW else rep.name for rep in found],
    }
    columns: dict[str, Any] = {"rep": parts.text_column("Rep", 150)}
    for key in KEYS:
        kpi = numbers.definition(key)
        told = f"{kpi.name}: {kpi.formula}."
        if kpi.unit == "share":
            least = numbers.least_sample(key)
            told += f" Of fewer than {least:,} {kpi.denominator_words} it says too little."
            data[key] = [_rate(by[key].get(rep.id), least) for rep in found]
            columns[key] = parts.text_column(_SHORT[key], 92, right=True, help=told)
        else:
            data[key] = [_count(by[key].get(rep.id)) for rep in found]
            columns[key] = parts.number_column(_SHORT[key], 70, help=told)
    data["team"] = [rep.team for rep in found]
    columns["team"] = parts.text_column("Team", 150)  # after the numbers, which a phone has room for
    data["first"] = [rep.first for rep in found]
    data["last"] = [rep.last for rep in found]
    columns["first"] = st.column_config.DateColumn("First activity", format="D MMM YYYY", width=110)
    columns["last"] = st.column_config.DateColumn("Last", format="D MMM YYYY", width=100)
    event = parts.table(
        data,
        columns,
        alt=f"{words.counted(len(found), 'rep')}, most doors first; {found[0].name} leads",
        key="reps",
        height=parts.table_height(len(found), ROWS),
        on_select="rerun",
        selection_mode="single-cell",
    )
    st.markdown(
        f":gray[:small[Choose a rep to see what they do and how it goes. Somebody is new for {NEW.days} days.]]"
    )
    cells = event.selection.cells
    if cells and cells[0][0] < len(found):
        query = seen.filters.query(readers.zone())
        ways.go("views/rep.py", {"id": found[cells[0][0]].id} | query)


_SHORT = {
    "doors": "Doors",
    "verified_share": "Verified",
    "contact_rate": "Contact",
    "set": "Set",
    "sit_rate": "Sit",
    "sold": "Sold",
    "close_rate": "Close",
}


def _count(row: Row | None) -> float:
    return row.value or 0 if row else 0


def _rate(row: Row | None, least: int) -> str | None:
    return words.rate(row.value, too_few=(row.denominator or 0) < least) if row else None


@st.fragment
def _page() -> None:
    with states.guarded("the reps"):
        show()


_page()
