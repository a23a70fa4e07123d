"""Pulls that end themselves with SIGKILL before their n-th statement or request, in processes of their own.

Started as a program it reads one order a line, {"store", "env", "at", "reconcile", "settings"}, carries each out in a
forked child, and answers {"points", "killed"}: how many points the child passed, and whether it died at one. The
parent only imports, so a child costs no start of Python.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import httpx
import requests

from data.store import Store
from sync.runner import Request, Runner
from sync.settings import SYSTEMS
from tests.scenarios.mirroring import settings_of


class Points:
    """Counts the moments between two steps, and ends the process at the chosen one (0: never)."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, 0
        self._lock = threading.Lock()

    def before(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                self.passed += 1
                if self.passed == self.at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **kwargs)

        return wrapped

    def watch(self) -> None:
        """Pass a point before each statement, each request, and each answer taken over."""
        for owner, name in (
            (duckdb.DuckDBPyConnection, "execute"),
            (duckdb.DuckDBPyConnection, "executemany"),
            (duckdb.DuckDBPyConnection, "close"),
            (httpx.Client, "send"),
            (httpx.Response, "close"),
            (requests.Session, "send"),
        ):
            setattr(owner, name, self.before(getattr(owner, name)))


def _child(order: dict[str, Any], report: int) -> None:
    points = Points(order["at"])
    points.watch()
    settings = settings_of(order["env"], Path(order["store"]), **order["settings"])
    with Store.open(settings.store) as store:
        Runner(settings, store).pull(Request(SYSTEMS, "command", reconcile=order["reconcile"]))
    os.write(report, str(points.passed).encode())


def main() -> None:
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                _child(json.loads(line), writer)
            finally:
                os._exit(0)
        os.close(writer)
        told = os.read(reader, 20)
        os.close(reader)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"points": int(told or 0), "killed": killed}) + "\n")
        sys.stdout.flush()


class Killer:
    """The program above, started once for many orders."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.killed_pull"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self) -> Killer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def pull(self, store: Path, at: int = 0, *, reconcile: bool = False, **settings: Any) -> dict[str, Any]:
        """Pull in a child that dies at point `at`; {"points", "killed"}."""
        order = {
            "store": str(store),
            "env": self._env,
            "at": at,
            "reconcile": reconcile,
            "settings": settings,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


if __name__ == "__main__":
    main()
