"""Runs of the two-way sync: pull both systems, then each sync that is on, with both systems held throughout.

What is planned is what was just read, and what is written is read again before anybody else's run.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from data import ledger
from data.errors import StoreError
from data.ledger import Problem
from data.syncs import own_users, states
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.spotio.api import SpotioApi
from sync.errors import FieldlineError, StoppedError, StopSystemError, UsageError
from sync.pull.context import Pull
from sync.pull.salesforce import pull_salesforce
from sync.pull.spotio import SpotioPull
from sync.runner import SYNCED, Progress, Request, Runner, SyncRequest
from sync.syncs.report import SyncReport, as_json
from sync.syncs.resolving import definition, published
from sync.syncs.running import Wanted, run_sync

_ASKED_AGAIN_AFTER = timedelta(hours=1)
_FAULT = "A fault of ours ended the run; see the server's log."


@dataclass
class SyncOutcome:
    """How a run of syncs ended: done, partial (something failed, is blocked or held), held (nothing was written), stopped."""

    run: str
    outcome: str
    reports: list[SyncReport]

    def as_json(self) -> dict[str, Any]:
        """The contract's report of a sync."""
        return {**as_json(self.run, self.reports), "outcome": self.outcome}


def sync(runner: Runner, request: SyncRequest, progress: Progress | None = None) -> SyncOutcome:
    """Run syncs that are on, one after the other, as soon as nobody else reads or writes the systems.

    Raises UsageError for a sync that there is not or that is off, and what kept the pull that comes first from reading
    the synced records.
    """
    for system in SYNCED:
        runner.chosen(system)
    with runner.turn(SYNCED):
        return _held(runner, request, progress or (lambda _: None))


def _held(runner: Runner, request: SyncRequest, progress: Progress) -> SyncOutcome:
    names = _running(runner, request.syncs)
    if not names:
        return SyncOutcome("", "done", [])
    if request.pull:
        pull_both(runner, request.asked_by, progress)
    _know_ourselves(runner)
    run = runner.open_run("sync", request.asked_by, SYNCED)
    reports: list[SyncReport] = []
    try:
        for name in names:
            if runner.stop.is_set():
                break
            reports.append(_one(runner, name, request, run))
    except BaseException as error:
        text = str(error) if isinstance(error, FieldlineError | StoreError) else _FAULT
        with suppress(StoreError):  # told by the first one; the run is closed when the store takes it
            runner.finish(run, "failed", text)
        raise
    outcome = _outcome(reports, stopped=runner.stop.is_set())
    texts = [error.text for report in reports for error in report.failures]
    texts += [held.text for report in reports for held in report.held]
    texts += [text for report in reports for text in report.stopped]
    runner.finish(run, outcome, "; ".join(dict.fromkeys(texts)) or None)
    return SyncOutcome(run, outcome, reports)


def _outcome(reports: Sequence[SyncReport], *, stopped: bool) -> str:
    if stopped:
        return "stopped"
    if reports and all(report.nothing_written for report in reports):
        return "held"
    return "done" if all(report.tidy for report in reports) else "partial"


def _running(runner: Runner, wanted: Sequence[str]) -> list[str]:
    """The syncs to run; one that is named must be on."""
    running = {state.sync for state in states.read_all(runner.store) if state.on}
    there = [each.settings.name for each in published(runner.store)]
    for name in wanted:
        if name not in there:
            definition(runner.store, name)  # says which there are
        if name not in running:
            raise UsageError(f"{name} is not on.", f"Turn it on with `fieldline sync-on {name}`, or resume it.")  # fmt: skip
    return [name for name in there if name in running and (not wanted or name in wanted)]


def pull_both(runner: Runner, asked_by: str, progress: Progress) -> None:
    """Pull both systems, whose turns the caller holds; raises what kept the synced records from being read."""
    report = runner.pull_held(Request(SYNCED, asked_by), progress)
    unread = runner.store.rows(
        "select 1 from sync.run_table where run = $run and outcome <> 'done' and table_name in ('record', 'lead')",
        {"run": report.run},
    )
    lost = [error for error in report.failures if isinstance(error, StopSystemError)]
    if lost or unread or report.outcome in ("failed", "stopped"):
        raise lost[0] if lost else report.failures[0] if report.failures else StoppedError()


def _know_ourselves(runner: Runner) -> None:
    """Ask Salesforce now and then in whose name we write there, so that what automation does in that name is told apart (F-06).

    SPOTIO is not asked: its key is a person's, who works under the same name.
    """
    now = datetime.now(UTC)
    seen = own_users.seen_at(runner.store, "salesforce")
    if seen is not None and now - seen < _ASKED_AGAIN_AFTER:
        return
    with SalesforceApi(runner.settings.salesforce, runner.stop) as salesforce:
        found = salesforce.user_id()
    if found is not None:
        own_users.note(runner.store, "salesforce", found, now)


def _one(runner: Runner, name: str, request: SyncRequest, run: str) -> SyncReport:
    now = datetime.now(UTC)
    try:
        made = definition(runner.store, name)
    except UsageError as error:
        # What it names is gone: this sync stands still, the others go on.
        ledger.note_sync(runner.store, run, name, None, now)
        problem = Problem("sync", error.code, error.text, error.advice, table=name)
        ledger.note_problem(runner.store, run, problem, now)
        return SyncReport(name, failures=[error])
    ledger.note_sync(runner.store, run, name, made.version, now)
    report = run_sync(
        runner.store,
        runner.settings,
        made,
        Wanted(request.only, request.plan, request.approved),
        run=run,
        pulled_at=_pulled_at(runner),
        stop=runner.stop,
        pull_again=lambda: _pull_written(runner, made.sobject, request.asked_by),
    )
    for failure in report.failures:
        system = getattr(failure, "system", "sync")
        problem = Problem(system, failure.code, failure.text, failure.advice, table=name)
        ledger.note_problem(runner.store, run, problem, now)
    return report


def _pulled_at(runner: Runner) -> datetime:
    """When the last complete reading of SPOTIO's records began; long ago when there was none."""
    rows = runner.store.rows(
        "select max(started_at) as began from sync.run_table"
        " where outcome = 'done' and system = 'spotio' and table_name = 'record'"
    )
    return rows[0]["began"] or datetime(1970, 1, 1, tzinfo=UTC)


def _pull_written(runner: Runner, sobject: str, asked_by: str) -> None:
    """Read what changed on both sides just now: what was written, and what automation made of it."""
    run = runner.open_run("pull", asked_by, SYNCED)
    failures: list[FieldlineError] = []
    settings = runner.settings
    try:
        pull = Pull(runner.store, run, "schedule", False, runner.stop, lambda _: None)
        with (
            SalesforceApi(settings.salesforce, runner.stop) as salesforce,
            runner.metered(pull, "salesforce", salesforce.client, "day"),
        ):
            pull_salesforce(pull, salesforce, (sobject, f"{sobject}History"), settings.salesforce.bulk_from)
        with (
            SpotioApi(settings.spotio, runner.stop) as spotio,
            runner.metered(pull, "spotio", spotio.client, "second"),
        ):
            SpotioPull(pull, spotio).records.read(spotio.workflow())
        failures = pull.failures
    except BaseException as error:
        runner.finish(run, "failed", str(error) if isinstance(error, FieldlineError) else _FAULT)
        raise
    runner.finish(run, "partial" if failures else "done", "; ".join(each.text for each in failures) or None)
