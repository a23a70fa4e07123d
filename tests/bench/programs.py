"""Start the programs that are measured, each in a process of its own, and say what it took.

This process stays small on purpose: a child's peak memory begins with what its parent held when it was started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes here


@dataclass(frozen=True)
class Measured:
    """One program's run: its own report, its seconds from start to end and on a processor, its peak memory in MB."""

    report: dict[str, Any]
    seconds: float
    cpu_seconds: float
    peak_mb: float


class ProgramFailedError(Exception):
    """A measured program ended with an error; what it said is the text."""


def measure(command: Sequence[str], env: Mapping[str, str] | None = None) -> Measured:
    """Run a program to its end; the last line it writes is its report in JSON."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=dict(env or os.environ), stdout=said, stderr=complained)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().decode().strip().splitlines()
        if process.returncode != 0 or not lines:
            complained.seek(0)
            raise ProgramFailedError(f"{' '.join(command)}\n{complained.read().decode()[-4000:]}")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Measured(json.loads(lines[-1]), seconds, cpu_seconds, usage.ru_maxrss * _MAXRSS_UNIT / 1e6)


class PreparedOrg:
    """A running server of prepared pages."""

    def __init__(self, url: str) -> None:
        self.url = url

    def answers(self, *, latency: float = 0.0, gzip: bool = False) -> None:
        """How it answers from now on."""
        self._control("answers", latency=latency, gzip=gzip)

    def change(self, count: int) -> None:
        """Change so many of its leads."""
        self._control("change", count=count)

    def _control(self, path: str, **given: Any) -> None:
        request = urllib.request.Request(  # noqa: S310 (our own server on loopback)
            f"{self.url}/bench/{path}", json.dumps(given).encode()
        )
        urllib.request.urlopen(request).read()  # noqa: S310


@contextmanager
def prepared_org(leads: int) -> Iterator[PreparedOrg]:
    """A server with so many leads, ended with the block."""
    command = [sys.executable, "-m", "tests.bench.server", str(leads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield PreparedOrg(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


def fieldline_env(org: PreparedOrg, store: Path, **more: str) -> dict[str, str]:
    """The environment in which Fieldline mirrors the org's leads, and nothing else, into `store`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FIELDLINE_")}
    return {
        **own,
        "FIELDLINE_STORE": f"duckdb:///{store}",
        "FIELDLINE_SALESFORCE__URL": org.url,
        "FIELDLINE_SALESFORCE__CLIENT_ID": "bench",
        "FIELDLINE_SALESFORCE__CLIENT_SECRET": "bench",
        "FIELDLINE_SALESFORCE__OBJECTS": "Lead",
        **more,
    }


@contextmanager
def field_sandbox(activities: int, seed: int, recent: Path | None = None) -> Iterator[dict[str, str]]:
    """The sandbox of a field company of that size, ended with the block; gives the settings that reach it.

    `recent` is a folder with what a pull asks for again (`field_world.export_recent`).
    """
    command = [sys.executable, "-m", "tests.bench.side_sandbox", str(activities), str(seed)]
    if recent is not None:
        command.append(str(recent))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            env: dict[str, str] = json.loads(process.stdout.readline())
            yield env
        finally:
            process.terminate()
