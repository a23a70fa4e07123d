"""An environment of its own for dlt, which is no dependency of ours: made once and kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

DLT = "dlt[duckdb]==1.31.0"


class NoDltError(Exception):
    """dlt could not be installed; the text says why."""


def dlt_python() -> str:
    """The Python of an environment with dlt and our version of DuckDB."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "fieldline" / f"bench-{DLT.replace('[', '-').replace(']==', '-')}-{version('duckdb')}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        try:
            venv.create(folder, with_pip=True)
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", DLT, f"duckdb=={version('duckdb')}"],
                check=True, capture_output=True, text=True, timeout=600,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise NoDltError(said[-1] if said else type(error).__name__) from error
        (folder / "complete").touch()
    return str(python)


if __name__ == "__main__":
    sys.stdout.write(dlt_python() + "\n")
