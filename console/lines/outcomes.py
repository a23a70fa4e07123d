"""The outcomes of the log of records: their states, and the words by which the page is narrowed to them."""

from __future__ import annotations

from console import signs, why_words
from console.signs import Sign

ALL = "All"
READ = "Read"  # of a run: not its records but the tables that were read for it
# These words stand in links that people keep, so they never change.
OUTCOMES: dict[str, tuple[str, ...]] = {
    "Written": ("written",),
    "Failed": ("failed",),
    "Blocked": ("blocked",),
    "To decide": ("conflict", "undecided"),
    "Waiting": ("waiting", "planned"),
    "Linked": ("linked", "unlinked"),
    "Unknown": ("unknown",),
    "Moved": ("moved", "not_written"),
    "Left out": ("out_of_scope", "frozen", "excluded", "deleted"),
}
_OF_WRITES: dict[str, Sign] = {
    "written": signs.WRITTEN,
    "failed": signs.FAILED,
    "linked": signs.LINKED,
    "unlinked": signs.UNLINKED,
    "unknown": signs.NO_END,
    "moved": signs.MOVED,
    "not_written": signs.NOT_WRITTEN,
}
# Why a value was written, by the engine's word (sync/engine/outcome.py).
REASONS = {
    "edited": "Changed",
    "created": "New",
    "constant": "Constant",
    "conflict": "Won a conflict",
    "resolved": "Decided",
    "backfill": "Back-fill",
    "automation": "Automation",
    "linked": "As it stood",
    "standing": "Differs",
}


def sign(outcome: str) -> Sign:
    """An outcome of the store as its state."""
    return _OF_WRITES[outcome] if outcome in _OF_WRITES else why_words.outcome(outcome)


def all_signs() -> list[Sign]:
    """Every state that a line can have."""
    return [sign(name) for names in OUTCOMES.values() for name in names]
