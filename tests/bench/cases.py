"""What is measured, with its target; a case's `measure` gives the figures of one repetition."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.programs import Measured, PreparedOrg, fieldline_env, measure

CHANGED = 1_000
LATENCY_SECONDS = 0.25
_FIELDLINE = str(Path(sys.executable).with_name("fieldline"))
_REST_ALWAYS = {"FIELDLINE_SALESFORCE__BULK_FROM": "0"}
# A server that is measured does not read on its own in between.
_NO_SCHEDULE = {"FIELDLINE_SCHEDULE__SALESFORCE_SECONDS": "86400"}


@dataclass(frozen=True)
class Figures:
    """Of one repetition; what a case does not give is None."""

    records_a_second: float | None = None
    seconds: float | None = None
    peak_mb: float | None = None
    process_seconds: float | None = None  # start of the interpreter and imports included
    cpu_seconds: float | None = None  # of the whole process: hardly moved by other work on the machine
    median_ms: float | None = None  # of many questions or clicks
    most_ms: float | None = None  # 95 of 100 of them take no longer
    cpu_ms: float | None = None  # the median of what the process that asks takes on all processors


@dataclass(frozen=True)
class Target:
    """What the figures must reach."""

    records_a_second: float | None = None
    seconds: float | None = None
    peak_mb: float | None = None
    median_ms: float | None = None
    most_ms: float | None = None

    def met(self, figures: Figures) -> bool | None:
        """Whether each figure with a target reaches it; None without a target."""
        checks = [
            wanted <= got if name == "records_a_second" else got < wanted
            for name in ("records_a_second", "seconds", "peak_mb", "median_ms", "most_ms")
            if (wanted := getattr(self, name)) is not None and (got := getattr(figures, name)) is not None
        ]
        return all(checks) if checks else None


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    measure: Callable[[], Figures]
    target: Target = field(default_factory=Target)
    rounds_max: int | None = None  # for one that takes minutes


def first_load(
    org: PreparedOrg, leads: int, folder: Path, *, rest: bool, latency: float = 0.0, gzip: bool = False
) -> Figures:
    """Fieldline's first load into a new store, through the runner."""
    store = _empty(folder) / "store.duckdb"
    org.answers(latency=latency, gzip=gzip)
    env = fieldline_env(org, store, **(_REST_ALWAYS if rest else {}))
    try:
        return _load_figures(measure([sys.executable, "-m", "tests.bench.side_fieldline"], env), leads)
    finally:
        org.answers()


def other_side(python: str, side: str, org: PreparedOrg, leads: int, folder: Path) -> Figures:
    """The same leads into a table, in another way."""
    file = _empty(folder) / "other.duckdb"
    return _load_figures(measure([python, "-m", f"tests.bench.{side}", org.url, str(file)]), leads)


def changes_by_command(org: PreparedOrg, store: Path) -> Figures:
    """`fieldline pull` of so many changes, from the start of the program to its end."""
    org.change(CHANGED)
    command = [_FIELDLINE, "pull", "--system", "salesforce", "--json"]
    measured = measure(command, fieldline_env(org, store))
    _expect_changes(measured.report["tables"])
    return Figures(seconds=measured.seconds, peak_mb=measured.peak_mb, cpu_seconds=measured.cpu_seconds)


@contextmanager
def running_server(org: PreparedOrg, store: Path) -> Iterator[Callable[[], Figures]]:
    """`fieldline run` over the store; what it yields has the server pull so many changes."""
    env = fieldline_env(org, store, FIELDLINE_PORT=str(_free_port()), **_NO_SCHEDULE)
    command = [_FIELDLINE, "run", "--json"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            token = json.loads(store.with_name(f"{store.name}.owner.json").read_text())["token"]

            def pull() -> Figures:
                org.change(CHANGED)
                started = time.perf_counter()
                report = _command(url, token, "pull", {"system": "salesforce", "reconcile": False})
                seconds = time.perf_counter() - started
                _expect_changes(report["tables"])
                return Figures(seconds=seconds)

            _command(url, token, "pull", {"system": "salesforce", "reconcile": False})  # it is warm now
            yield pull
        finally:
            process.terminate()


def loaded_store(org: PreparedOrg, leads: int, folder: Path) -> Path:
    """A store that holds all leads."""
    first_load(org, leads, folder, rest=False)
    return folder / "store.duckdb"


def _load_figures(measured: Measured, leads: int) -> Figures:
    report = measured.report
    if report["records"] != leads:
        raise AssertionError(f"{report['records']} of {leads} leads arrived")
    seconds = report["seconds"]
    return Figures(leads / seconds, seconds, measured.peak_mb, measured.seconds, measured.cpu_seconds)


def _expect_changes(tables: list[dict[str, int]]) -> None:
    changed = sum(table["changed"] for table in tables)
    if changed != CHANGED:
        raise AssertionError(f"{changed} of {CHANGED} changes arrived")


def _command(
    url: str, token: str, command: str, arguments: dict[str, object]
) -> dict[str, list[dict[str, int]]]:
    request = urllib.request.Request(  # noqa: S310 (our own server on loopback)
        f"{url}/api/commands/{command}",
        json.dumps(arguments).encode(),
        {"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        last = json.loads(answer.read().splitlines()[-1])
    if "result" not in last:
        raise AssertionError(last)
    result: dict[str, list[dict[str, int]]] = last["result"]
    return result


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
