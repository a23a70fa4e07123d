"""One run of one sync after its pull: settle what is unknown -> plan -> guard -> apply -> record.

The caller holds the turns of both systems, so nothing is pulled or written beside it. A crash at any step leaves a
store from which the next run reaches the same end: the mark of what was planned moves last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import polars as pl

from data import ledger
from data.store import Store
from data.syncs import failures, links, plans, states
from data.syncs.recording import Found, record
from sync.engine import guards
from sync.engine.definition import Definition
from sync.engine.guards import Guarded, Held
from sync.engine.outcome import Plan
from sync.errors import FieldlineError, StalePlanError, StopSystemError
from sync.settings import Settings
from sync.syncs.applying import Apis, Applied, apply_plan, connected
from sync.syncs.planning import Planned, all_due, engine_state, make_plan
from sync.syncs.settling import settle

AGAIN = 3  # plans in one run: what a write brings about (a link, an answer of automation) is planned at once


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
    failures: list[FieldlineError] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        names = ("planned", "written", "failed", "unknown", "skipped", "blocked", "linked", "conflicts")
        return {name: getattr(self, name) for name in names}

    @property
    def tidy(self) -> bool:
        """Whether nothing of it waits for a person."""
        return not (self.failed or self.unknown or self.blocked or self.held or self.failures)

    @property
    def nothing_written(self) -> bool:
        """Whether guards held every class there was."""
        return bool(self.held) and not (self.written or self.failed or self.unknown)


@dataclass(frozen=True)
class Wanted:
    """What a run was asked for beside the sync itself."""

    only: tuple[str, ...] = ()
    plan: str | None = None  # a saved plan: nothing that is not in it is done
    approved: Mapping[str, int] = field(default_factory=dict, hash=False)


def run_sync(
    store: Store,
    settings: Settings,
    definition: Definition,
    wanted: Wanted,
    *,
    run: str,
    pulled_at: datetime,
    stop: threading.Event,
    pull_again: Callable[[], None],
) -> SyncReport:
    """Run one sync that is on; `pull_again` mirrors what was written, so that it is planned on what is true.

    Raises StalePlanError when a saved plan was made from another version of the configuration.
    """
    report = SyncReport(definition.sync)
    allowed = _plan_actions(store, definition, wanted)
    with connected(settings, stop, spotio=True, salesforce=True) as apis, _metered(store, run, apis):
        if apis.salesforce is not None:
            settle(store, definition, apis.salesforce, run=run, pulled_at=pulled_at, now=datetime.now(UTC))
        approved = _approved(store, definition, wanted)
        already: dict[str, int] = {}
        for turn in range(AGAIN):
            planned = _plan_and_record(store, settings, definition, wanted, run)
            guarded = _guarded(store, settings, definition, planned, approved, already)
            todo = guarded.actions
            if turn:
                # What was written may bring about changes of the same records; anything else is for a plan that was shown.
                todo = todo.filter(pl.col("kind") == "update")
            if allowed is not None:
                todo = todo.filter(pl.col("action").is_in(allowed))
            if turn == 0:
                _first(report, planned, guarded)
                # An approval is for one run, whether its guard would have held anything or not (C-06).
                plans.use(store, definition.sync, run, list(planned.counts), plan=wanted.plan)
            if todo.is_empty() or stop.is_set():
                break
            applied = apply_plan(store, definition, planned.plan, todo, apis, run=run)
            _count(report, applied)
            done = guards.counts_by_class(todo)
            approved = {name: max(0, most - done.get(name, 0)) for name, most in approved.items()}
            already = {name: already.get(name, 0) + done.get(name, 0) for name in {*already, *done}}
            if turn:
                report.planned += sum(n for name, n in done.items() if name not in guards.FREE)
            if applied.failures:
                break
            if _wrote(applied):
                try:
                    pull_again()
                except StopSystemError as error:
                    # What was written is known; it is read, and planned on, when the system answers again.
                    report.failures.append(error)
                    break
            elif not applied.counts.get("linked"):
                break  # all of it was refused or had moved; the next run reads it anew
        else:
            _plan_and_record(store, settings, definition, wanted, run)
    return report


@contextmanager
def _metered(store: Store, run: str, apis: Apis) -> Iterator[None]:
    """Write down what the writes used of each system's calls, however they end (SF-31)."""
    try:
        yield
    finally:
        for system, api, period in (
            ("spotio", apis.spotio, "second"),
            ("salesforce", apis.salesforce, "day"),
        ):
            if api is not None and api.client.meter.calls:
                meter = api.client.meter
                ledger.note_api_use(
                    store, run, system, datetime.now(UTC), calls=meter.calls, seconds=meter.seconds, used=meter.used,
                    allowance=meter.allowance, period=period,
                )  # fmt: skip


def record_plan(
    store: Store, planned: Planned, *, run: str | None, planned_to: datetime | None = None
) -> None:
    """Write down what a plan, or a piece of one, found; with `planned_to`, later plans begin from there."""
    plan, definition = planned.plan, planned.definition
    found = Found(plan.decisions, plan.conflicts, plan.rebases, plan.standing, plan.cases, plan.link_states)
    record(
        store, found, sync=definition.sync, run=run, version=definition.version, now=datetime.now(UTC),
        planned_to=planned_to,
    )  # fmt: skip


def _plan_and_record(
    store: Store, settings: Settings, definition: Definition, wanted: Wanted, run: str
) -> Planned:
    """Plan, and write down what was found, a piece at a time; the mark of what was planned moves last."""
    state = engine_state(store, definition.sync, settings.schedule.salesforce_seconds)
    kept = states.read(store, definition.sync)
    now = datetime.now(UTC)
    planned = make_plan(
        store,
        definition,
        state,
        now=now,
        only=wanted.only or None,
        since=kept.planned_to,
        everything=all_due(definition, kept, now),
        piece=lambda piece: record_plan(store, piece, run=run),
    )
    if not wanted.only:
        record_plan(store, replace(planned, plan=Plan()), run=run, planned_to=planned.reached)
    return planned


def _guarded(
    store: Store,
    settings: Settings,
    definition: Definition,
    planned: Planned,
    approved: Mapping[str, int],
    already: Mapping[str, int],
) -> Guarded:
    """What limits, approvals and Salesforce's calls let through; where that is a part, new work goes before old errors."""
    linked = links.live_count(store, definition.sync)
    old = pl.col("action").is_in(failures.tried_before(store, definition.sync))
    actions = planned.plan.actions.sort("step", old, maintain_order=True)
    return guards.guard(
        definition,
        replace(planned.plan, actions=actions),
        linked=linked,
        approved=approved,
        already=already,
        calls_left=_calls_left(store, settings),
    )


def _calls_left(store: Store, settings: Settings) -> int | None:
    """Calls with rows that Salesforce takes before its reserve begins (N-02); before each one its rows are looked at."""
    told = ledger.last_api_use(store, "salesforce")
    if told is None:
        return None
    used, allowance = told
    return max(0, allowance - used - settings.salesforce.reserve) // 2


def _plan_actions(store: Store, definition: Definition, wanted: Wanted) -> set[str] | None:
    """The actions of the saved plan that is to be carried out; None without one."""
    if wanted.plan is None:
        return None
    saved = plans.read(store, wanted.plan)
    if saved is None:
        raise StalePlanError(f"There is no plan {wanted.plan}.", "Make one with `fieldline plan --save`.")
    if saved["version"] != definition.version:
        raise StalePlanError(
            f"Plan {wanted.plan} was made from version {saved['version']} of the configuration, and"
            f" {definition.version} is in force; nothing was written.",
            "Make a new one with `fieldline plan --save`.",
        )
    return {
        str(action["digest"]) for action in saved["document"]["actions"] if action["sync"] == definition.sync
    }


def _approved(store: Store, definition: Definition, wanted: Wanted) -> dict[str, int]:
    kept = plans.approved(store, definition.sync, plan=wanted.plan, now=datetime.now(UTC))
    return {**kept, **wanted.approved}


def _first(report: SyncReport, planned: Planned, guarded: Guarded) -> None:
    writes = planned.plan.actions.filter(~pl.col("class").is_in(guards.FREE))
    report.planned = writes.height
    report.held = list(guarded.held)
    report.skipped = guarded.held_count
    # A linked pair is one record that waits, though it is told of on both sides.
    blocked = planned.plan.decisions.filter(pl.col("outcome") == "blocked")
    report.blocked = blocked.select(pl.coalesce("link", "id")).n_unique()
    report.conflicts = planned.plan.conflicts.filter(pl.col("winner").is_null()).height


def _count(report: SyncReport, applied: Applied) -> None:
    report.written += applied.counts.get("done", 0)
    report.failed += applied.counts.get("failed", 0)
    report.unknown += applied.counts.get("unknown", 0)
    report.skipped += applied.counts.get("dropped", 0)
    report.linked += applied.counts.get("linked", 0)
    report.failures += applied.failures
    report.overwritten += applied.overwritten
    report.waiting += applied.waiting


def _wrote(applied: Applied) -> bool:
    return any(applied.counts.get(state) for state in ("done", "unknown"))


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
        "problems": [
            {"code": e.code, "text": e.text, "advice": e.advice}
            for report in reports
            for e in report.failures
        ],
        "overwritten": [text for report in reports for text in report.overwritten],
        "waiting": [text for report in reports for text in report.waiting],
    }
