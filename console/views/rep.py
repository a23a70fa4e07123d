"""Rep: one of them beside their team and their own past: numbers, trend, targets, mix, and the knocks of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import streamlit as st

from console import (
    charts,
    figure_block,
    figures,
    filter_bar,
    knock_table,
    parts,
    readers,
    staleness,
    states,
    ways,
    words,
)
from console.figures import Seen
from console.figures.against import KEYS, against
from console.figures.mix import RESULTS, TYPES, Kind, Side, mix
from console.filters import Filters
from console.knocks import knocks
from console.readers import board as boards
from console.readers import kpi as numbers
from console.readers.board import Past, Rep
from console.readers.freshness import freshness, of_sales
from console.readers.kpi import Pace

TEAM, PAST = "Team", "Own past"
NUMBER = "doors"


def show() -> None:
    """The whole page."""
    everybody = boards.reps()
    rep = everybody.get(st.query_params.get("id", ""))
    if rep is None:
        _nobody()
        return
    choices = numbers.choices()
    asked, _ = filter_bar.chosen(choices)
    # The period alone is the page's; whose work it is says the id, and all of that work is shown.
    filters = Filters(asked.period, asked.first, asked.last, asked.compare, reps=(rep.id,))
    seen = Seen.of(filters, choices)
    teams = boards.teams_of(rep.id, seen.span)
    _header(rep, everybody, seen)
    staleness.banner(freshness(), of_sales())
    _numbers(rep, seen, teams)
    left, right = st.columns([13, 9], gap="medium")
    with left:
        _trend(seen)
    with right:
        _targets(rep, seen)
    _mixes(rep, seen, teams)
    _knocks(rep, seen)


def _nobody() -> None:
    actions = parts.header("Rep", "Nobody of that id has logged anything that you may see.")
    actions.page_link("views/reps.py", label="All reps", icon=":material/groups:")
    states.nothing(
        "No such rep", "The link may be to somebody of another team. All reps has those you may see."
    )


def _header(rep: Rep, everybody: Mapping[str, Rep], seen: Seen) -> None:
    now = readers.now()
    told = [
        words.plain(rep.team or "in no team"),
        f"since {rep.first.day} {rep.first:%b %Y}",
        f"{seen.filters.told_period(now, readers.day_zone())} against {seen.filters.told_comparison(seen.span)}",
    ]
    actions = parts.header(words.plain(rep.name), " · ".join(told))
    actions.page_link("views/reps.py", label="All reps", icon=":material/groups:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.session_state["rep"] = rep.id
        st.selectbox(
            "Rep",
            list(everybody),
            format_func=lambda id: everybody[id].name,
            key="rep",
            on_change=_take_rep,
            label_visibility="collapsed",
            width=220,
        )
        filter_bar.period(seen.filters)


def _take_rep() -> None:
    st.query_params["id"] = st.session_state["rep"]


def _numbers(rep: Rep, seen: Seen, teams: Sequence[Past]) -> None:
    figure = against(seen, rep.name, teams)
    event = parts.table(
        figure.table(),
        {
            column.name: parts.text_column(column.label, column.width, right=place > 0)
            for place, column in enumerate(figure.columns)
        },
        alt=figure.finding,
        key="rep-numbers",
        on_select="rerun",
        selection_mode="single-cell",
    )
    told = f"{figure.caption} A click opens the records behind {words.plain(rep.name)}’s number."
    st.markdown(f":gray[:small[{told}]]")
    cells = event.selection.cells
    if cells:
        ways.go(figure_block.BEHIND, figure.doors[figure.rows["key"][cells[0][0]]])


@st.fragment
def _trend(seen: Seen) -> None:
    with states.guarded("the trend"):
        key, as_table = figure_block.head("Trend", "trend-figure", _choose_number)
        figure_block.show(
            figures.trend(seen, key, charts.palette()), "trend-figure", as_table=as_table, height=230
        )


def _choose_number() -> str:
    named = {numbers.definition(key).name: key for key in KEYS}
    chosen = st.selectbox(
        "Number", list(named), key="trend", bind="query-params", label_visibility="collapsed", width=180
    )
    return named[chosen]


def _targets(rep: Rep, seen: Seen) -> None:
    st.header("Targets", anchor=False)
    paces = numbers.paces(seen.filters, KEYS)
    if not paces:
        states.nothing(
            f"No target for {words.plain(rep.name)}",
            "A manager or an admin sets them on the dashboard, by week, month or quarter.",
        )
        return
    for key, found in paces.items():
        for pace in found:
            _pace(key, pace)


def _pace(key: str, pace: Pace) -> None:
    kpi = numbers.definition(key)
    lower = kpi.better == "lower"
    there = pace.actual if kpi.denominator else pace.projected
    reached = there is not None and (there <= pace.target if lower else there >= pace.target)
    color, icon = ("green", ":material/trending_up:") if reached else ("orange", ":material/trending_down:")
    unit = numbers.unit(key)
    actual, target = (words.plain(words.number(one, unit)) for one in (pace.actual, pace.target))
    with st.container(gap="xxsmall"):
        st.markdown(f"**{kpi.name}** {actual} of {target}, {words.days(pace.first, pace.last)}")
        if kpi.denominator is None:
            st.progress(min((pace.actual or 0) / pace.target, 1.0))
            said = f"{words.plain(words.number(pace.expected, unit))} expected by the end of {words.days(pace.day, pace.day)}"
            if pace.projected is None:
                st.markdown(f":gray[:small[{said}]]")
                return
            said = f"on course for {words.plain(words.number(pace.projected, unit))}, {said}"
        else:
            said = "reached so far" if reached else "not reached so far"
        st.markdown(f":{color}[{icon}] :small[{said}]")


@st.fragment
def _mixes(rep: Rep, seen: Seen, teams: Sequence[Past]) -> None:
    with states.guarded("the mix"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header("What the work is made of", anchor=False, width="content")
            held = st.segmented_control(
                "Against",
                (TEAM, PAST) if teams else (PAST,),
                default=TEAM if teams else PAST,
                required=True,
                key="against",
                bind="query-params",
                label_visibility="collapsed",
            )
        own = Side(rep.name, seen.filters, seen.span)
        if held == TEAM and teams:
            named = words.listed(list(dict.fromkeys(past.name for past in teams)))
            spells = tuple(past.spell for past in teams)
            other = Side(named, replace(seen.filters, reps=()), seen.span, spells)
        else:
            other = Side(seen.filters.short_comparison(seen.span), seen.filters, seen.before)
        left, right = st.columns(2, gap="medium")
        for place, kind in ((left, TYPES), (right, RESULTS)):
            with place:
                _mix(kind, own, other, seen)


def _mix(kind: Kind, own: Side, other: Side, seen: Seen) -> None:
    figure = mix(kind, own, other, seen.choices, charts.palette())
    _, as_table = figure_block.head(figure.title, f"mix-{kind.parameter}")
    figure_block.show(figure, f"mix-{kind.parameter}", as_table=as_table, height=300)


@st.fragment
def _knocks(rep: Rep, seen: Seen) -> None:
    with states.guarded("the knocks"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.header("Knocks", anchor=False, width="content")
            day = _day(rep, seen)
        found = knocks(boards.knocks(rep.id, day), NUMBER)
        verified = knocks(boards.knocks(rep.id, day), "verified_doors")
        if not found:
            states.nothing(
                f"No knocks on {words.days(day, day)}",
                f"The last activity is of {words.days(rep.last, rep.last)}.",
            )
            return
        doors, sure = (sum(knock.counted for knock in some) for some in (found, verified))
        told = f"{words.counted(len(found), 'visit')}, {words.counted(doors, 'door')}, {sure:,} of them verified, which are those marked as counted."
        st.markdown(f":gray[:small[{told} A click opens the record.]]")
        knock_table.show(verified, numbers.kinds(), key=f"knocks-{rep.id}-{day}")


def _day(rep: Rep, seen: Seen) -> date:
    """The day of the address; the rep's last one in the period when it names none."""
    today = readers.now().astimezone(ZoneInfo(readers.day_zone())).date()
    try:
        day = date.fromisoformat(st.query_params.get("day", ""))
    except ValueError:
        day = max(rep.first, min(rep.last, seen.span.last))
    st.session_state["knock-day"] = min(day, today)
    return st.date_input(
        "Day",
        key="knock-day",
        on_change=_take_day,
        max_value=today,
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=150,
    )


def _take_day() -> None:
    st.query_params["day"] = st.session_state["knock-day"].isoformat()


@st.fragment
def _page() -> None:
    with states.guarded("the rep"):
        show()


_page()
