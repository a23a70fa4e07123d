"""Ask for a run."""

from __future__ import annotations

from console.context import context
from console.identity import only_for


@only_for("admin")
def run_now() -> bool:
    """Ask the runner for a run; False when one is waiting already, and then nothing was added."""
    return context().request_run("console")
