"""What every command shares: where it does its work, who is said to have given it, and how it ends.

Exit codes: 0 done; 1 done, with something failed; 2 bad usage; 3 refused, nothing written; 70 a fault of ours.
"""

from __future__ import annotations

import getpass
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Annotated, Any

import typer

from data.errors import StoreError, StoreOwnedError
from data.store import Store, StoreLimits
from sync import owner, terminal
from sync.errors import FieldlineError
from sync.operations import SYNC_COMMANDS, Operations, exit_code
from sync.settings import Settings

StoreUrl = Annotated[str | None, typer.Option("--store", help="duckdb:///relative or duckdb:////absolute")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, logs on stderr")]

log = logging.getLogger("fieldline")


def who() -> str:
    """Who gives the command, for what is written down of it."""
    try:
        return f"{getpass.getuser()} at this machine"
    except (KeyError, OSError):  # a container's user need not have a name
        return f"user {os.getuid()} at this machine"


def carry_out(
    command: str,
    arguments: dict[str, Any],
    store_url: str | None,
    progress: Callable[[dict[str, Any]], None] = lambda _: None,
    *,
    pulls: bool = False,
) -> Any:
    """Do it here when the store is free, else have its owner do it."""
    settings = Settings.load(store=store_url)
    try:
        taken = opened(settings, plans=command in SYNC_COMMANDS)
    except StoreOwnedError as error:
        owning = owner.find(settings.store)
        if owning is None:
            raise
        return owner.ask(owning, error, command, arguments, progress)
    with taken as store:
        runner = None
        if pulls:
            from sync.runner import Runner

            runner = Runner(settings, store)
            _stop_when_asked(runner.stop)
        return Operations(store, runner, settings).run(command, arguments, progress)


def opened(settings: Settings, *, plans: bool = False) -> Store:
    return Store.open(settings.store, StoreLimits(settings.store_memory_mb, settings.store_temp, roomy=plans))


def _stop_when_asked(stop: threading.Event) -> None:
    """Ctrl-C and SIGTERM end a pull between two steps, with what was stored kept; a second Ctrl-C ends it at once."""

    def handle(number: int, _: object) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def end(work: Callable[[], int], as_json: bool) -> None:
    """Run a command and leave with its exit code; an error is one clear sentence, a fault of ours is logged whole."""
    try:
        code = work()
    except (FieldlineError, StoreError) as error:
        code = error.exit_code if isinstance(error, owner.AskedError) else exit_code(error)
        terminal.show_error(str(error), as_json=as_json, code=code)
    except KeyboardInterrupt:
        code = 1
        terminal.show_error("Stopped; nothing that was stored is lost.", as_json=as_json, code=code)
    except Exception:
        text = "This is a fault of Fieldline's own; nothing that was stored is lost."
        log.exception("%s", text)
        code = 70
        if as_json:
            terminal.show_json({"error": text, "exit": code})
    raise typer.Exit(code)
