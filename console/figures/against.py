"""A rep's numbers beside those of the team and of their own past, each with the sample that it rests on."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from console import words
from console.figures.figure import Column, Figure, Seen, door, parts_of
from console.readers import kpi as numbers
from console.readers.kpi import Value

KEYS = (
    "doors", "verified_share", "contact_rate", "set", "sit_rate", "cancel_rate", "close_rate", "sold", "sales_value",
    "log_latency",
)  # fmt: skip


def against(seen: Seen, name: str, team: str | None) -> Figure:
    """One row a number. `seen` is narrowed to the rep; `team` is the id of theirs.

    The team's counts are those of an average member who was active, so that they compare; its shares are of all.
    """
    theirs = replace(seen.filters, reps=(), teams=(team,)) if team else None
    own = numbers.values(seen.filters, seen.span, KEYS)
    past = numbers.values(seen.filters, seen.before, KEYS)
    others = numbers.values(theirs, seen.span, KEYS) if theirs else {}
    members = _members(theirs, seen) if theirs else 0
    before = seen.filters.short_comparison(seen.span)
    rows = [
        (key, numbers.definition(key).name, *_told(key, own[key]))
        + (_told(key, others[key], members) if theirs else (words.EMPTY, words.EMPTY))
        + _told(key, past[key])
        for key in KEYS
    ]
    first = name.split()[0]
    # A phone shows the first three; what each rests on follows in the same order.
    columns = (
        Column("kpi", "Number", "text", 150),
        Column("own", first, "text", 80),
        Column("team", "Team", "text", 80),
        Column("past", before, "text", 120),
        Column("own_of", f"{first}’s sample", "text", 140),
        Column("team_of", "Team’s sample", "text", 150),
        Column("past_of", "Sample before", "text", 140),
    )
    return Figure(
        title="Numbers",
        finding=f"{len(rows)} numbers of {name}, of the team and of the days before",
        rows=pl.DataFrame(
            rows, schema=["key", "kpi", "own", "own_of", "team", "team_of", "past", "past_of"], orient="row"
        ),
        columns=columns,
        caption=f"Counts of the team are those of one of its {words.counted(members, 'active rep')} on average."
        if members
        else "",
        doors={key: door(seen.filters, key) for key in KEYS},
    )


def _members(theirs: object, seen: Seen) -> int:
    found = numbers.by(theirs, seen.span, ("activities",), "user")["activities"]  # type: ignore[arg-type]
    return sum(1 for row in found.values() if row.value)


def _told(key: str, value: Value, members: int = 0) -> tuple[str, str]:
    """The number and its sample in words; below the least sample it is not told."""
    kpi, unit = numbers.definition(key), numbers.unit(key)
    if value.extra.get("masked"):
        return "hidden", words.EMPTY
    if kpi.denominator is None:
        each = value.value / members if members and value.value is not None else value.value
        shown = words.number(each, unit)
        if members and kpi.unit == "count" and each is not None and each < 100:
            shown = f"{each:,.1f}"
        return shown, f"{words.number(value.value, unit)} in all" if members else words.EMPTY
    sample = words.number(value.denominator) if kpi.median else parts_of(value.numerator, value.denominator)
    if not value.denominator:
        return words.EMPTY, words.EMPTY
    few = value.extra.get("sample_too_small")
    return (words.TOO_FEW if few else words.number(value.value, unit)), sample
