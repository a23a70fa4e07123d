"""One run of one sync after its pull: settle what is unknown -> plan -> guard -> apply -> record.

The caller holds the turns of both systems, so nothing is pulled or written beside it. A crash at any step leaves a
store from which the next run reaches the same end: the mark of what was planned moves last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import polars as pl

from data import ledger
from data.store import Store
from data.syncs import failures, links, plans, states
from data.syncs.recording import Found, record
from sync.engine import guards
from sync.engine.definition import Definition
from sync.engine.guards import Guarded
from sync.engine.outcome import Plan
from sync.errors import StalePlanError, StopSystemError
from sync.settings import Settings
from sync.syncs.applying import Apis, Applied, apply_plan, connected
from sync.syncs.planning import Planned, all_due, engine_state, make_plan
from sync.syncs.report import SyncReport, writes
from sync.syncs.settling import settle

AGAIN = 3  # plans in one run: what a write brings about (a link, an answer of automation) is planned at once


@dataclass(frozen=True)
class Wanted:
    """What a run was asked for beside the sync itself."""

    only: tuple[str, ...] = ()
    plan: str | None = None  # a saved plan: nothing that is not in it is done
    approved: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass
class _Before:
    """What a run knows of its earlier plans: what is left of approvals, and what was done, by class; which actions."""

    approved: dict[str, int]
    already: dict[str, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # planned, whether they were let through or not
    again: set[str] = field(default_factory=set)  # to be tried in the next run, and not in this one

    def note(self, applied: Applied, todo: pl.DataFrame) -> None:
        self.again |= applied.again
        done = guards.counts_by_class(todo)
        self.approved = {name: max(0, most - done.get(name, 0)) for name, most in self.approved.items()}
        self.already = {n: self.already.get(n, 0) + done.get(n, 0) for n in {*self.already, *done}}


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
    report = SyncReport(definition.sync, stopped=definition.standing_still)
    allowed = _plan_actions(store, definition, wanted)
    with connected(settings, stop, spotio=True, salesforce=True) as apis, _metered(store, run, apis):
        if apis.salesforce is not None:
            now = datetime.now(UTC)
            report.unsettled(
                settle(store, definition, apis.salesforce, run=run, pulled_at=pulled_at, now=now)
            )
        before = _Before(_approved(store, definition, wanted))
        for turn in range(AGAIN):
            planned, guarded = _planned(store, settings, definition, wanted, run, before)
            if turn:
                todo = _following(report, planned, guarded, before)
            else:
                report.first(planned.plan, guarded)
                todo = guarded.actions
                # An approval is for one run, whether its guard would have held anything or not (C-06).
                plans.use(store, definition.sync, run, list(planned.counts), plan=wanted.plan)
            if allowed is not None:
                todo = _as_shown(report, todo, allowed, wanted, before)
            before.seen |= set(planned.plan.actions["action"])
            if todo.is_empty():
                break
            if stop.is_set():
                report.carried_out(Applied(), todo)
                break
            applied = apply_plan(store, definition, planned.plan, todo, apis, run=run)
            report.carried_out(applied, todo)
            before.note(applied, todo)
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
            _planned(store, settings, definition, wanted, run, before)
    return report


def _following(report: SyncReport, planned: Planned, guarded: Guarded, before: _Before) -> pl.DataFrame:
    """What a later plan of a run may do: what was written may bring about changes of the same records.

    Anything else is for a plan that was shown, and what has to wait is for the next run.
    """
    follows = (pl.col("kind") == "update") & ~pl.col("action").is_in(before.again)
    todo = guarded.actions.filter(follows)
    held = planned.plan.actions.filter(follows & ~pl.col("action").is_in(before.seen))
    held = held.join(todo, on="action", how="anti")
    report.planned += writes(held) + writes(todo)
    report.left(writes(held), "what the run's own writes brought about exceeds a limit")
    return todo


def _as_shown(
    report: SyncReport, todo: pl.DataFrame, allowed: set[str], wanted: Wanted, before: _Before
) -> pl.DataFrame:
    """Of what is to be done, what the saved plan has, too; the rest is told of once."""
    beside = todo.filter(~pl.col("action").is_in(allowed))
    told = beside.filter(~pl.col("action").is_in(before.seen))
    report.planned -= writes(beside) - writes(told)
    report.left(writes(told), f"it is not in {wanted.plan}, or has moved since")
    return todo.filter(pl.col("action").is_in(allowed))


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


def _planned(
    store: Store,
    settings: Settings,
    definition: Definition,
    wanted: Wanted,
    run: str,
    before: _Before,
) -> tuple[Planned, Guarded]:
    """Plan, guard, and write down what was found, a piece at a time; the mark of what was planned moves last.

    As long as a source is doubted, what a plan says of lost records is not written down and the mark stands still, so
    that the next run finds them anew and doubts as much (SF-30).
    """
    state = engine_state(store, definition.sync, settings.schedule.salesforce_seconds)
    kept = states.read(store, definition.sync)
    now = datetime.now(UTC)
    known_lost = links.known_lost(store, definition.sync)
    lost: list[Plan] = []

    def piece(found: Planned) -> None:
        rest, of_lost = guards.without_lost(found.plan)
        record_plan(store, replace(found, plan=rest), run=run)
        lost.append(of_lost)

    planned = make_plan(
        store,
        definition,
        state,
        now=now,
        only=wanted.only or None,
        since=kept.planned_to,
        everything=all_due(definition, kept, now),
        piece=piece,
    )
    guarded = what_goes_on(
        store, settings, definition, planned, before.approved, already=before.already, known_lost=known_lost
    )
    if not guarded.doubt:
        for each in lost:
            record_plan(store, replace(planned, plan=each), run=run)
        if not wanted.only:
            record_plan(store, replace(planned, plan=Plan()), run=run, planned_to=planned.reached)
    return planned, guarded


def what_goes_on(
    store: Store,
    settings: Settings,
    definition: Definition,
    planned: Planned,
    approved: Mapping[str, int],
    *,
    already: Mapping[str, int] | None = None,
    known_lost: frozenset[str],
) -> Guarded:
    """What limits, approvals and Salesforce's calls let through; where that is a part, new work goes before old errors.

    `already`: what the run has done of each class before this plan.
    """
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
        known_lost=known_lost,
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
    return plans.digests(store, wanted.plan, definition.sync)


def _approved(store: Store, definition: Definition, wanted: Wanted) -> dict[str, int]:
    kept = plans.approved(store, definition.sync, plan=wanted.plan, now=datetime.now(UTC))
    return {**kept, **wanted.approved}


def _wrote(applied: Applied) -> bool:
    return any(applied.counts.get(state) for state in ("done", "unknown"))
