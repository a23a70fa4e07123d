"""Plant bugs and see whether the suite finds them: `python -m tests.mutants [--list] [NAME ...]`.

Each bug is a substitution in a copy of the source in a temporary folder, in which the tests that must fail are run. A
name is a part of one: `group` means every bug whose name holds it. Exits 1 when a bug survives, 2 when the tests fail
without one or a bug no longer applies.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("sync", "data", "console", "tests", "pyproject.toml")
TIMEOUT_SECONDS = 900


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only bugs whose name holds one of these")
    parser.add_argument("--list", action="store_true", help="name them and plant none")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once")
    options = parser.parse_args()
    chosen = [each for each in MUTANTS if not options.names or any(part in each.name for part in options.names)]  # fmt: skip
    if not chosen:
        sys.exit("No bug has a name like that; --list names them.")
    if options.list:
        for each in chosen:
            _say(f"{each.name}\n    {each.file}; {' '.join(each.tests)}")
        return
    sys.exit(run(chosen, options.jobs))


def run(chosen: Sequence[Mutant], jobs: int) -> int:
    """Plant them all, print what became of each, and give the exit code."""
    with tempfile.TemporaryDirectory(prefix="fieldline-mutants-") as folder:
        clean = _copied(Path(folder) / "clean")
        selected = sorted({test for each in chosen for test in each.tests})
        _say(f"Without a bug: {' '.join(selected)}")
        if not _passes(clean, selected):
            _say("The tests fail without any bug, so they tell nothing.")
            return 2
        with ThreadPoolExecutor(jobs) as pool:
            ends = list(pool.map(lambda numbered: _planted(Path(folder) / f"{numbered[0]}", numbered[1]), enumerate(chosen)))  # fmt: skip
    survived, stale = ends.count("survived"), ends.count("does not apply")
    _say(f"{ends.count('caught')} of {len(chosen)} caught, {survived} survived, {stale} no longer apply.")
    return 2 if stale else 1 if survived else 0


def _planted(folder: Path, mutant: Mutant) -> str:
    began = time.monotonic()
    root = _copied(folder)
    end = "does not apply"
    if mutant.plant(root):
        end = "survived" if _passes(root, mutant.tests) else "caught"
    shutil.rmtree(folder)
    _say(f"{end:15} {time.monotonic() - began:5.0f} s  {mutant.name}")
    return end


def _copied(folder: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def _passes(root: Path, tests: Sequence[str]) -> bool:
    """Whether the tests pass on the source in a folder, and on no other one that is installed."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    where = _python(root, environment, "-c", "import sync; print(sync.__file__)").stdout.strip()
    if not where.startswith(str(root)):
        raise RuntimeError(f"{where} is not in {root}: the bug would not be in what is tested.")
    command = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests)
    return _python(root, environment, *command).returncode == 0


def _python(root: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False,
    )  # fmt: skip


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (a program for the terminal)


if __name__ == "__main__":
    main()
