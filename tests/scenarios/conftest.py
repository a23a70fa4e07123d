"""A sandbox for this folder, and a first load of it that each story starts from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sync.sandbox.server import Sandbox, running
from tests.scenarios.mirroring import Mirror


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """Real servers on free ports with a tiny company, as it was at the start."""
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    return running_sandbox


@pytest.fixture(scope="session")
def first_load(running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the company as it was at the start; it is copied, never opened."""
    httpx.post(f"{running_sandbox.urls[0]}/__sandbox__/reset").raise_for_status()
    path = tmp_path_factory.mktemp("first") / "first.duckdb"
    with Mirror(running_sandbox, path) as mirror:
        assert mirror.pull().outcome == "done"
    return path


@pytest.fixture
def loaded(sandbox: Sandbox, first_load: Path, tmp_path: Path) -> Iterator[Mirror]:
    """A mirror right after its first load."""
    path = tmp_path / "store.duckdb"
    shutil.copyfile(first_load, path)
    with Mirror(sandbox, path) as mirror:
        yield mirror


@pytest.fixture
def new_mirror(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Mirror]]:
    """Make mirrors over empty stores; they are closed at the end."""
    made: list[Mirror] = []

    def make(**settings: object) -> Mirror:
        made.append(Mirror(sandbox, tmp_path / f"new-{len(made)}.duckdb", **settings))
        return made[-1]

    yield make
    for mirror in made:
        mirror.close()
