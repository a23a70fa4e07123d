"""When to pull and to sync: APScheduler for the regular turns, one thread for what is asked in between.

Never two runs of a system at once, and never a queue of them: a turn that comes while its system is being read waits,
and those of its kind that come meanwhile are dropped; several wishes for the same thing are one. A turn that was dropped
because others read would not come at all where webhooks and syncs are always at it.
"""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from data import retention
from data.errors import StoreError, StoreInvalidatedError
from sync.errors import FieldlineError
from sync.exports import export_by_schedule
from sync.runner import Request, Runner, SyncRequest
from sync.settings import SYSTEMS

log = logging.getLogger("fieldline")

_MISFIRE_SECONDS = 300


class Schedule:
    """Starts the regular turns of a runner and takes wishes; `close` ends both and waits for what runs."""

    def __init__(self, runner: Runner) -> None:
        # Late: a command that never schedules need not load it.
        from apscheduler.schedulers.background import BackgroundScheduler

        # A turn that is left out because the one before it still waits or runs is no trouble.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._runner = runner
        self._wishes: list[Request | SyncRequest] = []
        self._carried_out: set[Request | SyncRequest] = set()
        self._wished = threading.Condition()
        self._scheduler: Any = BackgroundScheduler(
            timezone=runner.settings.schedule.timezone,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _MISFIRE_SECONDS},
        )
        self._worker = threading.Thread(target=self._follow_wishes, name="wishes", daemon=True)

    def start(self) -> None:
        """Start the turns; the first one of each system at once."""
        settings = self._runner.settings
        seconds = {
            "spotio": settings.schedule.spotio_seconds,
            "salesforce": settings.schedule.salesforce_seconds,
            "salesscreen": settings.schedule.salesforce_seconds,
        }
        for system in SYSTEMS:
            self._scheduler.add_job(
                self._carry_out,
                "interval",
                (Request((system,), "schedule"),),
                seconds=seconds[system],
                id=system,
            )
        hour = settings.schedule.nightly_hour
        nightly = tuple(Request((system,), "schedule", nightly=True) for system in SYSTEMS)
        weekly = tuple(Request((system,), "schedule", reconcile=True) for system in SYSTEMS)
        self._scheduler.add_job(
            self._night, "cron", (nightly,), day_of_week="mon-sat", hour=hour, id="nightly"
        )
        self._scheduler.add_job(self._night, "cron", (weekly,), day_of_week="sun", hour=hour, id="weekly")
        self._scheduler.add_job(self._trim_log, "cron", hour=hour, minute=30, id="log")
        if settings.export.folder:
            self._scheduler.add_job(self._export, "cron", hour=settings.export.hour, id="export")
        self._scheduler.start()
        self._worker.start()
        for system in settings.configured():
            self.wish(Request((system,), "schedule"))
        if "spotio" in settings.configured():
            self.wish(Request(("spotio",), "webhook", named=True))  # what a crash left unread

    def wish(self, request: Request | SyncRequest) -> bool:
        """Ask for a run soon; False when the same one is waiting already."""
        with self._wished:
            if request in self._wishes:
                return False
            self._wishes.append(request)
            self._wished.notify()
            return True

    def derive_numbers(self) -> None:
        """Have events and numbers derived from what is mirrored, soon: what counts in them was changed."""
        self.wish(Request((), "console"))

    def close(self) -> None:
        """Stop asking, ask what runs to stop between two steps, and wait for it."""
        self._runner.stop.set()
        with self._wished:
            self._wished.notify()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        if self._worker.is_alive():
            self._worker.join()

    def next_turns(self) -> dict[str, str]:
        """When each regular turn comes next, as ISO instants; of the systems that are connected."""
        configured = self._runner.settings.configured()
        idle = {*SYSTEMS, *(() if configured else ("nightly", "weekly"))} - set(configured)
        jobs = self._scheduler.get_jobs()
        return {
            job.id: job.next_run_time.isoformat() for job in jobs if job.next_run_time and job.id not in idle
        }

    def _night(self, requests: tuple[Request, ...]) -> None:
        # One wish a system: none holds its turn while it waits for another system's.
        for request in requests:
            self.wish(request)

    def _export(self) -> None:
        try:
            export_by_schedule(self._runner.store, Path(self._runner.settings.export.folder).absolute())
        except StoreInvalidatedError as error:
            _give_up(error)

    def _trim_log(self) -> None:
        try:
            gone = retention.trim(self._runner.store, datetime.now(UTC), self._runner.settings.log.keep_days)
        except StoreInvalidatedError as error:
            _give_up(error)
        except StoreError as error:
            log.error("%s The next night tries again.", error)
        else:
            log.info("Removed from the log: %s.", gone or "nothing")

    def _follow_wishes(self) -> None:
        # Each wish in a thread of its own, since a long first load of one system must not hold up the other;
        # the same wish waits until it is carried out, so that a storm of webhooks makes no queue of threads.
        with ThreadPoolExecutor(len(SYSTEMS) + 2) as workers:
            while (request := self._next_wish()) is not None:
                workers.submit(self._carry_out_wish, request)

    def _next_wish(self) -> Request | SyncRequest | None:
        with self._wished:
            while not self._runner.stop.is_set():
                for request in self._wishes:
                    if request not in self._carried_out:
                        self._wishes.remove(request)
                        self._carried_out.add(request)
                        return request
                self._wished.wait()
            return None

    def _carry_out_wish(self, request: Request | SyncRequest) -> None:
        try:
            self._carry_out(request)
        finally:
            with self._wished:
                self._carried_out.discard(request)
                self._wished.notify()

    def _carry_out(self, request: Request | SyncRequest) -> None:
        if self._runner.stop.is_set():
            return
        try:
            if isinstance(request, SyncRequest):
                from sync.syncing import sync  # late: a server without syncs needs no frames

                sync(self._runner, request)
            elif not set(request.systems) <= set(self._runner.settings.configured()):
                return  # its turn comes all the same, for it may be connected at any time
            elif self._runner.pull(request) and self._runner.syncs_after(request):
                # What was just read may have to be written on: on what is mirrored, without another pull.
                self.wish(SyncRequest(request.asked_by, pull=False))
        except StoreInvalidatedError as error:
            _give_up(error)
        except StoreError as error:
            log.error("%s The next turn tries again.", error)
        except FieldlineError as error:
            log.warning("%s", error)
        except Exception:
            # The schedule must live on; the run itself says in the store that it failed.
            log.exception("%s ended with a fault.", request)


def _give_up(error: StoreInvalidatedError) -> NoReturn:
    """End the process: nothing can be read or written in it any more; a supervisor starts the next one."""
    log.critical("%s", error)
    os._exit(70)
