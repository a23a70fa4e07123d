"""Each visit of a rep in words: when, where, and whether it counted. Pure.

What counts depends on the number that is looked at: of a door with several visits the first one counts, for verified
doors the first that is verified. So the counted lines of some days are as many as the number of those days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from console import words

# Numbers that are made of visits; with any other one, visits are told as for verified doors, its strictest reading.
_OF_DOORS = "doors"


@dataclass(frozen=True)
class Knock:
    """One visit. `why` is empty when it counted; `distance` is in metres from the pin, where it was measured."""

    id: str
    day: date
    local_time: datetime
    record_id: str | None
    place: str
    address: str
    template_id: str | None
    result_id: str | None
    counted: bool
    why: str
    distance: float | None

    @property
    def told(self) -> str:
        """Whether it counted, in a line."""
        return "counted" if self.counted else f"not counted: {self.why}"


def knocks(found: pl.DataFrame, number: str) -> list[Knock]:
    """The visits of `ask.knocks`, in the order of time, as `number` counts them."""
    told, doors = [], set()
    for row in found.iter_rows(named=True):
        door = (row["user_id"], row["record_id"], row["day"])
        fit = row["record_id"] is not None and not str(row["reason"] or "").startswith("not counted: ")
        if number != _OF_DOORS:
            fit = fit and row["verified"]
        counted = fit and door not in doors
        if counted:
            doors.add(door)
        told.append(_knock(row, counted=counted, again=fit and not counted))
    return told


def _knock(row: dict[str, Any], *, counted: bool, again: bool) -> Knock:
    return Knock(
        id=row["id"],
        day=row["day"],
        local_time=row["local_time"],
        record_id=row["record_id"],
        place=row["name"] or row["address"] or "A place without a name",
        address=(row["address"] or "").split(",")[0] if row["name"] else "",
        template_id=row["template_id"],
        result_id=row["result_id"],
        counted=counted,
        why="" if counted else "this door counted already that day" if again else _why(row["reason"]),
        distance=row["distance"],
    )


def _why(reason: str | None) -> str:
    """The engine's reason without the word that the line begins with."""
    parts = [part for part in (reason or "").split("; ") if part]
    plain = [part.partition(": ")[2] if part.startswith("not ") else part for part in parts]
    return "; ".join(plain) or words.EMPTY
