"""A sandbox for this folder, as it was at the start of each test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from sync.connectors.spotio.api import SpotioApi
from sync.sandbox.server import Sandbox, running
from sync.settings import SpotioSettings
from tests.connectors.overheard import Overheard
from tests.connectors.spotio_people import Tenant, somebody

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


@pytest.fixture
def overheard() -> Overheard:
    """The way from our client to a system, with an ear to it."""
    return Overheard()


@pytest.fixture
def stop() -> threading.Event:
    """What ends our clients' work when it is set."""
    return threading.Event()


@pytest.fixture
def spotio_api(sandbox: Sandbox, overheard: Overheard, stop: threading.Event) -> Iterator[SpotioApi]:
    """The client with our key, within earshot and in no need of manners."""
    env = sandbox.env
    settings = SpotioSettings(
        url=env["FIELDLINE_SPOTIO__URL"],
        client_id=env["FIELDLINE_SPOTIO__CLIENT_ID"],
        secret=SecretStr(env["FIELDLINE_SPOTIO__SECRET"]),
        requests_per_second=500,
    )
    with SpotioApi(settings, stop, overheard) as api:
        yield api


@pytest.fixture
def manager(sandbox: Sandbox) -> Iterator[Tenant]:
    """Somebody else at work in SPOTIO than the one whose key we have."""
    tenant = Tenant(sandbox, somebody(sandbox, "Manager"))
    with tenant.http:
        yield tenant
