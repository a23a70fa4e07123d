"""One sandbox for the tests of this folder, taken back to its state at ready before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from tests.sandbox.salesforce_client import Salesforce


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """Real servers on free ports, holding a tiny company."""
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    return running_sandbox


@pytest.fixture
def salesforce(sandbox: Sandbox) -> Iterator[Salesforce]:
    """A client signed in as the administrator."""
    with Salesforce(sandbox.urls[0]) as client:
        yield client
