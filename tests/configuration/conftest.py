"""A company that was mirrored once, and copies of that store for tests to configure syncs in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.store import Store
from sync.sandbox.server import running
from tests.commands.program import Fieldline
from tests.scenarios.mirroring import Mirror, url_of

OBJECTS = ("User", "Group", "RecordType", "Lead")


@pytest.fixture(scope="session")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds a tiny company; it is copied, never opened."""
    path = tmp_path_factory.mktemp("mirrored") / "fieldline.duckdb"
    with (
        running(scale="tiny", seed=1) as sandbox,
        Mirror(sandbox, path, salesforce={"objects": OBJECTS}) as mirror,
    ):
        assert mirror.pull(systems=("spotio", "salesforce")).outcome == "done"
    return path


@pytest.fixture
def store(mirrored: Path, tmp_path: Path) -> Iterator[Store]:
    """The company's store, open."""
    path = tmp_path / "store.duckdb"
    shutil.copyfile(mirrored, path)
    with Store.open(url_of(path)) as opened:
        yield opened


@pytest.fixture
def fieldline(mirrored: Path, tmp_path: Path) -> Fieldline:
    """The program beside a copy of the company's store, without settings: nothing here asks the systems."""
    program = Fieldline(tmp_path)
    shutil.copyfile(mirrored, program.store)
    return program
