"""The `fieldline` program as its user starts it: a process of its own, its answer, and the server it can become."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
from typer.testing import CliRunner

from sync.cli import app

PROGRAM = (sys.executable, "-m", "sync.cli")
ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.05

Found = TypeVar("Found")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document that stands on stdout."""
        return json.loads(self.out)


class Fieldline:
    """The program in a folder of its own, with these settings and none from outside."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.store = folder / "fieldline.duckdb"
        self.settings = dict(settings or {})

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FIELDLINE_")}
        return {**kept, **self.settings, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder)}

    def run(self, *arguments: str, preexec: Callable[[], None] | None = None) -> Ended:
        """Run a command in a process of its own, to its end."""
        process = subprocess.Popen(
            (*PROGRAM, *arguments),
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec,
        )
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
        return Ended(process.returncode, out, err)

    def here(self, *arguments: str) -> Ended:
        """Run a command in this process, which saves its start; for stores that nobody else has open."""
        before = Path.cwd()
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        os.chdir(self.folder)
        try:
            wanted: dict[str, str | None] = dict.fromkeys(
                name for name in os.environ if name.startswith("FIELDLINE_")
            )
            result = CliRunner().invoke(app, list(arguments), env=wanted | self.settings)
        finally:
            os.chdir(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Server]:
        """A command that goes on until it is ended, from the line that says it is ready; killed at the end."""
        with self.started(*arguments) as server:
            server.wait_until_ready()
            yield server

    @contextmanager
    def started(self, *arguments: str) -> Iterator[Server]:
        """The same, from its very start."""
        with (self.folder / "server.err").open("w") as err:
            process = subprocess.Popen(
                (*PROGRAM, *arguments),
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
            server = Server(process, self.folder / "server.err")
            try:
                yield server
            finally:
                server.end_all()


class Server:
    """A running `fieldline` that serves."""

    def __init__(self, process: subprocess.Popen[str], err: Path) -> None:
        self.process, self._err = process, err
        self.ready: dict[str, Any] = {}
        self._family: list[psutil.Process] = []

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def err(self) -> str:
        return self._err.read_text()

    def wait_until_ready(self) -> None:
        """Read its ready line, which is the first on stdout."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it did not start: {self.err}"
        self.ready = json.loads(line)

    def children(self) -> list[psutil.Process]:
        """Its child processes; they are remembered, so that one that outlives it is noticed and ended."""
        found: list[psutil.Process] = psutil.Process(self.pid).children(recursive=True)
        self._family = found
        return found

    def terminate(self) -> int:
        """Ask it to end, as a supervisor does, and give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait()

    def end_all(self) -> None:
        """Leave nothing behind, whatever the test found."""
        if self.process.poll() is None:
            self.children()
            self.kill()
        for child in self._family:
            if child.is_running():
                child.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


def until(look: Callable[[], Found], what: str) -> Found:
    """The first true answer of `look`; fails saying `what` did not come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come")
        time.sleep(_POLL_SECONDS)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def only(settings: Mapping[str, str], system: str) -> dict[str, str]:
    """The settings of one system alone."""
    return {
        name: value for name, value in settings.items() if name.startswith(f"FIELDLINE_{system.upper()}__")
    }


def sentence(text: str) -> str:
    """The text, which is one line for a person: no traceback, no second message."""
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    assert "Traceback" not in text
    return lines[0]
