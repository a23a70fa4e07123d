"""Limits that hold a suspicious plan before its first write (SF-30, C-06): the class of actions that trips, not the rest.

An approval bounds what it allows: that many actions of a class, and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from sync.engine.definition import Definition
from sync.engine.inputs import TEXT
from sync.engine.outcome import Plan

FREE = ("link", "unlink")  # these write to no system
_NAMES = {  # one, several
    "create_spotio": ("new SPOTIO record", "new SPOTIO records"),
    "create_salesforce": ("new Salesforce record", "new Salesforce records"),
    "update_spotio": ("update of a SPOTIO record", "updates of SPOTIO records"),
    "update_salesforce": ("update of a Salesforce record", "updates of Salesforce records"),
    "owner_spotio": ("owner change in SPOTIO", "owner changes in SPOTIO"),
    "owner_salesforce": ("owner change in Salesforce", "owner changes in Salesforce"),
    "delete_spotio": ("deletion in SPOTIO", "deletions in SPOTIO"),
    "delete_salesforce": ("deletion in Salesforce", "deletions in Salesforce"),
}


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
    doubt: str = ""  # a sentence: a source came back suspiciously empty, and nobody has said that it is true

    @property
    def held_count(self) -> int:
        return sum(each.planned - each.allowed for each in self.held)


def class_name(name: str, number: int = 2) -> str:
    """A class of actions as people call it, of so many."""
    one, several = _NAMES.get(name, (name, name))
    return one if number == 1 else several


def counted(name: str, number: int) -> str:
    """So many actions of a class: "1 owner change in SPOTIO"."""
    return f"{number:,} {class_name(name, number)}"


def _planned(name: str, number: int) -> str:
    return f"{counted(name, number)} {'is' if number == 1 else 'are'} planned"


def guard(
    definition: Definition,
    plan: Plan,
    *,
    linked: int,
    approved: Mapping[str, int],
    already: Mapping[str, int] | None = None,
    calls_left: int | None = None,
    known_lost: Collection[str] = (),
) -> Guarded:
    """Hold what exceeds the sync's limits.

    `linked` is how many links the sync has; `approved` how many actions of a class a person allowed; `already` how many
    the run has carried out before this plan, since limits are a run's; `calls_left` how many calls of Salesforce's may
    be made (N-02), None when that is not known; `known_lost` are links whose loss was believed before.
    """
    before = already or {}
    counts = {
        str(name): int(count)
        for name, count in plan.actions.filter(~pl.col("class").is_in(FREE))
        .group_by("class")
        .len()
        .iter_rows()
    }
    suspicious = _suspiciously_gone(definition, plan, linked, known_lost)
    held: list[Held] = []
    for name, planned in sorted(counts.items()):
        tripped = suspicious or _tripped(name, planned + before.get(name, 0), definition, linked)
        if tripped is None:
            continue
        limit, text = tripped
        allowed = min(planned, approved.get(name, 0))
        if allowed < planned:
            held.append(Held(name, planned, allowed, limit, f"{_planned(name, planned)}; {text}"))
    if calls_left is not None:
        held = _within_calls(counts, held, calls_left)
    kept = plan.actions.with_columns(
        number=pl.int_range(pl.len()).over("class"),
        most=pl.col("class").replace_strict({each.name: each.allowed for each in held}, default=None, return_dtype=pl.Int64)
        if held
        else pl.lit(None, pl.Int64),
    ).filter(pl.col("most").is_null() | (pl.col("number") < pl.col("most")))  # fmt: skip
    # Whoever lets all through that it holds, believes the source.
    doubted = suspicious is not None and (not counts or any(each.limit == "empty" for each in held))
    return Guarded(kept.drop("number", "most"), tuple(held), _doubt(suspicious) if doubted else "")


def _doubt(suspicious: tuple[str, str] | None) -> str:
    return "" if suspicious is None else f"{suspicious[1].removeprefix('but ')} Nothing is written meanwhile."


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


def _lost(plan: Plan) -> pl.Series:
    """The links of which a plan finds that a record is deleted or hidden."""
    deleted = plan.link_states.filter(pl.col("state") == "deleted")["link"]
    clashing = plan.conflicts.filter(pl.col("field") == "deletion")["link"]
    hidden = plan.decisions.filter(pl.col("code") == "not_visible")["link"].drop_nulls()
    return pl.concat([deleted, clashing, hidden]).unique()


def without_lost(plan: Plan) -> tuple[Plan, Plan]:
    """What a plan found, apart from what it says of lost records; and that alone, which is written down once it is believed."""
    ours = pl.col("link").is_in(_lost(plan).implode()).fill_null(False)
    names = ("decisions", "conflicts", "link_states")
    rest = replace(plan, **{name: getattr(plan, name).filter(~ours) for name in names})
    # A case of which a lost record is one would be taken for settled where it is not told again.
    return rest, Plan(cases=plan.cases, **{name: getattr(plan, name).filter(ours) for name in names})


def _suspiciously_gone(
    definition: Definition, plan: Plan, linked: int, known: Collection[str]
) -> tuple[str, str] | None:
    """Half of everything deleted or hidden at once is more likely a fault of a source than the truth."""
    gone = _lost(plan).is_in(list(known)).not_().sum()
    if linked >= definition.guard.share_from and gone > linked * definition.guard.empty_share:
        return "empty", f"but {gone:,} of {linked:,} linked records were deleted or hidden at once, which looks like a fault of a source."  # fmt: skip
    return None


def _within_calls(counts: Mapping[str, int], held: Sequence[Held], calls_left: int) -> list[Held]:
    """With Salesforce's classes for which the calls left do not suffice; a call carries 200 rows (reference: sObject Collections)."""
    found = {each.name: each for each in held}
    left = max(0, calls_left)
    for name, planned in sorted(counts.items()):
        if not name.endswith("_salesforce"):
            continue
        wanted = found[name].allowed if name in found else planned
        allowed = min(wanted, left * 200)
        left -= -(-allowed // 200)
        if allowed < wanted:
            text = f"{_planned(name, planned)}, and Salesforce's calls suffice for {allowed:,} until its day moves."
            found[name] = Held(name, planned, allowed, "calls", text)
    return [found[name] for name in sorted(found)]


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
