"""Runs of a sync that are killed at the n-th step of carrying out a plan.

Counted are the statements, requests and answers between the first journal entry and the last word written down, of all
plans of the run; what a pull does in between is killed by the tests of the pull.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from data.store import Store
from sync.operations import Operations
from sync.runner import Runner
from sync.syncs import running, settling
from tests.scenarios.killing import Killer, Points, carry_out_orders
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


def run(order: dict[str, Any]) -> Points:
    points = ApplyPoints(order["at"])
    points.watch()
    for name in ("settle", "record_plan", "apply_plan"):
        points.within(running, name)
    settling.SETTLING = timedelta()
    settings = settings_of(order["env"], Path(order["store"]), **order["settings"])
    wanted: dict[str, Any] = {"sync": "doors", "plan": None, "approve": {}, "only": [], "pull": False}
    with Store.open(settings.store) as store:
        operations = Operations(store, Runner(settings, store), settings)
        operations.run("sync", {**wanted, "person": "ops"}, lambda _: None)
    return points


class SyncKiller(Killer):
    """The program below."""

    def __init__(self, env: dict[str, str], settings: dict[str, Any]) -> None:
        super().__init__(__name__, env)
        self._settings = settings

    def run(self, store: Path, at: int = 0) -> dict[str, Any]:
        """One run without a pull in a child that dies at point `at` (0: never); {"points", "killed"}."""
        return self.order(store, at, settings=self._settings)


if __name__ == "__main__":
    carry_out_orders(run)
