"""A store with a runner over it, pulled as the command pulls, and compared with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from data.store import Store
from sync.runner import PullReport, Request, Runner
from sync.sandbox.server import Sandbox
from sync.settings import SYSTEMS, Settings
from tests.scenarios.comparing import Difference, salesforce_differences, spotio_differences


def settings_of(env: Mapping[str, str], store: Path, **more: Mapping[str, Any]) -> Settings:
    """The settings that a sandbox's variables stand for, over a store, some of them replaced."""
    groups: dict[str, dict[str, Any]] = {}
    for name, value in env.items():
        group, member = name.removeprefix("FIELDLINE_").lower().split("__")
        groups.setdefault(group, {})[member] = value
    for group, members in more.items():
        groups[group] |= members
    return Settings.load(store=url_of(store), **groups)


def url_of(store: Path) -> str:
    return f"duckdb:////{str(store.absolute()).lstrip('/')}"


class Mirror:
    """One store, open, and what one does with it in a story."""

    def __init__(self, sandbox: Sandbox, path: Path, **settings: Any) -> None:
        self.sandbox, self.path = sandbox, path
        self.settings = settings_of(sandbox.env, path, **settings)
        self.store = Store.open(self.settings.store)
        self.runner = Runner(self.settings, self.store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    def pull(self, *, reconcile: bool = False, systems: tuple[str, ...] = SYSTEMS, asked_by: str = "command") -> PullReport:  # fmt: skip
        report = self.runner.pull(Request(systems, asked_by, reconcile=reconcile))
        assert report is not None
        return report

    def differences(self, *, reconciled: bool) -> list[Difference]:
        """Where the mirror and its sources do not agree."""
        return salesforce_differences(
            self.store, self.sandbox.urls[0], self.settings.salesforce.objects, reconciled=reconciled
        ) + spotio_differences(self.store, self.sandbox.urls[1], reconciled=reconciled)


def moved(report: PullReport) -> dict[str, tuple[int, int, int]]:
    """What a pull inserted, changed and deleted, of the tables where it did any of it."""
    return {
        f"{t.system}.{t.table}": (t.inserted, t.changed, t.deleted)
        for t in report.tables
        if t.inserted or t.changed or t.deleted
    }
