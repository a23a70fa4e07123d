"""The demonstration: stand-ins at work, and Fieldline over them, in a folder of its own."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sync import terminal
from sync.errors import FieldlineError
from sync.settings import Settings

if TYPE_CHECKING:
    from sync.application import Application

log = logging.getLogger("fieldline")

_END_SECONDS = 10
_LOOK_SECONDS = 0.5
_PERSON = "the demo"


def demonstrate(*, as_json: bool) -> int:
    """Start the sandbox with working reps, then runner and console; end both on SIGTERM. Returns 0."""
    from sync.application import Application
    from sync.serving import asgi, heed_signals, listen, serve

    heed_signals()
    settings = Settings.load()
    taken = listen(settings.host, settings.port)
    folder = Path(tempfile.mkdtemp(prefix="fieldline-demo-"))
    child = _start_sandbox()
    try:
        env = _settings_of(child) | {
            "FIELDLINE_STORE": f"duckdb:////{str(folder / 'fieldline.duckdb').lstrip('/')}",
            "FIELDLINE_PORT": str(settings.port),
            "FIELDLINE_PUBLIC_URL": f"http://127.0.0.1:{settings.port}",
            # Where the sandbox's company is at home.
            "FIELDLINE_SCHEDULE__TIMEZONE": "America/Denver",
            "FIELDLINE_SCHEDULE__SPOTIO_SECONDS": "20",
            "FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "30",
        }
        os.environ.update(env)
        application = Application(Settings.load())

        def ready() -> None:
            threading.Thread(
                target=_set_up_unless_ended, args=(application,), name="set-up", daemon=True
            ).start()
            if as_json:
                terminal.show_json({"ready": True, "url": application.url, "env": env})
            else:
                terminal.out.print(f"Fieldline demo on {application.url}", style="bold")
                terminal.out.print(
                    f"Its store is {env['FIELDLINE_STORE']}; ask it with 'fieldline query --store …'."
                    " Ctrl-C ends it; the folder stays.",
                    soft_wrap=True,
                )

        serve(asgi(application, console=True), taken, ready)
    finally:
        _end(child)
    return 0


def _set_up_unless_ended(application: Application) -> None:
    """Set up; a demo that is ended meanwhile closes the store under it, and that is no fault."""
    running = application.running
    try:
        _set_up(application)
    except Exception:
        if running is None or not running.runner.stop.is_set():
            log.exception("The demo's syncs were not turned on.")


def _set_up(application: Application) -> None:
    """Publish the sample configuration and turn its syncs on in both directions, as soon as both systems were read once."""
    while (running := application.running) is not None and not running.runner.stop.is_set():
        first = running.store.rows(
            "select count(distinct system) as n from sync.run_table where outcome = 'done' and table_name in ('record', 'lead')"
        )
        if first[0]["n"] == 2:
            break
        time.sleep(_LOOK_SECONDS)
    else:
        return
    from sync.operations import Operations
    from sync.runner import SyncRequest
    from sync.syncs.resolving import published

    operations = Operations(running.store, running.runner, running.runner.settings)

    def quiet(_: dict[str, Any]) -> None:
        """Nobody watches."""

    try:
        sample = operations.run("config-sample", {}, quiet)["document"]
        for sync in sample["syncs"]:
            sync["outbound"]["on"] = True  # off in the sample, so that nobody sends by accident
        wanted = {
            "text": json.dumps(sample),
            "publish": True,
            "author": _PERSON,
            "note": "The sample configuration.",
        }
        operations.run("config-import", wanted, quiet)
        for each in published(running.store):
            asked = {"sync": each.settings.name, "outbound": True, "confirmed": True, "person": _PERSON}
            operations.run("sync_on", asked, quiet)
        running.schedule.wish(SyncRequest("command", pull=False))
    except FieldlineError as error:
        if not running.runner.stop.is_set():
            log.warning("The demo's syncs were not turned on: %s", error)


def _start_sandbox() -> subprocess.Popen[str]:
    """Start the sandbox as a child that ends when we do, whatever ends us."""
    command = [sys.executable, "-m", "sync.cli", "sandbox", "--port", "0", "--live", "--until-eof"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 (ours)


def _settings_of(child: subprocess.Popen[str]) -> dict[str, str]:
    """The settings that reach the sandbox, once it is ready."""
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise FieldlineError("The sandbox did not start.", "See its message above.")
    env: dict[str, str] = json.loads(line)["env"]
    return env


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
