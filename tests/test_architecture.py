"""The import rules hold, and they would notice.

The contracts stand in pyproject.toml, each with its reason. Here every one of them is shown to bite: a copy of the
packages gets the imports that must not be, and each contract has to name its own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("console", "sync", "data")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# For each contract an import that breaks it: the module, the statement, and what import-linter then reports.
FORBIDDEN = {
    "The engine is pure": (
        "sync/engine/plan.py", "import logging", "sync.engine.plan -> logging"),
    "The console stands on the runner, the runner on the store": (
        "data/run_log.py", "import sync.errors", "data.run_log -> sync.errors"),
    "Nothing below the console knows it": (
        "sync/schedule.py", "import streamlit", "sync.schedule -> streamlit"),
    "The store knows nothing above it": (
        "data/store.py", "import httpx", "data.store -> httpx"),
    "Pages never reach past readers and services": (
        "console/views/log.py", "from data import run_log", "console.views.log -> data.run_log"),
    "One console module writes": (
        "console/readers/runs.py", "from data import ledger", "console.readers.runs -> data.ledger"),
    "Only data speaks DuckDB": (
        "sync/runner.py", "import duckdb", "sync.runner -> duckdb"),
    "Only connectors call the three systems": (
        "sync/pull/spotio/scan.py", "import httpx", "sync.pull.spotio.scan -> httpx"),
    "Connectors do not know who calls them": (
        "sync/connectors/http.py", "from data.store import Store", "sync.connectors.http -> data.store"),
    "A command becomes a run, a run becomes pulls, a pull becomes calls": (
        "sync/pull/context.py", "import sync.runner", "sync.pull.context -> sync.runner"),
    "The sandbox is a stranger: it imports nothing of ours": (
        "sync/sandbox/salesscreen.py", "import sync.settings", "sync.sandbox.salesscreen -> sync.settings"),
    "The sandbox is a stranger: only the command line starts it": (
        "sync/doctor.py", "import sync.sandbox.server", "sync.doctor -> sync.sandbox.server"),
}  # fmt: skip


def report(folder: Path) -> str:
    """What import-linter says of the packages in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [program, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "300", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
    )
    assert ended.stdout, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def misled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report on a copy of the packages into which every forbidden import was written."""
    folder = tmp_path_factory.mktemp("misled")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for module, statement, _ in FORBIDDEN.values():
        file = folder / module
        file.write_text(f"{file.read_text()}\n{statement}\n")
    return report(folder)


def test_every_import_rule_is_kept() -> None:
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in report(ROOT)


@pytest.mark.parametrize("contract", [contract["name"] for contract in CONTRACTS])
def test_an_import_rule_notices_the_import_it_forbids(misled: str, contract: str) -> None:
    _, broken = misled.split("Broken contracts")
    headings = "|".join(re.escape(each["name"]) for each in CONTRACTS)
    parts = re.split(rf"^({headings})$", broken, flags=re.MULTILINE)
    told = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert FORBIDDEN[contract][2] in re.sub(" +", " ", told[contract])


def test_the_rule_of_the_sandbox_names_every_part_of_the_runner() -> None:
    rule = next(c for c in CONTRACTS if c["name"] == "The sandbox is a stranger: it imports nothing of ours")
    parts = {
        f"sync.{path.stem}"
        for path in (ROOT / "sync").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert set(rule["forbidden_modules"]) == parts - {"sync.__init__", "sync.sandbox"} | {"console", "data"}


@pytest.mark.parametrize("contract", CONTRACTS, ids=[contract["name"] for contract in CONTRACTS])
def test_every_import_rule_has_its_reason_above_it(contract: dict[str, str]) -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    at = lines.index(f'name = "{contract["name"]}"')
    assert lines[at - 1] == "[[tool.importlinter.contracts]]"
    assert lines[at - 2].startswith("# ")


def test_a_command_begins_without_what_only_pages_and_the_server_need() -> None:
    told = "import sys, sync.cli; print(*sorted({'altair', 'polars', 'simple_salesforce', 'streamlit'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []
