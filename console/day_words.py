"""Whose days a page counts by, in words, and how these differ from the days of SalesScreen. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from console import words
from console.readers.days import Days

_HOUR = timedelta(hours=1)


def whose(everybody: str | None) -> str:
    """The days inside the line under a title: "each rep’s local day", "days in Denver for everybody"."""
    return f"days in {words.place(everybody)} for everybody" if everybody else "each rep’s local day"


def whose_time(everybody: str | None) -> str:
    """The hours: "each rep’s local time", "time in Denver"."""
    return f"time in {words.place(everybody)}" if everybody else "each rep’s local time"


def difference(days: Days) -> str:
    """How these days differ from SalesScreen's, in a sentence; empty where they are the same, or nobody can say."""
    differing = [one for one in days.later if any(one)]
    if days.salesscreen is None or not differing:
        return ""
    if days.everybody:
        which = f"days in {words.place(days.everybody)}"
    elif len(days.later) == 1:
        which = "the rep’s local days"
    else:
        all_of_them = len(differing) == len(days.later)
        told = "all" if all_of_them else f"{len(differing):,} of"
        which = f"the local days of {told} {len(days.later):,} reps"
    return f"SalesScreen counts days in {words.place(days.salesscreen)}: {which} begin {_told(differing)} than its own."


def _told(distances: Iterable[frozenset[timedelta]]) -> str:
    """ "1 to 2 h later"; on some days only, where clocks are changed on different ones."""
    every = {distance / _HOUR for one in distances for distance in one}
    hours = sorted({abs(distance) for distance in every if distance})
    length = f"{hours[0]:g}" if len(hours) == 1 else f"{hours[0]:g} to {hours[-1]:g}"
    ways = [way for way, true in (("earlier", min(every) < 0), ("later", max(every) > 0)) if true]
    some = ", on some of these days," if 0.0 in every else ""
    return f"{length} h {words.either(ways)}{some}"
