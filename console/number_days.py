"""Whose days the numbers count by: the part of the Numbers page where that is read, and chosen once by an admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

import streamlit as st

from console import day_words, parts, readers, words
from console.readers import Days
from console.readers import board as boards
from console.readers.numbers import KpiSettings

EACH, ONE = "each", "one"
CHOICES = {EACH: "each rep’s local day", ONE: "days in one time zone for everybody"}
# What the widgets keep; forgotten with the draft.
KEYS = ("days", "everybody-zone", "company-zone", "salesscreen-zone", "team-zones")
_ROWS = 8
# So many days ahead are compared with SalesScreen's: the clocks are changed within them, where they are.
_AHEAD = timedelta(days=365)


def lines(settings: KpiSettings) -> list[str]:
    """Whose days count and how they differ from SalesScreen's, a sentence each."""
    zones = settings.zones
    if zones.everybody:
        said = [f"Days and hours: those of {zones.everybody}, for everybody."]
    else:
        others = len(zones.by_team) + len(zones.by_user)
        apart = f", {words.counted(others, 'team or rep', 'teams and reps')} apart" if others else ""
        said = [f"Days and hours: each rep’s local ones, in {zones.company}{apart}."]
    return [*said, against_salesscreen(settings)]


def against_salesscreen(settings: KpiSettings) -> str:
    """How the days of these settings differ from SalesScreen's in the year to come, or why nobody can say."""
    if settings.zones.salesscreen is None:
        return (
            "SalesScreen’s company time zone is not entered, so nobody can say whether its days are the same."
        )
    today = readers.now().date()
    days: Days = readers.compared_days(boards.reps(), today, today + _AHEAD, settings)
    return day_words.difference(days) or f"SalesScreen counts the same days, in {days.salesscreen}."


def edit(settings: KpiSettings) -> dict[str, Any]:
    """The zones as the reader has them on the page, as the settings take them."""
    zones = settings.zones
    every = sorted(available_timezones())
    st.header("Days", anchor=False)
    choice = st.radio(
        "Days and hours are",
        list(CHOICES),
        list(CHOICES).index(ONE if zones.everybody else EACH),
        format_func=CHOICES.__getitem__,
        key="days",
        horizontal=True,
        help="Chosen once for all numbers. SalesScreen counts by its company’s time zone.",
    )
    left, right = st.columns(2)
    everybody = None
    if choice == ONE:
        everybody = left.selectbox(
            "Time zone for everybody",
            every,
            every.index(zones.everybody or zones.company),
            key="everybody-zone",
        )
        company = zones.company
    else:
        company = left.selectbox(
            "Time zone where no other is said", every, every.index(zones.company), key="company-zone"
        )
    salesscreen = right.selectbox(
        "SalesScreen’s company time zone",
        every,
        every.index(zones.salesscreen) if zones.salesscreen else None,
        placeholder="Not entered",
        key="salesscreen-zone",
        help="As SalesScreen’s own settings show it to its admins. Its API does not tell it.",
    )
    by_team = dict(zones.by_team) if choice == ONE else _teams(settings, every)
    return {
        "company": company,
        "by_team": by_team,
        "by_user": dict(zones.by_user),
        "everybody": everybody,
        "salesscreen": salesscreen,
    }


def _teams(settings: KpiSettings, every: list[str]) -> dict[str, str]:
    """A zone for each team that has one of its own; those below it have it too."""
    zones, teams = settings.zones, readers.all_teams()
    known = {team.id for team in teams}
    kept = {id: zone for id, zone in zones.by_team.items() if id not in known}
    if not teams:
        return kept
    rows = [{"team": team.name, "zone": zones.by_team.get(team.id)} for team in teams]
    changed = st.data_editor(
        rows,
        column_config={
            "team": parts.text_column("Team, with those below", 240),
            "zone": st.column_config.SelectboxColumn("Time zone of its own", options=every, width=240),
        },
        hide_index=True,
        disabled=["team"],
        placeholder=words.EMPTY,
        width="content",
        height=parts.table_height(len(rows), _ROWS),  # type: ignore[call-overload]
        alt=f"{words.counted(len(teams), 'team')}, {len(zones.by_team)} with a time zone of their own",
        key="team-zones",
    )
    said = {team.id: row["zone"] for team, row in zip(teams, changed, strict=True) if row["zone"]}
    return kept | said
