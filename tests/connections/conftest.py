"""A sandbox, and an office that is told nothing of it in its environment but where SPOTIO and SalesScreen answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from tests.connections.office import Office


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    for url in running_sandbox.urls:
        httpx.post(f"{url}/__sandbox__/reset").raise_for_status()
        httpx.delete(f"{url}/__sandbox__/faults").raise_for_status()
    return running_sandbox


@pytest.fixture
def office(sandbox: Sandbox, tmp_path: Path) -> Iterator[Office]:
    with Office(sandbox, tmp_path / "office.duckdb") as office:
        yield office
