"""Runs of a sync that end themselves with SIGKILL at the n-th step of carrying out a plan, in processes of their own.

As killed_pull.py: one order a line, {"store", "env", "at"}, each carried out in a forked child. Counted are the
statements, requests and answers between the first journal entry and the last word written down, of all plans of the
run; what a pull does in between is killed by the tests of the pull.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from data.store import Store
from sync.operations import Operations
from sync.runner import Runner
from sync.syncs import running, settling
from tests.scenarios.killed_pull import Points
from tests.scenarios.mirroring import settings_of


class ApplyPoints(Points):
    """Counts only while a plan is recorded or carried out."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.active = 0

    def before(self, step: Callable[..., Any]) -> Callable[..., Any]:
        counted = super().before(step)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return counted(*args, **kwargs) if self.active else step(*args, **kwargs)

        return wrapped

    def within(self, owner: Any, name: str) -> None:
        """Count from the beginning to the end of a function."""
        carried_out = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.active += 1
            try:
                return carried_out(*args, **kwargs)
            finally:
                self.active -= 1

        setattr(owner, name, wrapped)


def _child(order: dict[str, Any], report: int) -> None:
    points = ApplyPoints(order["at"])
    points.watch()
    for name in ("settle", "record_plan", "apply_plan"):
        points.within(running, name)
    settling.SETTLING = timedelta()
    settings = settings_of(order["env"], Path(order["store"]), **order["settings"])
    with Store.open(settings.store) as store:
        operations = Operations(store, Runner(settings, store), settings)
        arguments: dict[str, Any] = {
            "sync": "doors",
            "plan": None,
            "approve": {},
            "only": [],
            "pull": False,
            "person": "ops",
        }
        operations.run("sync", arguments, lambda _: None)
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
        sys.stdout.write(json.dumps({"points": int(told or 0), "killed": os.WIFSIGNALED(status)}) + "\n")
        sys.stdout.flush()


class SyncKiller:
    """The program above, started once for many orders."""

    def __init__(self, env: dict[str, str], settings: dict[str, Any]) -> None:
        self._env, self._settings = env, settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.killed_sync"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    def __enter__(self) -> SyncKiller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, store: Path, at: int = 0) -> dict[str, Any]:
        """One run without a pull in a child that dies at point `at` (0: never); {"points", "killed"}."""
        order = {"store": str(store), "env": self._env, "at": at, "settings": self._settings}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


if __name__ == "__main__":
    main()
