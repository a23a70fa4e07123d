"""What the engine takes, each case in a process of its own."""

from __future__ import annotations

import statistics
import sys
from functools import partial
from pathlib import Path

from tests.bench.cases import Case, Figures, Target
from tests.bench.programs import measure


def planned(case: str, count: int) -> Figures:
    """One plan of made-up facts; the seconds are the engine's, the memory is the whole process's."""
    measured = measure([sys.executable, "-m", "tests.bench.side_engine", case, str(count)])
    report = measured.report
    return Figures(
        count / report["seconds"],
        report["seconds"],
        measured.peak_mb,
        measured.seconds,
        report["cpu_seconds"],
    )


def over_a_store(case: str, file: Path, count: int) -> Figures:
    """One plan over a store, with what is written down of it; the memory is the whole process's."""
    measured = measure([sys.executable, "-m", "tests.bench.side_sync", case, str(file), str(count)])
    report = measured.report
    return Figures(None, report["seconds"], measured.peak_mb, measured.seconds, report["cpu_seconds"])


def sync_cases(folder: Path, links: int = 1_000_000) -> list[Case]:
    """Plans over a store of so many links of twenty fields: a quiet one, one record, one in a hundred changed, all anew.

    The store is made here, which takes minutes, and the third case changes it: each is measured once, in this order.
    """
    file = folder / "links.duckdb"
    measure([sys.executable, "-m", "tests.bench.side_sync", "make", str(file), str(links)])
    some = links // 100
    return [
        Case(f"Sync: quiet plan over {links:,} links", partial(over_a_store, "quiet", file, 0), Target(seconds=3), 1),
        Case(f"Sync: plan of one record among {links:,} links, as `why` makes it", partial(over_a_store, "one", file, 7), Target(seconds=1), 1),
        Case(f"Sync: plan over {links:,} links, 1% changed", partial(over_a_store, "changed", file, some), Target(seconds=5), 1),
        Case(f"Sync: everything of {links:,} links planned anew, 1% changed", partial(over_a_store, "all", file, some), Target(peak_mb=4_000), 1),
    ]  # fmt: skip


def asked_of_log(file: Path, kind: str) -> Figures:
    """What the page Log reads for one view after another, in a process of its own."""
    report = measure([sys.executable, "-m", "tests.bench.side_log", str(file), kind]).report
    ordered = sorted(report["seconds"])
    return Figures(
        median_ms=statistics.median(ordered) * 1000,
        most_ms=ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000,
        cpu_ms=statistics.median(report["cpu_seconds"]) * 1000,
    )


def log_cases(folder: Path, links: int = 1_000_000) -> list[Case]:
    """The page Log over five lines a link: opened and leafed through, narrowed, searched, and run by run."""
    file = folder / "log.duckdb"
    lines = links * 5
    measure([sys.executable, "-m", "tests.bench.side_log", str(file), "make", str(links), str(lines)])
    kinds = {
        "opened": "page by page",
        "filtered": "another filter",
        "searched": "another search",
        "runs": "another run",
    }
    return [
        Case(f"Log of {lines:,} lines: {called}", partial(asked_of_log, file, kind), Target(median_ms=400))
        for kind, called in kinds.items()
    ]


def engine_cases() -> list[Case]:
    """Twenty fields a record, of all kinds."""
    return [
        Case("Engine: plan of 100,000 creates", partial(planned, "new", 100_000), Target(seconds=2.5)),
        Case(
            "Engine: plan of 10,000 changed links", partial(planned, "changed", 10_000), Target(seconds=1.5)
        ),
        Case(
            "Engine: full plan of 1,000,000 links by ranges, 1% changed",
            partial(planned, "all", 1_000_000),
            Target(peak_mb=4_000),
            rounds_max=1,
        ),
    ]
