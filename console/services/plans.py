"""Plan what the next run would write, approve what a guard holds of a plan, and have it carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console import words
from console.context import context
from console.identity import require
from console.readers import now
from console.services.commands import carried_out
from data import auditing
from sync.engine.guards import counted


@dataclass(frozen=True)
class Answer:
    """What came of it, in a sentence; `refused`: nothing was done, and this is why. `plan` is the one that was made."""

    text: str
    refused: bool = False
    plan: str = ""
    until: datetime | None = None


def make(sync: str) -> Answer:
    """Plan a sync anew from the mirror as it is; nothing is written to any system."""
    person = require("admin")
    answer = carried_out("plan", {"sync": sync, "save": True, "person": person.author})
    return Answer(answer, refused=True) if isinstance(answer, str) else Answer("", plan=answer["plan_id"])


def approve(plan: str, sync: str, classes: Mapping[str, int]) -> Answer:
    """Let a run of this plan do so many actions of each class beyond its limits, for an hour, and ask for that run."""
    person = require("admin")
    asked = {"plan": plan, "sync": sync, "classes": dict(classes), "person": person.author}
    answer = carried_out("approve_plan", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    until = datetime.fromisoformat(answer["until"])
    told = words.listed([counted(name, most) for name, most in classes.items()])
    _write_down(f"Approved at most {told} of plan {plan} of {sync}", {**asked, "until": answer["until"]})
    context().request_sync(sync, plan)
    return Answer(f"Approved at most {told} of plan {plan}", until=until)


def withdraw(plan: str, sync: str) -> Answer:
    """End what was approved of a plan, as long as no run has made use of it."""
    person = require("admin")
    asked = {"plan": plan, "sync": sync, "person": person.author}
    answer = carried_out("withdraw_approval", asked)
    if isinstance(answer, str):
        return Answer(answer, refused=True)
    if not answer["withdrawn"]:
        return Answer(
            "A run has made use of the approval already, or it has ended; nothing was withdrawn.",
            refused=True,
        )
    _write_down(f"Withdrew what was approved of plan {plan} of {sync}", asked)
    return Answer(f"Withdrew what was approved of plan {plan}. What it holds stays held.")


def carry_out(plan: str, sync: str) -> Answer:
    """Ask for a run of what a plan holds and no limit does, and of nothing beyond it."""
    person = require("admin")
    if not context().request_sync(sync, plan):
        return Answer(f"A run of plan {plan} is waiting already; nothing more was asked for.", refused=True)
    _write_down(
        f"Asked for a run of plan {plan} of {sync}", {"plan": plan, "sync": sync, "person": person.author}
    )
    return Answer(
        f"Asked for a run of plan {plan}. It reads both systems first; what moved meanwhile is left out."
    )


def _write_down(text: str, details: Mapping[str, Any]) -> None:
    auditing.write_down(
        context().store, person=require("admin").author, what="plan", text=text, details=details, now=now()
    )
