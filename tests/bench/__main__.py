"""Measure Fieldline: `python -m tests.bench [--part loads | console | sandbox | engine | sync | log] [--rounds 3] [--json FILE]`.

The loads stand beside what else could be used. Both sides read the same prepared org, in turns within each round, so that a busy moment of the machine meets
them all; the table shows medians. Nothing fails here: a figure is looked at by a person.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.cases import (
    CHANGED,
    LATENCY_SECONDS,
    Case,
    Figures,
    Target,
    changes_by_command,
    first_load,
    loaded_store,
    other_side,
    running_server,
)
from tests.bench.console_cases import console, field_store, first_derivation, reads
from tests.bench.dlt_environment import NoDltError, dlt_python
from tests.bench.engine_cases import engine_cases, log_cases, sync_cases
from tests.bench.field_world import Size
from tests.bench.machine import machine, wait_for_quiet
from tests.bench.programs import prepared_org
from tests.bench.sandbox_cases import page_cases, ready_cases

LEADS = 200_000
MANY_LEADS = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of every case; medians are shown")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--only", default="", help="only cases whose name holds this")
    parser.add_argument(
        "--patience",
        type=float,
        default=0,
        help="seconds to wait for a quiet machine before each measurement",
    )
    parser.add_argument(
        "--part",
        choices=sorted(PARTS),
        help="only loads of Salesforce, the console, the stand-ins, the engine, plans over a store, or the log of records",
    )
    parser.add_argument(
        "--activities", type=int, default=Size.activities, help="how many the console's company has"
    )
    parser.add_argument("--links", type=int, default=1_000_000, help="how many the sync's store has")
    options = parser.parse_args()
    measured_on = machine()
    _say(f"Ten million additions take {measured_on['yardstick_seconds']} s here and now.")
    medians = run(options)
    _show(measured_on, medians)
    if options.json:
        document = {
            "machine": measured_on,
            "rounds": options.rounds,
            "cases": [
                {"name": case.name, **asdict(figures), "target": asdict(case.target), "met": case.target.met(figures)}
                for case, figures in medians
            ],
        }  # fmt: skip
        options.json.write_text(json.dumps(document, indent=2) + "\n")


def run(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """Measure every case whose name holds `only`; return the medians."""
    chosen = [PARTS[options.part]] if options.part else PARTS.values()
    return [each for part in chosen for each in part(options)]


def _console(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """The analytics console over a large field company."""
    size = Size.of(options.activities)
    medians: list[tuple[Case, Figures]] = []
    with tempfile.TemporaryDirectory(prefix="fieldline-bench-") as name:
        store = Path(name) / "field.duckdb"
        field_store(store, size)
        # What follows stands on what it leaves: it is measured once, whatever `only` says.
        first = Case(
            f"{size.activities:,} activities, first events and numbers",
            partial(first_derivation, store),
            Target(seconds=120, peak_mb=1_500),
        )
        figures = first.measure()
        _say(f"{first.name}: {_words(figures)}")
        medians.append((first, figures))
        medians += _medians(
            [
                Case("A number by a rollup", partial(reads, store, "rollup"), Target(median_ms=60)),
                Case("A number from the events", partial(reads, store, "raw"), Target(median_ms=250)),
                Case("A page of Explore", partial(reads, store, "explore"), Target(median_ms=300)),
            ],
            options,
        )
        with console(store, size) as cases:
            medians += _medians(cases, options)
    return medians


def _loads(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """Loads of Salesforce, beside what else could be used."""
    medians: list[tuple[Case, Figures]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fieldline-bench-")))
        org = stack.enter_context(prepared_org(LEADS))
        load = partial(first_load, org, LEADS, folder / "own")
        cases = [
            Case("First load, REST", partial(load, rest=True), Target(records_a_second=45_000, peak_mb=550)),
            Case("First load, Bulk", partial(load, rest=False), Target(records_a_second=65_000, peak_mb=450)),
            Case("First load, REST, gzip", partial(load, rest=True, gzip=True)),
            Case("First load, Bulk, gzip", partial(load, rest=False, gzip=True)),
            Case(
                f"First load, REST, {LATENCY_SECONDS * 1000:.0f} ms an answer",
                partial(load, rest=True, latency=LATENCY_SECONDS),
                Target(seconds=10),
            ),
            Case(
                "simple-salesforce -> polars -> DuckDB",
                partial(other_side, sys.executable, "side_plain", org, LEADS, folder / "other"),
            ),
            *_dlt(
                partial(other_side, side="side_dlt", org=org, leads=LEADS, folder=folder / "other"),
                options.only,
            ),
        ]
        medians += _medians(cases, options)
        store = loaded_store(org, LEADS, folder / "changes")
        name = f"{CHANGED:,} changed"
        command = Case(f"{name}, by command", partial(changes_by_command, org, store), Target(seconds=2.5, peak_mb=300))  # fmt: skip
        medians += _medians([command], options)
        pull = stack.enter_context(running_server(org, store))
        medians += _medians([Case(f"{name}, in the running server", pull, Target(seconds=0.6))], options)
    with tempfile.TemporaryDirectory(prefix="fieldline-bench-") as name, prepared_org(MANY_LEADS) as many:
        load = partial(first_load, many, MANY_LEADS, Path(name) / "own")
        flat = [
            Case("1,000,000 leads, REST", partial(load, rest=True), Target(peak_mb=550)),
            Case("1,000,000 leads, Bulk", partial(load, rest=False), Target(peak_mb=450)),
        ]
        medians += _medians(flat, options)
    return medians


def _sandbox(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """The stand-ins themselves."""
    medians = _medians(ready_cases(), options)
    with page_cases() as cases:
        return medians + _medians(cases, options)


def _engine(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """Plans, without store and network."""
    return _medians(engine_cases(), options)


def _sync(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """Plans over a store of many links."""
    with tempfile.TemporaryDirectory(prefix="fieldline-bench-") as name:
        return _medians(sync_cases(Path(name), options.links), options)


def _log(options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    """The log of records over as many links."""
    with tempfile.TemporaryDirectory(prefix="fieldline-bench-") as name:
        return _medians(log_cases(Path(name), options.links), options)


def _dlt(side: Callable[[str], Figures], only: str) -> list[Case]:
    name = "dlt -> DuckDB"
    if only not in name:
        return []
    try:
        return [Case(name, partial(side, dlt_python()), rounds_max=1)]
    except NoDltError as error:
        _say(f"The comparison with dlt is left out: it could not be installed here ({error}).")
        return []


def _medians(cases: Sequence[Case], options: argparse.Namespace) -> list[tuple[Case, Figures]]:
    chosen = [case for case in cases if options.only in case.name]
    taken: dict[str, list[Figures]] = {case.name: [] for case in chosen}
    for number in range(1, options.rounds + 1):
        for case in chosen:
            if case.rounds_max is not None and number > case.rounds_max:
                continue
            wait_for_quiet(options.patience)
            figures = case.measure()
            taken[case.name].append(figures)
            _say(f"round {number}: {case.name}: {_words(figures)}")
    return [(case, _median(taken[case.name])) for case in chosen]


def _median(taken: Sequence[Figures]) -> Figures:
    def of(name: str) -> float | None:
        values = [value for figures in taken if (value := getattr(figures, name)) is not None]
        return round(statistics.median(values), 3) if values else None

    return Figures(**{each.name: of(each.name) for each in fields(Figures)})


def _words(figures: Figures | Target) -> str:
    parts = (
        ("{:,.0f} records/s", figures.records_a_second),
        ("{:.2f} s", figures.seconds),
        ("{:,.0f} MB", figures.peak_mb),
        ("{:.1f} s CPU", getattr(figures, "cpu_seconds", None)),
        ("{:,.0f} ms", figures.median_ms),
        ("95%: {:,.0f} ms", figures.most_ms),
        ("{:,.0f} ms CPU", getattr(figures, "cpu_ms", None)),
    )
    return ", ".join(pattern.format(value) for pattern, value in parts if value is not None)


def _show(measured_on: dict[str, Any], medians: Sequence[tuple[Case, Figures]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    told = "{processor}, {cores} cores, {memory_gb} GB, {system}, Python {python}, DuckDB {duckdb}"
    console.print(
        told.format(**measured_on) + f"; load before: {measured_on['load_before']};"
        f" ten million additions: {measured_on['yardstick_seconds']} s"
    )
    table = Table("Case", "Median", "Target", "", box=None, pad_edge=False)
    for case, figures in medians:
        met = {True: "met", False: "missed", None: ""}[case.target.met(figures)]
        table.add_row(case.name, _words(figures), _words(case.target), met)
    console.print(table)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


PARTS = {
    "loads": _loads,
    "console": _console,
    "sandbox": _sandbox,
    "engine": _engine,
    "sync": _sync,
    "log": _log,
}

main()
