"""A sandbox for this folder, taken back to its state at ready before each test, and the program over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from tests.commands.program import Fieldline


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """Real servers on free ports with a tiny company, as it was at the start."""
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    return running_sandbox


@pytest.fixture
def fieldline(sandbox: Sandbox, tmp_path: Path) -> Fieldline:
    """The program with the sandbox's settings."""
    return Fieldline(tmp_path, sandbox.env)


@pytest.fixture
def bare(tmp_path: Path) -> Fieldline:
    """The program without any settings."""
    return Fieldline(tmp_path)
