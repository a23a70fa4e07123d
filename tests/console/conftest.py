"""A real store behind the real pages, and a recorder where the runner would be."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import console
from console.context import Context, set_context
from console.identity import CHOSEN, Visitor
from data.store import Store
from sync.operations import Operations
from sync.settings import Settings
from tests.console.seed import Seed

APP = Path(console.__file__).parent / "app.py"

Open = Callable[..., AppTest]
Command = Callable[[str, Mapping[str, Any]], Any]


def program(store: Store) -> Command:
    """The program's own commands over a store, as the server carries them out for a page."""
    operations = Operations(store, None, Settings.load())
    return lambda command, arguments: operations.run(command, dict(arguments), lambda _: None)


@pytest.fixture(scope="module")
def filled() -> Path | None:
    """A store to begin with, for tests whose own takes longer to fill than they take; by default none."""
    return None


@pytest.fixture
def store(filled: Path | None, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "console.duckdb"
    if filled is not None:
        shutil.copyfile(filled, path)
    with Store.open(f"duckdb:////{str(path)[1:]}") as store:
        yield store


@pytest.fixture
def seed(store: Store) -> Seed:
    return Seed(store)


class Runner:
    """Stands where the runner is: remembers who asked, and says whether a run is waiting already."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.syncs: list[tuple[str, str | None]] = []
        self.waiting = False

    def request_run(self, asked_by: str) -> bool:
        if not self.waiting:
            self.asked.append(asked_by)
        return not self.waiting

    def request_sync(self, sync: str, plan: str | None) -> bool:
        if not self.waiting:
            self.syncs.append((sync, plan))
        return not self.waiting


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture(scope="session", autouse=True)
def packages_looked_at_once() -> Iterator[None]:
    """A server looks once which installed packages bring components; a page under test would look at each run."""
    looked = functools.cache(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", looked)
        yield


@pytest.fixture
def open_page(store: Store, runner: Runner) -> Iterator[Open]:
    """Opens a page as a browser with that URL would, for somebody who has chosen a role: open_page("log", run="r-1")."""

    def open_page(
        page: str = "overview",
        *,
        systems: tuple[str, ...] = ("spotio", "salesforce", "salesscreen"),
        role: str = "admin",
        user_id: str | None = None,
        **query: str,
    ) -> AppTest:
        set_context(
            Context(
                store,
                runner.request_run,
                systems,
                "America/Denver",
                request_sync=runner.request_sync,
                command=program(store),
            )
        )
        app = AppTest.from_file(str(APP), default_timeout=30)
        app.session_state[CHOSEN] = Visitor(role=role, user_id=user_id)
        for name, value in query.items():
            app.query_params[name] = value
        return app.switch_page(f"views/{page}.py").run()

    yield open_page
    set_context(None)


def texts(app: AppTest) -> str:
    """All that a page says in words, tables and charts aside."""
    kinds = (app.title, app.header, app.caption, app.markdown, app.warning, app.error, app.info)
    said = [str(element.value) for kind in kinds for element in kind]
    said += [str(element.proto.title) for kind in (app.warning, app.error) for element in kind]
    said += [str(element.text) for element in app.progress]
    return "\n".join(said)
