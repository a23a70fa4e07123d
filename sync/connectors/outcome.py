"""What became of one row of a write: the same four questions for both systems, so that one journal holds both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["done", "failed", "unknown", "retry", "moved"]
AboutToSend = Callable[[Sequence[int]], None]
Batches = Iterator[tuple[list[int], list["Outcome"]]]
"""(positions in the request, their outcomes) of one call as it ends."""


@dataclass(frozen=True)
class Outcome:
    """What became of the row at `index` of a request.

    done     the system holds what was sent
    failed   refused for good: a person must act
    retry    nothing was written, and it may work the next time
    unknown  a call was sent and no answer tells whether it was carried out: look before it is sent again
    moved    a value that was to be replaced is no longer the one that was planned on: nothing was written
    """

    index: int
    kind: Kind
    id: str | None = None
    """The record's id; with DUPLICATE_VALUE that of the record which holds the value already."""
    code: str = ""
    """Empty when done; Salesforce's statusCode, or for SPOTIO validation, not_found, forbidden, not_kept, ..."""
    text: str = ""
    """The system's own words; ours where it has none."""
    fields: tuple[str, ...] = ()
    """Fields that the error names; of a moved row those that moved."""
    record: Mapping[str, Any] | None = None
    """The record as it was read last: after the write, or, of a moved row, instead of it."""
    overwrote: Mapping[str, Any] = field(default_factory=dict)
    """SPOTIO: `{field id, "stage" or "owner": value}` that somebody wrote between our reading and our write, and that
    our write replaced; values as SPOTIO's own notes tell them, a multiple choice as one text."""
    unproven: bool = False
    """SPOTIO: its notes did not show our own change in time, so nobody knows whether `overwrote` is complete."""


def silent(rows: Sequence[int]) -> None:
    """The `about_to_send` of a caller who keeps no journal."""


def in_order(batches: Batches) -> list[Outcome]:
    """All outcomes of a request, in its order."""
    return sorted((each for _, outcomes in batches for each in outcomes), key=lambda outcome: outcome.index)
