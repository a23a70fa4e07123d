"""Name the machine on which figures are measured, and wait for a moment when it does nothing else."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil


def machine() -> dict[str, Any]:
    """Processor, cores, memory, versions, and before anything is measured: the load average, and how fast a core is now."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "load_before": round(os.getloadavg()[0], 1),
        "yardstick_seconds": yardstick_seconds(),
    }


def yardstick_seconds() -> float:
    """What ten million additions take, the best of three.

    The same virtual machine was seen to be four times as slow in one hour as in another: figures of two runs are
    compared by what this was in each.
    """
    taken = []
    for _ in range(3):
        started, total = time.perf_counter(), 0
        for number in range(10_000_000):
            total += number
        taken.append(time.perf_counter() - started)
    return round(min(taken), 2)


def wait_for_quiet(patience_seconds: float) -> None:
    """Wait until other work leaves the processors alone for a second, no longer than told."""
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until and psutil.cpu_percent(interval=1) > 15:
        continue


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
