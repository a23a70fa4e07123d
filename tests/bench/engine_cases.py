"""What the engine takes, each case in a process of its own."""

from __future__ import annotations

import sys
from functools import partial

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
