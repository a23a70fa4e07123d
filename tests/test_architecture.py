"""The import rules hold, and they would notice.

The contracts stand in pyproject.toml, each with its reason. Here every one of them is shown to bite: a copy of the
packages gets the imports that must not be, and each contract has to name its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("console", "sync", "data")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# For each contract a module and the import that breaks it.
FORBIDDEN = {
    "The console stands on the runner, the runner on the store": ("data/run_log.py", "import sync.errors"),
    "Nothing below the console knows it": ("sync/schedule.py", "import streamlit"),
    "The store knows nothing above it": ("data/store.py", "import httpx"),
    "Pages never reach past readers and services": ("console/views/log.py", "from data import run_log"),
    "One console module writes": ("console/readers.py", "from data import ledger"),
    "Only data speaks DuckDB": ("sync/runner.py", "import duckdb"),
    "Only connectors call the three systems": ("sync/pull/spotio.py", "import httpx"),
    "Connectors do not know who calls them": ("sync/connectors/http.py", "from data.store import Store"),
    "A command becomes a run, a run becomes pulls, a pull becomes calls": (
        "sync/pull/context.py",
        "import sync.runner",
    ),
    "The sandbox is a stranger: it imports nothing of ours": (
        "sync/sandbox/salesscreen.py",
        "import sync.settings",
    ),
    "The sandbox is a stranger: only the command line starts it": (
        "sync/doctor.py",
        "import sync.sandbox.server",
    ),
}


def verdicts(folder: Path) -> dict[str, str]:
    """KEPT or BROKEN for each contract, as import-linter sees the packages in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [program, "--no-logo", "--no-cache", "--config", ROOT / "pyproject.toml"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "300", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
    )
    lines = [line.rpartition(" ") for line in ended.stdout.splitlines()]
    return {name: verdict for name, _, verdict in lines if verdict in {"KEPT", "BROKEN"}}


def copied(folder: Path) -> Path:
    """The packages' modules in a folder of their own."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_every_import_rule_is_kept() -> None:
    assert verdicts(ROOT) == {contract["name"]: "KEPT" for contract in CONTRACTS}


def test_every_import_rule_notices_the_import_it_forbids(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    for module, statement in FORBIDDEN.values():
        file = folder / module
        file.write_text(f"{file.read_text()}\n{statement}\n")
    assert verdicts(folder) == {contract["name"]: "BROKEN" for contract in CONTRACTS}


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
