"""One small company for this folder, and one store that was pulled from it and is copied for each office."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox, running
from tests.syncs.office import Office

Opener = Callable[[], Office]
# What stands in a company depends on the day and the hour at which its work ends; these tests know theirs.
ENDED = datetime(2026, 10, 12, 18, tzinfo=UTC)


@pytest.fixture(scope="session")
def company() -> Iterator[Sandbox]:
    with running(scale="tiny", seed=1, ended=ENDED) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def pulled(company: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of the company at ready; a pull is dear, a copy is not."""
    office = Office.opened(company, tmp_path_factory.mktemp("pulled"), None)
    office.run("pull")
    office.close()
    return office.program.store


@pytest.fixture(scope="module")
def open_office(company: Sandbox, pulled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Opens an office over the company as it was at ready. One at a time: the company is the same for all."""
    opened: list[Office] = []

    def opener() -> Office:
        opened.append(Office.opened(company, tmp_path_factory.mktemp("office"), pulled))
        return opened[-1]

    yield opener
    for office in opened:
        office.close()
