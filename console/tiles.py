"""The tiles: six numbers, each with its move, its course, its definition and the door to its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from console import words
from console.figures import Seen, Shown, door, parts_of
from console.filters import TOLD
from console.readers import kpi as numbers
from console.readers.kpi import Pace, Value


@dataclass(frozen=True)
class Tile:
    """A number as a tile shows it; `part` and `after` are what its door opens and how that is called."""

    key: str
    label: str
    after: str = ""
    part: str = "numerator"


TILES = (
    Tile("doors", "Doors knocked", " visits", "visits"),
    Tile("verified_share", "Verified share"),
    Tile("contact_rate", "Contact rate"),
    Tile("set", "Appointments set", " set"),
    Tile("closer_sit_rate", "Sit rate", " due"),
    Tile("close_rate", "Close rate", " sat"),
)
_DELTA: Mapping[str, Literal["normal", "inverse"]] = {"higher": "normal", "lower": "inverse"}
# The funnel's last step is of the same answer, so that it costs no question of its own.
KEYS = (*(tile.key for tile in TILES), "sold")
_NAMES = {tile.key: tile.label for tile in TILES} | {"sold": "Sales"}


def show(seen: Seen) -> list[Shown]:
    """All six, two a row on a phone; gives them as they were shown."""
    now = numbers.values(seen.filters, seen.span, KEYS)
    before = numbers.values(seen.filters, seen.before, KEYS)
    courses = numbers.sparks(seen.filters, seen.span, KEYS[:-1], "day") if seen.span.days > 1 else {}
    paces, unpaced = numbers.paces(seen.filters, KEYS), numbers.unpaced(seen.filters)
    grid = st.grid("auto", min_column_width=160, border=True)
    for tile in TILES:
        with grid.cell(), st.container(gap="xxsmall"):
            course = courses[tile.key]["value"].drop_nulls().to_list() if courses else []
            _tile(tile, now[tile.key], before[tile.key], course)
            for pace in paces.get(tile.key, ()):
                _pace(tile.key, pace)
            for aside in _asides(now[tile.key], unpaced=tile.key in unpaced):
                st.markdown(f":gray[:small[{aside}]]")
            st.page_link(
                "views/behind.py",
                label=f"{told(tile, now[tile.key])} ›",
                query_params=door(seen.filters, tile.key, tile.part),
            )

    return [_shown(tile, now[tile.key], before[tile.key]) for tile in TILES]


def _shown(tile: Tile, now: Value, before: Value) -> Shown:
    unit = numbers.definition(tile.key).unit
    return Shown(
        label=tile.label,
        value=now.value,
        text=words.number(now.value, unit),
        change=words.change(now.value, before.value, unit),
        before=before.value,
        parts=told(tile, now),
    )


def told(tile: Tile, value: Value) -> str:
    """What the number is made of: "27,940 visits", "742 of 1,045 due"."""
    if tile.part in value.extra:
        return f"{words.number(value.extra[tile.part])}{tile.after}"
    return f"{parts_of(value.numerator, value.denominator)}{tile.after}"


def _tile(tile: Tile, now: Value, before: Value, course: list[float]) -> None:
    kpi = numbers.definition(tile.key)
    change = words.change(now.value, before.value, kpi.unit)
    # What moves by less than is shown is neither a rise nor a fall.
    still = change is not None and not change.strip(words.STILL)
    st.metric(
        tile.label,
        words.number(now.value, kpi.unit),
        change,
        delta_color="off" if still else _DELTA.get(kpi.better, "off"),
        delta_arrow="off" if still else "auto",
        help=f"{kpi.formula[:1].upper()}{kpi.formula[1:]}. {kpi.attribution}",
        chart_data=course if len(course) > 1 else None,
    )


def _asides(now: Value, *, unpaced: bool) -> list[str]:
    """What a filter does not do to this tile, said on it: who looks at one number does not read the line above all."""
    said = []
    if ignored := now.extra.get("not_filtered_by"):
        said.append(f"Not narrowed by {words.either([TOLD[name] for name in ignored])}")
    if unpaced:
        said.append("No pacing: its target is of all work")
    return said


def _pace(key: str, pace: Pace) -> None:
    """Where the week, month or quarter stands against its target."""
    unit = numbers.unit(key)
    span = words.days(pace.first, pace.last)
    actual, target = words.number(pace.actual, unit), words.number(pace.target, unit)
    told = (
        f"Target for {span}: {target}. {actual} so far, {words.number(pace.expected, unit)} are expected by the end of "
        f"{words.days(pace.day, pace.day)} ({pace.days_done} of {words.counted(pace.days_all, 'working day')})."
    )
    if pace.projected is None:
        st.markdown(f":gray[:small[{actual} of {target}]]", help=told)
        return
    reached = pace.projected >= pace.target
    if numbers.definition(key).better == "lower":
        reached = pace.projected <= pace.target
    color, icon = ("green", ":material/trending_up:") if reached else ("orange", ":material/trending_down:")
    heading = f"on course for {words.number(pace.projected, unit)}" if unit != "share" else actual
    st.markdown(f":{color}[{icon}] :small[{heading} of {target}]", help=told)


def notes(now: Mapping[str, Value]) -> list[str]:
    """What the numbers of the tiles leave out or count in doubt, and which of them a filter does not narrow."""
    doors, verified, contact, sit = (
        now[key].extra for key in ("doors", "verified_share", "contact_rate", "closer_sit_rate")
    )
    notes = (
        ("not counted", (doors.get("other_origin"), "not logged by a person"), (doors.get("before_start"), "before the start of the numbers")),
        ("outside the verified share", (verified.get("not_verifiable"), "visits that cannot be verified")),
        ("counted as no contact", (contact.get("unclassified"), "doors with a result in no class")),
        (
            "counted as not sat", (sit.get("without_outcome"), "appointments without an outcome"),
            (sit.get("unclassified"), "appointments with an outcome in no class"),
        ),
    )  # fmt: skip
    found = []
    for how, *counts in notes:
        told = [f"{words.number(count)} {what}" for count, what in counts if count]
        if told:
            found.append(f"{how}: {words.listed(told)}")
    return found + _not_narrowed(now)


def _not_narrowed(now: Mapping[str, Value]) -> list[str]:
    """A filter that means nothing for a number is not applied to it: "not narrowed by verified: Sit rate"."""
    by_filters: dict[str, list[str]] = {}
    for key in KEYS:
        ignored = now[key].extra.get("not_filtered_by")
        if ignored:
            by_filters.setdefault(words.either([TOLD[name] for name in ignored]), []).append(_NAMES[key])
    return [f"not narrowed by {ignored}: {words.listed(named)}" for ignored, named in by_filters.items()]
