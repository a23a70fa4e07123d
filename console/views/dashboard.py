"""Dashboard: what the teams did in a period, against another, and where it comes from."""

from __future__ import annotations

import streamlit as st

from console import (
    charts,
    day_words,
    exporting,
    figure_block,
    figures,
    filter_bar,
    identity,
    readers,
    staleness,
    states,
    target_dialog,
    tiles,
    words,
)
from console.figures import Seen
from console.figures.funnel import ACTIVITY
from console.figures.heat import MEASURES as HEAT_MEASURES
from console.figures.territories import MEASURES as MAP_MEASURES
from console.readers import kpi as numbers
from console.readers.freshness import freshness, of_sales

# What the trend can show, under the words that stand in links.
TRENDS = {
    "Doors knocked": "doors",
    "Verified share": "verified_share",
    "Contact rate": "contact_rate",
    "Appointments set": "set",
    "Sit rate": "closer_sit_rate",
    "Close rate": "close_rate",
    "Sales": "sold",
    "Sales value": "sales_value",
    "Activities": "activities",
    "Stage moves": "stage_moves",
}


def show() -> None:
    """The whole page; it runs again when a filter changes."""
    choices = numbers.choices()
    chosen, refused = filter_bar.chosen(choices)
    seen = Seen.of(chosen, choices)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Dashboard", anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            filter_bar.period(chosen)
            filter_bar.territory(chosen, choices)
            filter_bar.popover(chosen, choices)
            exporting.menu("Dashboard", charts.palette())
    told = _facts(seen, refused)
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.caption(told)
    role = identity.current().role
    if role in ("admin", "manager"):
        with right.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Targets…", icon=":material/flag:", type="tertiary", key="targets-open"):
                target_dialog.show(choices, for_everybody=role == "admin")
    if numbers.led_nothing():
        states.nothing(
            "You lead no team",
            "A manager sees the teams they lead. An admin can say on the Access page which ones those are.",
        )
        return
    if numbers.counted_at() is None:
        states.nothing(
            "No numbers yet", "They are counted after each pull of SPOTIO, and there was none so far."
        )
        return
    if seen.filters.as_of is None:  # what was known at a moment past grows no older
        staleness.banner(freshness(), of_sales())
    exporting.shown().tiles = tiles.show(seen)
    left, right = st.columns([13, 9], gap="medium")
    with left:
        _trend(seen)
    with right:
        _funnel(seen)
    left, right = st.columns([13, 9], gap="medium")
    with left:
        _heat(seen)
    with right:
        _map(seen)
    left, right = st.columns(2, gap="medium")  # the setters' rates and samples need as much as the pairs
    with left:
        _pairs(seen)
    with right:
        _setters(seen)
    _stages(seen)


def _facts(seen: Seen, refused: int) -> str:
    """The line that says what one looks at, and below it what is not in it."""
    now, zone = readers.now(), readers.zone()
    period = seen.filters.told_period(now, readers.day_zone())
    told = [
        f"{period} against {seen.filters.told_comparison(seen.span)}, {day_words.whose(readers.common_zone())}",
        seen.filters.told_narrowing(seen.choices, zone, now, numbers.partners(seen.filters, seen.span)),
    ]
    counted = numbers.counted_at()
    exporting.shown().told = [words.bare(text) for text in told]
    if counted:
        exporting.shown().told += [f"counted {words.moment(counted, now, zone)}"]
        told.append(f"counted {words.age(counted, now, zone)}")
    if refused:
        told.append(f"{words.counted(refused, 'filter')} of the link left out, not yours to see")
    if counted:
        told += tiles.notes(numbers.values(seen.filters, seen.span, tiles.KEYS))
    return " · ".join(told)


@st.fragment
def _trend(seen: Seen) -> None:
    with states.guarded("the trend"):
        word, as_table = figure_block.head("Trend", "trend-figure", lambda: _one_of("trend", TRENDS))
        figure = figures.trend(seen, TRENDS[word], charts.palette())
        figure_block.show(figure, "trend-figure", as_table=as_table, height=230)


@st.fragment
def _funnel(seen: Seen) -> None:
    with states.guarded("the funnel"):
        view, as_table = figure_block.head(
            "From door to sale", "funnel-figure", lambda: _segment("funnel", figures.VIEWS, ACTIVITY)
        )
        figure_block.show(
            figures.funnel(seen, view, charts.palette()), "funnel-figure", as_table=as_table, height=222
        )


@st.fragment
def _heat(seen: Seen) -> None:
    with states.guarded("the heat map"):
        word, as_table = figure_block.head(
            "When doors open", "heat-figure", lambda: _segment("heat", tuple(HEAT_MEASURES), "Contact rate")
        )
        figure = figures.heat(seen, HEAT_MEASURES[word], charts.palette())
        figure_block.show(figure, "heat-figure", as_table=as_table, height=236)


@st.fragment
def _map(seen: Seen) -> None:
    with states.guarded("the map"):
        word, as_table = figure_block.head("Territories", "map-figure", lambda: _one_of("map", MAP_MEASURES))
        figure = figures.territories(seen, MAP_MEASURES[word], charts.palette())
        figure_block.show(figure, "map-figure", as_table=as_table, height=290)


@st.fragment
def _pairs(seen: Seen) -> None:
    with states.guarded("setters and closers"):
        _, as_table = figure_block.head("Setters and closers", "pairs-figure")
        figure_block.show(
            figures.pairs(seen, charts.palette()), "pairs-figure", as_table=as_table, height=398
        )


@st.fragment
def _setters(seen: Seen) -> None:
    with states.guarded("the setters"):
        figure_block.title("Setters")
        figure = figures.setters(seen)
        if figure.rows.is_empty():
            states.nothing("Nothing set", "No appointment was set or due in this period, for these filters.")
            return
        exporting.shown().figures["setters"] = figure
        st.markdown(f":gray[:small[{figure.finding}. A click opens the appointments.]]")
        figure_block.table(
            figure, "setters", height=398, on_cell=lambda row, column: f"{figure.rows['id'][row]}:{column}"
        )


@st.fragment
def _stages(seen: Seen) -> None:
    with states.guarded("the stage moves"):
        figure = figures.stages(seen)
        if figure.rows.is_empty():
            return  # not every company works with stages
        st.header(figure.title, anchor=False)
        exporting.shown().figures["stages"] = figure
        st.markdown(f":gray[:small[{figure.caption}]]")
        figure_block.table(figure, "stages", height=400, on_cell=lambda row, _: str(figure.rows["id"][row]))


def _one_of(key: str, words_of: dict[str, str]) -> str:
    return st.selectbox(
        "Number", list(words_of), key=key, bind="query-params", label_visibility="collapsed", width=170
    )


def _segment(key: str, options: tuple[str, ...], default: str) -> str:
    return st.segmented_control(
        "View",
        options,
        default=default,
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )


@st.fragment
def _page() -> None:
    with states.guarded("the dashboard"):
        show()


_page()
