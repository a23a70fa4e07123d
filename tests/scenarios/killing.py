"""Work that ends itself with SIGKILL before its n-th statement or request, in processes of its own.

A program of this kind reads one order a line as JSON, carries each out in a forked child, and answers {"points",
"killed"}: how many points the child passed, and whether it died at one. The parent only imports, so a child costs no
start of Python.
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
from typing import Any, Self

import duckdb
import httpx
import requests


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


def carry_out_orders(child: Callable[[dict[str, Any]], Points]) -> None:
    """The program: `child` carries an order out in a process of its own and tells what it passed."""
    for line in sys.stdin:
        reader, writer = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reader)
            try:
                os.write(writer, str(child(json.loads(line)).passed).encode())
            finally:
                os._exit(0)
        os.close(writer)
        told = os.read(reader, 20)
        os.close(reader)
        _, status = os.waitpid(process, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"points": int(told or 0), "killed": killed}) + "\n")
        sys.stdout.flush()


class Killer:
    """Such a program, started once for many orders."""

    def __init__(self, module: str, env: dict[str, str]) -> None:
        self._env = env
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def order(self, store: Path, at: int, **more: Any) -> dict[str, Any]:
        """Have it done in a child that dies at point `at` (0: never); {"points", "killed"}."""
        order = {"store": str(store), "env": self._env, "at": at, **more}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
