"""How large a world is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of the company and of the six months of work it remembers."""

    name: str
    reps: int
    teams: int
    records: int
    """Leads and accounts in SPOTIO; nine of ten are leads."""
    activities: int
    """Activities in SPOTIO; reached within a few per cent."""


TINY = Scale("tiny", reps=6, teams=2, records=120, activities=900)
SMALL = Scale("small", reps=40, teams=5, records=5_000, activities=60_000)
MEDIUM = Scale("medium", reps=100, teams=12, records=40_000, activities=250_000)
LARGE = Scale("large", reps=400, teams=40, records=222_500, activities=1_000_000)

SCALES: dict[str, Scale] = {scale.name: scale for scale in (TINY, SMALL, MEDIUM, LARGE)}
