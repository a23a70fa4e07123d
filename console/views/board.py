"""Board: who stands where in one number, now; it follows what is logged without a touch.

A line opens the rep's page. A rep sees the board of their own team, and opens from it nothing but their own day.
"""

from __future__ import annotations

import streamlit as st

from console import board_bar, board_table, board_words, identity, parts, readers, staleness, states, ways
from console.board_period import Chosen, Race
from console.filters import Filters
from console.readers import board as boards
from console.readers import kpi as numbers
from console.readers.board import Board
from console.readers.freshness import freshness, of_sales

LIVE = "3s"


def show() -> None:
    """The whole page."""
    rep = identity.current().role == "rep"
    key, chosen = board_bar.chosen_number(), board_bar.chosen_period()
    choices = None if rep else numbers.choices()
    filters, taken = board_bar.chosen_scope(choices) if choices else (Filters(), 0)
    now, zone = readers.now(), readers.zone()
    race = chosen.race(now, readers.day_zone())
    found = boards.board(key, race, filters)
    whose = found.team or "your team" if choices is None else filters.told_narrowing(choices, zone, now)
    fresh = freshness()
    facts = board_words.facts(
        chosen, race, whose, boards.refreshed_at(), fresh, now, zone, readers.common_zone()
    )
    if taken:
        facts += " · narrowed to what you may see"
    actions = parts.header("Board", facts)
    if not rep:
        actions.page_link("views/reps.py", label="All reps", icon=":material/groups:")
    staleness.banner(fresh, of_sales(key))
    with st.container(horizontal=True, vertical_alignment="center"):
        board_bar.number(key)
        board_bar.period(chosen)
        if choices:
            board_bar.scope(filters, choices)
    if found.rows:
        _standings(found, race, chosen, filters)
    else:
        _nobody(found, chosen, filters, rep=rep)


def _standings(found: Board, race: Race, chosen: Chosen, filters: Filters) -> None:
    person = identity.current()
    rep = person.role == "rep"
    own = person.scope.user_id if rep else None
    st.space(
        "small"
    )  # where the table's own small toolbar covers nothing, a rep's segments on a phone either
    row = board_table.show(found, own=own, key="standings", opens=True)
    st.markdown(f":gray[:small[{board_words.rules(found, race)}]]")
    if row is None:
        return
    if not rep:
        query = {"id": row.user_id} | board_bar.days_query(filters, chosen)
        ways.go("views/rep.py", query)
    elif row.user_id == own:
        st.switch_page("views/my_day.py")


def _nobody(found: Board, chosen: Chosen, filters: Filters, *, rep: bool) -> None:
    if boards.refreshed_at() is None:
        states.nothing("No numbers yet", "They are made of what is logged in SPOTIO, after the first run.")
    elif rep and found.team is None:
        states.nothing(
            "You are in no team", "A board is a team's; whoever looks after SPOTIO can add you to one."
        )
    elif not rep and numbers.led_nothing():
        states.nothing(
            "You lead no team", "A manager sees the teams they lead and those below, as SPOTIO names them."
        )
    elif board_bar.scope_query(filters):
        states.no_match(
            f"Nobody there has logged anything {board_words.when(chosen)}",
            "Without the filters there may be others.",
            board_bar.clear_scope,
        )
    else:
        states.nothing(
            f"Nobody has logged anything {board_words.when(chosen)}",
            "Whoever does stands here within seconds of its being mirrored.",
        )


@st.fragment(run_every=LIVE)
def _live() -> None:
    with states.guarded("the board"):
        show()


_live()
