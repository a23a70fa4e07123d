"""My day: a rep's own scoreboard: rank, count and gap, and for each knock whether it counted, as it happens."""

from __future__ import annotations

import streamlit as st

from console import board_bar, board_words, parts, readers, staleness, states, words
from console.board_period import OWN_PERIODS, WEEK, Chosen
from console.knocks import Knock, knocks
from console.readers import board as boards
from console.readers import kpi as numbers
from console.readers.board import Day
from console.readers.freshness import freshness, of_sales
from console.readers.kpi import Kpi

LIVE = "3s"
MOST = 300  # knocks that are listed; more of a week than anybody makes
COUNTED, NOT_COUNTED = ":green[:material/check_circle:]", ":gray[:material/do_not_disturb_on:]"


def show() -> None:
    """The whole page."""
    key, chosen = board_bar.chosen_number(likely=True), board_bar.chosen_period(OWN_PERIODS)
    kpi = numbers.definition(key)
    now, zone = readers.now(), readers.zone()
    race = chosen.race(now, readers.day_zone())
    day = boards.my_day(key, race.span)
    whose = words.plain(day.team) if day.team else "in no team"
    fresh = freshness()
    facts = board_words.facts(
        chosen, race, whose, boards.refreshed_at(), fresh, now, zone, readers.common_zone()
    )
    parts.header("My day", facts)
    staleness.banner(fresh, of_sales(key))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        board_bar.period(chosen, OWN_PERIODS)
        board_bar.own_number(key)
    _tiles(day, kpi)
    _list(knocks(day.knocks, key), chosen)


def _tiles(day: Day, kpi: Kpi) -> None:
    place = day.place
    grid = st.grid("auto", min_column_width=100, border=True)
    with grid.cell():
        ranked = place is not None and place.rank is not None
        st.metric(
            f"Rank of {place.of}" if place else "Rank", str(place.rank) if place and ranked else words.EMPTY
        )
    with grid.cell():
        st.metric(
            board_bar.LIKELY[kpi.key], words.number(day.value, kpi.unit), help=f"{kpi.name}: {kpi.formula}."
        )
    with grid.cell():
        st.metric("To the next", board_words.gap(place.gap if place else None, kpi))
    if place is not None and place.sample_too_small:
        st.markdown(f":gray[:small[No rank below {day.least:,} {kpi.denominator_words}.]]")
    if len(day.stays) > 1:
        st.markdown(f":gray[:small[{board_words.stays(day)}]]")


def _list(found: list[Knock], chosen: Chosen) -> None:
    counted = sum(knock.counted for knock in found)
    with st.container(gap=None):
        st.header("Knocks", anchor=False)
        st.markdown(
            f":gray[:small[{words.counted(len(found), 'visit')}, {counted:,} counted. The newest first.]]"
        )
    if not found:
        states.nothing(
            f"No knocks {board_words.when(chosen)}",
            "Each one stands here within seconds of its reaching SPOTIO, with whether it counted.",
        )
        return
    newest = found[::-1][:MOST]
    st.table(
        {
            "Time": [_when(knock, chosen) for knock in newest],
            "Place": [_place(knock) for knock in newest],
            "Counted": [
                f"{COUNTED if knock.counted else NOT_COUNTED} {words.plain(knock.told)}" for knock in newest
            ],
        },
        border="horizontal",
        hide_index=True,
        alt=f"{words.counted(len(found), 'knock')}, newest first; {counted:,} counted",
    )


def _when(knock: Knock, chosen: Chosen) -> str:
    return (
        f"{knock.local_time:%a}\N{NO-BREAK SPACE}{knock.local_time:%H:%M}"
        if chosen.period == WEEK
        else f"{knock.local_time:%H:%M}"
    )


def _place(knock: Knock) -> str:
    place = words.plain(knock.place)
    return f"{place} :gray[:small[{words.plain(knock.address)}]]" if knock.address else place


@st.fragment(run_every=LIVE)
def _live() -> None:
    with states.guarded("your day"):
        show()


_live()
