"""A rep's numbers beside those of the team and of their own past, each with the sample that it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from console import words
from console.figures.figure import Column, Figure, Seen, door, parts_of
from console.filters import Filters
from console.readers import kpi as numbers
from console.readers.board import Past
from console.readers.kpi import Spell, Value

KEYS = (
    "doors", "verified_share", "contact_rate", "set", "sit_rate", "cancel_rate", "close_rate", "sold", "sales_value",
    "log_latency",
)  # fmt: skip


def against(seen: Seen, name: str, teams: Sequence[Past]) -> Figure:
    """One row a number. `seen` is narrowed to the rep; `teams` are those that they were in, each in its days.

    The team's counts are those of an average member who was active, so that they compare; its shares are of all.
    """
    everybody, spells = replace(seen.filters, reps=()), tuple(past.spell for past in teams)
    own = numbers.values(seen.filters, seen.span, KEYS)
    past = numbers.values(seen.filters, seen.before, KEYS)
    others = numbers.values(everybody, seen.span, KEYS, spells) if spells else {}
    average, members = _average_members(everybody, seen, spells)
    before = seen.filters.short_comparison(seen.span)
    rows = [
        (key, numbers.definition(key).name, *_told(key, own[key]))
        + (_told(key, others[key], average.get(key)) if spells else (words.EMPTY, words.EMPTY))
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
        caption=_caption(teams, members),
        doors={key: door(seen.filters, key) for key in KEYS},
    )


def _average_members(
    everybody: Filters, seen: Seen, spells: Sequence[Spell]
) -> tuple[Mapping[str, float], Sequence[int]]:
    """What an average active member counted in the days of each spell, added up; and how many these were in each."""
    counts = tuple(key for key in KEYS if numbers.definition(key).denominator is None)
    average = dict.fromkeys(counts, 0.0)
    members = []
    for spell in spells:
        active = numbers.by(everybody, seen.span, ("activities",), "user", (spell,))["activities"]
        members.append(sum(1 for row in active.values() if row.value))
        if members[-1]:
            found = numbers.values(everybody, seen.span, KEYS, (spell,))
            for key in counts:
                average[key] += (found[key].value or 0) / members[-1]
    return (average if any(members) else {}), members


def _caption(teams: Sequence[Past], members: Sequence[int]) -> str:
    """Whose numbers the team's are, and what its counts are of."""
    if not any(members):
        return ""
    if len(teams) == 1:
        return f"Counts of the team are those of one of its {words.counted(members[0], 'active rep')} on average."
    been = [
        f"{words.plain(past.name)} {words.days(past.spell.first, past.spell.last)} ({words.counted(count, 'active rep')})"
        for past, count in zip(teams, members, strict=True)
    ]
    return (
        f"The team is that of each day: {words.listed(been)}. Its counts are those of an average active rep."
    )


def _told(key: str, value: Value, average: float | None = None) -> tuple[str, str]:
    """The number and its sample in words, of a team's count the average; below the least sample it is not told."""
    kpi, unit = numbers.definition(key), numbers.unit(key)
    if value.extra.get("masked"):
        return "hidden", words.EMPTY
    if kpi.denominator is None:
        if average is None:
            return words.number(value.value, unit), words.EMPTY
        shown = f"{average:,.1f}" if kpi.unit == "count" and average < 100 else words.number(average, unit)
        return shown, f"{words.number(value.value, unit)} in all"
    sample = words.number(value.denominator) if kpi.median else parts_of(value.numerator, value.denominator)
    if not value.denominator:
        return words.EMPTY, words.EMPTY
    few = value.extra.get("sample_too_small")
    return (words.TOO_FEW if few else words.number(value.value, unit)), sample
