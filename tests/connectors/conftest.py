"""A sandbox for this folder, as it was at the start of each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sync.sandbox.server import Sandbox, running

Fault = Callable[..., None]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    return running_sandbox


@pytest.fixture
def fault(sandbox: Sandbox) -> Fault:
    """Order a fault for a path of Salesforce (0) or SPOTIO (1)."""

    def order(system: int, path: str, **how: Any) -> None:
        body = [{"match": {"path": path}, "times": 1, **how}]
        httpx.post(f"{sandbox.urls[system]}/__sandbox__/faults", json=body).raise_for_status()

    return order
