"""One pull, from the first call to the closed run; and who may run when.

A system is read by one run at a time: a second request for it waits for the first. Different systems are read side by
side.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from data import ledger
from data.errors import StoreError
from data.ledger import Problem, TableCounts
from data.schema import SYSTEM_NAMES
from data.store import Store
from sync.connections import Connections
from sync.connectors.http import Client
from sync.connectors.salesforce.api import SalesforceApi
from sync.connectors.spotio.api import SpotioApi
from sync.errors import FieldlineError, RejectedError, StoppedError, UsageError
from sync.facts import refresh_facts
from sync.pull.context import Pull
from sync.pull.named import pull_named
from sync.pull.salesforce import pull_salesforce
from sync.pull.salesscreen import pull_salesscreen
from sync.pull.spotio import SpotioPull
from sync.settings import SYSTEMS, Settings

log = logging.getLogger("fieldline")

# The systems that a sync keeps in step; a run of it holds both.
SYNCED = ("spotio", "salesforce")

Progress = Callable[[TableCounts], None]


@dataclass(frozen=True)
class Request:
    """What to pull, and who asked. Without a system nothing is pulled, and the numbers alone are derived anew."""

    systems: tuple[str, ...]
    asked_by: str  # command | console | schedule | webhook
    reconcile: bool = False  # read everything, and ask for what is missing
    nightly: bool = False  # the same, but for SPOTIO's older activities
    named: bool = False  # only what webhooks named


@dataclass(frozen=True)
class SyncRequest:
    """Which syncs to run, and who asked; without a name, all that are on. A pull of both systems comes first.

    `only`: ids of records; `plan`: a saved plan, beyond which nothing is done; `approved`: how many actions of a class
    may pass a guard.
    """

    asked_by: str
    syncs: tuple[str, ...] = ()
    pull: bool = True
    only: tuple[str, ...] = ()
    plan: str | None = None
    approved: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass
class PullReport:
    """How a pull ended: done, partial (some of it failed), failed (all of it) or stopped."""

    run: str
    outcome: str
    tables: list[TableCounts] = field(default_factory=list)
    failures: list[FieldlineError] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The contract's report of a pull."""
        return {
            "run": self.run,
            "outcome": self.outcome,
            "tables": [table.as_json() for table in self.tables],
            "problems": [{"code": e.code, "text": e.text, "advice": e.advice} for e in self.failures],
        }


class Runner:
    """Runs pulls over one store, which it does not close."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.store = store
        self.connections = Connections(settings, store)
        self.stop = threading.Event()
        self._turns = {system: threading.Lock() for system in SYSTEMS}
        self._facts = threading.Lock()
        self._ended: dict[str, tuple[str, str | None]] = {}  # runs that are still open in the store
        ledger.close_interrupted(store, datetime.now(UTC))

    @property
    def settings(self) -> Settings:
        """The settings as they stand now: what was connected meanwhile counts from the next run on."""
        return self.connections.settings

    def chosen(self, system: str | None = None) -> tuple[str, ...]:
        """The systems to pull: the named one, or all that are configured.

        Raises UsageError naming the settings that are missing.
        """
        if system is not None:
            if system not in SYSTEMS:
                raise UsageError(f"There is no system '{system}'.", f"Choose one of {', '.join(SYSTEMS)}.")
            missing = self.settings.missing(system)
            if missing:
                raise UsageError(f"{system} is not set up: {', '.join(missing)} missing.", "Connect it on the page Connections, or set them in the environment or in .env.")  # fmt: skip
            return (system,)
        configured = self.settings.configured()
        if not configured:
            needed = ", ".join(name for each in SYSTEMS for name in self.settings.missing(each))
            raise UsageError(f"No system is set up; these settings are missing: {needed}.", "Connect one on the page Connections, or set those of one at least.")  # fmt: skip
        return configured

    def pull(self, request: Request, progress: Progress | None = None) -> PullReport | None:
        """Carry out a request and write its run down; None when there was nothing to read."""
        if not request.systems:
            self._derive()
            return None
        with self.turn(request.systems):
            if request.named and not any(
                ledger.open_notes(self.store, system, 1) for system in request.systems
            ):
                return None
            return self._pull(request, progress or (lambda _: None))

    def syncs_after(self, request: Request) -> bool:
        """Whether a pull brought what a sync that is on may have to write."""
        sql = "select 1 from sync.state where inbound = 'on' or outbound = 'on' limit 1"
        return bool(set(request.systems) & set(SYNCED)) and bool(self.store.rows(sql))

    def pull_held(self, request: Request, progress: Progress | None = None) -> PullReport:
        """Pull for somebody who holds the turns of the systems (`turn`)."""
        return self._pull(request, progress or (lambda _: None))

    def open_run(self, kind: str, asked_by: str, systems: Sequence[str]) -> str:
        """Write down that a run of another kind begins; `finish` ends it."""
        self._close_ended()
        return ledger.start_run(self.store, datetime.now(UTC), asked_by=asked_by, systems=systems, kind=kind)

    def _pull(self, request: Request, progress: Progress) -> PullReport:
        self._close_ended()
        run = ledger.start_run(
            self.store,
            datetime.now(UTC),
            asked_by=request.asked_by,
            systems=request.systems,
            reconcile=request.reconcile or request.nightly,
        )
        pulls = [
            # At night everything is compared by id; only SPOTIO's older activities wait for the week's end.
            Pull(
                self.store,
                run,
                request.asked_by,
                request.reconcile or (request.nightly and system != "spotio"),
                self.stop,
                progress,
            )
            for system in request.systems
        ]
        stopped: list[StoppedError] = []
        ended: list[FieldlineError] = []

        def one(system: str, pull: Pull) -> None:
            try:
                self._pull_system(system, pull, request)
                ledger.resolve_problems(self.store, run, system, None, pull.now)
            except StoppedError as error:
                stopped.append(error)
            except (FieldlineError, msgspec.DecodeError, json.JSONDecodeError) as failure:
                said = failure if isinstance(failure, FieldlineError) else _unreadable(system, failure)
                ended.append(said)
                pull.failures.append(said)
                pull.note(Problem(system, said.code, said.text, said.advice))

        try:
            with ThreadPoolExecutor(len(pulls)) as side_by_side:
                list(side_by_side.map(one, request.systems, pulls))
            if not self.stop.is_set():
                self._derive()
        except BaseException as error:
            ours = "A fault of ours ended the run; see the server's log."
            with suppress(StoreError):  # told by the first one; the run is closed when the store takes it
                self.finish(run, "failed", str(error) if isinstance(error, StoreError) else ours)
            raise
        failures = [error for pull in pulls for error in pull.failures]
        tables = [table for pull in pulls for table in pull.tables]
        outcome = "done"
        if stopped:
            outcome = "stopped"
        elif len(ended) == len(pulls):
            outcome = "failed"
        elif failures:
            outcome = "partial"
        text = "; ".join(dict.fromkeys(error.text for error in failures)) or None
        if stopped:
            text = stopped[0].text
        self.finish(run, outcome, text)
        return PullReport(run, outcome, tables, failures)

    def _derive(self) -> None:
        """Events and numbers; never two at once."""
        with self._facts:
            refresh_facts(self.store, self.settings.schedule.timezone)

    def finish(self, run: str, outcome: str, text: str | None) -> None:
        """Write down how a run ended; one that a full disk leaves open is closed before the next begins."""
        self._ended[run] = (outcome, text)
        self._close_ended()

    def _close_ended(self) -> None:
        for run, (outcome, text) in list(self._ended.items()):
            ledger.finish_run(self.store, run, datetime.now(UTC), outcome, text)
            self._ended.pop(run, None)

    def _pull_system(self, system: str, pull: Pull, request: Request) -> None:
        settings = self.settings
        if system == "salesforce":
            with (
                SalesforceApi(settings.salesforce, self.stop) as salesforce,
                self.metered(pull, system, salesforce.client, "day"),
            ):
                pull_salesforce(pull, salesforce, settings.salesforce.objects, settings.salesforce.bulk_from)
        elif system == "spotio":
            with (
                SpotioApi(settings.spotio, self.stop) as spotio,
                self.metered(pull, system, spotio.client, "second"),
            ):
                if request.named:
                    pull_named(pull, spotio)
                else:
                    SpotioPull(pull, spotio, nightly=request.nightly).run()
        else:
            pull_salesscreen(pull)

    @contextmanager
    def metered(self, pull: Pull, system: str, client: Client, period: str) -> Iterator[None]:
        """Write down what the pull used of the system's calls, however it ends."""
        try:
            yield
        finally:
            meter = client.meter
            ledger.note_api_use(
                self.store,
                pull.run,
                system,
                pull.now,
                calls=meter.calls,
                seconds=meter.seconds,
                used=meter.used,
                allowance=meter.allowance,
                period=period,
            )

    @contextmanager
    def turn(self, systems: Sequence[str]) -> Iterator[None]:
        """The turn of all these systems, taken in one order so that two requests cannot wait for each other."""
        with ExitStack() as held:
            for system in sorted(systems):
                held.enter_context(self._turns[system])
            yield


def _unreadable(system: str, error: Exception) -> RejectedError:
    text = f"{SYSTEM_NAMES[system]} sent something that cannot be read ({error})."
    return RejectedError(system, text, "The next run asks again.", status=200)
