"""Limits that hold a suspicious plan before its first write (SF-30, C-06): the class of actions that trips, not the rest.

An approval bounds what it allows: that many actions of a class, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from sync.engine.definition import Definition
from sync.engine.inputs import TEXT
from sync.engine.outcome import Plan

FREE = ("link", "unlink")  # these write to no system
_NAMES = {
    "create_spotio": "new SPOTIO records", "create_salesforce": "new Salesforce records",
    "update_spotio": "updates of SPOTIO records", "update_salesforce": "updates of Salesforce records",
    "owner_spotio": "owner changes in SPOTIO", "owner_salesforce": "owner changes in Salesforce",
    "delete_spotio": "deletions in SPOTIO", "delete_salesforce": "deletions in Salesforce",
}  # fmt: skip


@dataclass(frozen=True)
class Held:
    """A class of actions that a limit stopped: `planned` of them, of which `allowed` go on after all."""

    name: str
    planned: int
    allowed: int
    limit: str
    text: str


@dataclass(frozen=True)
class Guarded:
    """What of a plan may be carried out, and what is held for a person."""

    actions: pl.DataFrame
    held: tuple[Held, ...]

    @property
    def held_count(self) -> int:
        return sum(each.planned - each.allowed for each in self.held)


def class_name(name: str) -> str:
    """A class of actions as people call it."""
    return _NAMES.get(name, name)


def guard(
    definition: Definition,
    plan: Plan,
    *,
    linked: int,
    approved: Mapping[str, int],
    already: Mapping[str, int] | None = None,
    calls_left: int | None = None,
) -> Guarded:
    """Hold what exceeds the sync's limits.

    `linked` is how many links the sync has; `approved` how many actions of a class a person allowed; `already` how many
    the run has carried out before this plan, since limits are a run's; `calls_left` how many calls of Salesforce's may
    be made (N-02), None when that is not known.
    """
    before = already or {}
    counts = {
        str(name): int(count)
        for name, count in plan.actions.filter(~pl.col("class").is_in(FREE))
        .group_by("class")
        .len()
        .iter_rows()
    }
    suspicious = _suspiciously_gone(definition, plan, linked)
    held = []
    for name, planned in sorted(counts.items()):
        tripped = suspicious or _tripped(name, planned + before.get(name, 0), definition, linked)
        if tripped is None:
            continue
        limit, text = tripped
        allowed = min(planned, approved.get(name, 0))
        if allowed < planned:
            held.append(
                Held(name, planned, allowed, limit, f"{planned:,} {class_name(name)} are planned; {text}")
            )
    if calls_left is not None:
        held += _out_of_calls(counts, {each.name for each in held}, calls_left)
    kept = plan.actions.with_columns(
        number=pl.int_range(pl.len()).over("class"),
        most=pl.col("class").replace_strict({each.name: each.allowed for each in held}, default=None, return_dtype=pl.Int64)
        if held
        else pl.lit(None, pl.Int64),
    ).filter(pl.col("most").is_null() | (pl.col("number") < pl.col("most")))  # fmt: skip
    return Guarded(kept.drop("number", "most"), tuple(held))


def _tripped(name: str, planned: int, definition: Definition, linked: int) -> tuple[str, str] | None:
    limits = definition.guard
    if name.startswith("delete_"):
        if limits.deletes is not None and planned > limits.deletes:
            return "deletes", f"the limit is {limits.deletes:,}."
        return None
    if name.startswith("owner_") and limits.owner_changes is not None and planned > limits.owner_changes:
        return "owner_changes", f"the limit is {limits.owner_changes:,}."
    if limits.writes is not None and planned > limits.writes:
        return "writes", f"the limit is {limits.writes:,}."
    changes = not name.startswith("create_")
    if (
        changes
        and limits.share is not None
        and linked >= limits.share_from
        and planned > linked * limits.share
    ):
        return "share", f"that is more than {limits.share:.0%} of the {linked:,} linked records."
    return None


def _suspiciously_gone(definition: Definition, plan: Plan, linked: int) -> tuple[str, str] | None:
    """Half of everything deleted or hidden at once is more likely a fault of a source than the truth."""
    gone = plan.decisions.filter(
        pl.col("link").is_not_null()
        & pl.col("code").is_in(
            ["deleted_in_spotio", "deleted_in_salesforce", "deleted_in_both", "not_visible"]
        )
    )["link"].n_unique()
    if linked >= definition.guard.share_from and gone > linked * definition.guard.empty_share:
        return "empty", f"but {gone:,} of {linked:,} linked records were deleted or hidden at once, which looks like a fault of a source."  # fmt: skip
    return None


def _out_of_calls(counts: Mapping[str, int], held: set[str], calls_left: int) -> list[Held]:
    """Salesforce's classes when the calls left do not suffice; a call carries 200 rows (reference: sObject Collections)."""
    mine = {name: n for name, n in counts.items() if name.endswith("_salesforce") and name not in held}
    left = calls_left
    found = []
    for name, planned in sorted(mine.items()):
        possible = max(0, left) * 200
        allowed = min(planned, possible)
        left -= -(-allowed // 200)
        if allowed < planned:
            text = f"{planned:,} {class_name(name)} are planned, and Salesforce's calls suffice for {allowed:,} until its day moves."
            found.append(Held(name, planned, allowed, "calls", text))
    return found


def counts_by_class(actions: pl.DataFrame) -> dict[str, int]:
    """How many actions there are of each class."""
    return {
        str(n): int(c)
        for n, c in actions.select(pl.col("class").cast(TEXT))
        .group_by("class")
        .len()
        .sort("class")
        .iter_rows()
    }
