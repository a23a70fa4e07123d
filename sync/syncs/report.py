"""What one sync of a run came to, in numbers and in sentences: whatever was planned is in it somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sync.engine import guards
from sync.engine.definition import Side
from sync.engine.guards import Guarded, Held
from sync.engine.outcome import Plan
from sync.errors import FieldlineError
from sync.syncs.applying import Applied


@dataclass
class SyncReport:
    """How one sync of a run ended."""

    sync: str
    planned: int = 0
    written: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0  # moved since the plan, or kept for the next one
    blocked: int = 0
    linked: int = 0
    conflicts: int = 0
    held: list[Held] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)  # those blocked or refused, with the reason
    failures: list[FieldlineError] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)  # what stands still until a person looks at it, and why

    def first(self, plan: Plan, guarded: Guarded) -> None:
        """What the run's first plan found, and what a guard held of it."""
        self.planned = writes(plan.actions)
        self.held = list(guarded.held)
        self.skipped = guarded.held_count
        if guarded.doubt and not guarded.held:
            self.stopped.append(guarded.doubt)
        # A linked pair is one record that waits, though it is told of on both sides.
        blocked = plan.decisions.filter(pl.col("outcome") == "blocked")
        alone = blocked.unique(pl.coalesce("link", "id"), keep="first", maintain_order=True)
        self.blocked = alone.height
        self.records += [
            {
                "outcome": "blocked",
                **{name: row[name] for name in ("system", "id", "link", "code", "field", "text")},
            }
            for row in alone.iter_rows(named=True)
        ]
        self.conflicts = plan.conflicts.filter(pl.col("winner").is_null()).height

    def carried_out(self, applied: Applied, todo: pl.DataFrame) -> None:
        """What carrying actions out came to; those that were not begun are for the next run."""
        self.written += applied.counts.get("done", 0)
        self.failed += applied.counts.get("failed", 0)
        self.unknown += applied.counts.get("unknown", 0)
        self.skipped += applied.counts.get("dropped", 0)
        self.linked += applied.counts.get("linked", 0)
        self.records += [{"outcome": "failed", **_on_its_side(each)} for each in applied.refused]
        self.failures += applied.failures
        self.overwritten += applied.overwritten
        self.waiting += applied.waiting
        self.left(writes(todo) - applied.ended, "the run ended before")

    def left(self, number: int, why: str) -> None:
        """So many planned writes were not begun."""
        if number:
            self.skipped += number
            many = "s were" if number > 1 else " was"
            self.waiting.append(
                f"{number:,} planned write{many} not begun ({why}); the next run looks again."
            )

    def unsettled(self, number: int) -> None:
        """So many writes of earlier runs have no known end, and their records are in no plan until they have."""
        if number:
            many = "s have" if number > 1 else " has"
            self.waiting.append(
                f"{number:,} earlier write{many} no known end yet; nothing of these records is written until a look shows it."
            )

    @property
    def counts(self) -> dict[str, int]:
        names = ("planned", "written", "failed", "unknown", "skipped", "blocked", "linked", "conflicts")
        return {name: getattr(self, name) for name in names}

    @property
    def tidy(self) -> bool:
        """Whether nothing of it waits for a person."""
        return not (self.failed or self.unknown or self.blocked or self.held or self.failures or self.stopped)

    @property
    def nothing_written(self) -> bool:
        """Whether guards held every class there was."""
        return bool(self.held) and not (self.written or self.failed or self.unknown)


def _on_its_side(refused: dict[str, Any]) -> dict[str, Any]:
    """A refused write as one record: the one that was to be changed, or of which another was to be made."""
    system = str(refused["system"])
    if refused[f"{system}_id"] is None:
        system = str(Side(system).other)
    return {"system": system, "id": refused[f"{system}_id"], "code": refused["code"], "text": refused["text"]}


def writes(actions: pl.DataFrame) -> int:
    """How many of them write to a system."""
    return actions.filter(~pl.col("class").is_in(guards.FREE)).height


def as_json(run: str, reports: Sequence[SyncReport]) -> dict[str, Any]:
    """The contract's report of a run: `{run, counts, guard}`, and each sync's own."""
    counts: dict[str, int] = {}
    for report in reports:
        for name, number in report.counts.items():
            counts[name] = counts.get(name, 0) + number
    held = [
        {"sync": r.sync, "class": h.name, "planned": h.planned, "allowed": h.allowed, "limit": h.limit, "text": h.text}
        for r in reports for h in r.held
    ]  # fmt: skip
    return {
        "run": run,
        "counts": counts,
        "guard": {"held": held},
        "syncs": [{"sync": report.sync, "counts": report.counts} for report in reports],
        "records": [{"sync": report.sync, **each} for report in reports for each in report.records],
        "problems": [
            {"code": e.code, "text": e.text, "advice": e.advice}
            for report in reports
            for e in report.failures
        ],
        "overwritten": [text for report in reports for text in report.overwritten],
        "waiting": [text for report in reports for text in report.waiting],
        "stopped": [text for report in reports for text in report.stopped],
    }
