"""Pulls that are killed at the n-th step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.store import Store
from sync.runner import Request, Runner
from sync.settings import SYSTEMS
from tests.scenarios.killing import Killer, Points, carry_out_orders
from tests.scenarios.mirroring import settings_of


def pull(order: dict[str, Any]) -> Points:
    points = Points(order["at"])
    points.watch()
    settings = settings_of(order["env"], Path(order["store"]), **order["settings"])
    with Store.open(settings.store) as store:
        Runner(settings, store).pull(Request(SYSTEMS, "command", reconcile=order["reconcile"]))
    return points


class PullKiller(Killer):
    """The program below."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(__name__, env)

    def pull(self, store: Path, at: int = 0, *, reconcile: bool = False, **settings: Any) -> dict[str, Any]:
        """Pull in a child that dies at point `at`; {"points", "killed"}."""
        return self.order(store, at, reconcile=reconcile, settings=settings)


if __name__ == "__main__":
    carry_out_orders(pull)
