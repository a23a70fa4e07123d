"""What a board says beside its table: what it shows, who moved, and by which rules. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console import day_words, words
from console.board_period import CUSTOM, MONTH, TODAY, WEEK, YESTERDAY, Chosen, Race
from console.readers.board import Board, Day
from console.readers.freshness import Freshness
from console.readers.kpi import Kpi

_WHEN = {
    TODAY: "today",
    YESTERDAY: "yesterday",
    WEEK: "this week",
    MONTH: "this month",
    CUSTOM: "in these days",
}
# What is counted apart, by the name that the dictionary gives it: one, many, and what is true of them.
_LEFT_OUT = {
    "not_verifiable": ("visit that cannot be verified is", "visits that cannot be verified are", "not counted"),
    "other_origin": ("that no person logged is", "that no person logged are", "not counted"),
    "before_start": ("from before the start of the numbers is", "from before the start of the numbers are", "not counted"),
    "unclassified": ("has", "have", "a result in no class"),
    "without_outcome": ("is due without an outcome", "are due without an outcome", "and stays in the denominator"),
    "credited_to_nobody": ("sale is", "sales are", "credited to nobody"),
    "without_value": ("sale has", "sales have", "no value"),
}  # fmt: skip


def when(chosen: Chosen) -> str:
    """The period inside a sentence."""
    return _WHEN[chosen.period]


def facts(
    chosen: Chosen,
    race: Race,
    whose: str,
    refreshed_at: datetime | None,
    fresh: Freshness,
    now: datetime,
    zone: str,
    everybody: str | None,
) -> str:
    """The line under the title: days, whose, and how fresh. Live is only what is being read.

    `everybody` is the zone whose days count for all, None for each rep's local days.
    """
    days = words.days(race.span.first, race.span.last)
    named = days if chosen.period == CUSTOM else f"{chosen.period}, {days}"
    said = f"{named}, {day_words.whose(everybody)} · {whose}"
    if refreshed_at is None:
        return said
    if fresh.read_at is None:
        return f"{said} · counted {words.age(refreshed_at, now, zone)}"
    if fresh.stale:
        return f"{said} · as of {words.moment(fresh.read_at, now, zone)}"
    return f"{said} · live, read {words.age(fresh.read_at, now, zone)}"


def rules(board: Board, race: Race) -> str:
    """How the ranks came about, what was left out, and where SalesScreen's days are others."""
    said = ["Ties share a rank and are ordered by who got there first."]
    if board.kpi.denominator is not None:
        said[0] = "Ties share a rank; the larger sample comes first."
        said.append(
            f"Under {board.least:,} {board.kpi.denominator_words} there is no rank." if board.least else ""
        )
    said += _left_out(board.left_out)
    if board.compared:
        said.append(f"Move: ranks won or lost {race.against}.")
    else:  # the period has just begun, or nobody had a rank by then
        said.append("Who moved is shown once there is an earlier standing.")
    said.append(day_words.difference(board.days))
    return " ".join(filter(None, said))


def stays(day: Day) -> str:
    """Where a rep who changed teams stood in each of them: a number counts for the team of its day."""
    said = []
    for stay in reversed(day.stays):
        where = f"in {words.plain(stay.team)}" if stay.team else "in no team"
        rank = f"rank {stay.place.rank} of {stay.place.of}" if stay.place and stay.place.rank else "no rank"
        said.append(f"{words.days(stay.first, stay.last)} {where}: {rank}")
    return f"You changed teams, and each day counts for its own. {'. '.join(said)}."


def _left_out(extra: Mapping[str, Any]) -> list[str]:
    found = []
    for name, (one, many, true) in _LEFT_OUT.items():
        count = int(extra.get(name) or 0)
        if count:
            found.append(f"{words.counted(count, one, many)} {true}.")
    return found


def move(moved: int | None, rank: int | None) -> str | None:
    """The move of a rank as a cell tells it: "▲ 2", "▼ 1", "new"; None when it stayed, or there is no rank."""
    if rank is None:
        return None
    if moved is None:
        return "new"
    return f"▲ {moved}" if moved > 0 else f"▼ {-moved}" if moved < 0 else None


def gap(points: float | None, kpi: Kpi) -> str:
    """How far it is to the next better value: "3", "2.3 pts"."""
    if points is None:
        return words.EMPTY
    return f"{points * 100:.1f} pts" if kpi.unit == "share" else words.number(points, kpi.unit)
