"""What is measured of the analytics console, over a store of five million activities of five hundred reps.

A dashboard's seconds are those of a browser: from the event of the click to the last thing that the page's main part
painted, every chart and table being in sight. Of ten people one is a browser, too, and the others are what the server
knows of theirs (`clicks.Colleague`): ten browsers would take the processors that the server needs.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from data.store import Store
from tests.bench.cases import Case, Figures, Target
from tests.bench.clicks import (
    PERIODS,
    Colleague,
    choose_period,
    choose_territory,
    chromium_browser,
    number_of_leader,
    visitor,
)
from tests.bench.field_world import Size, export_recent
from tests.bench.programs import field_sandbox, measure
from tests.bench.served import Served, served
from tests.scenarios.mirroring import url_of

_SEED = 1
_CLICKS = 30
_VISITS = 8
# Each is one setter's.
_TURFS = "select * from spotio.territory where parentId is not null order by id"
_PEOPLE, _EVERY_SECONDS = 10, 3.0
_PATIENCE_SECONDS = 120


def field_store(store: Path, size: Size) -> None:
    """Make the company's store, as a first load leaves it before events and numbers are derived."""
    command = [sys.executable, "-m", "tests.bench.field_world", str(store), "--mirror-only"]
    measure([*command, "--activities", str(size.activities), "--seed", str(_SEED)])


def first_derivation(store: Path) -> Figures:
    """Events and numbers of the whole store, with the memory that a server has."""
    measured = measure([sys.executable, "-m", "tests.bench.side_facts", str(store)])
    return Figures(
        seconds=measured.report["seconds"], peak_mb=measured.peak_mb, cpu_seconds=measured.cpu_seconds
    )


def reads(store: Path, kind: str) -> Figures:
    """What pages ask of a store, one question after another, in a process of its own."""
    report = measure([sys.executable, "-m", "tests.bench.side_reads", str(store), kind]).report
    return _of_many(report["seconds"], statistics.median(report["cpu_seconds"]))


@contextmanager
def console(store: Path, size: Size) -> Iterator[list[Case]]:
    """The cases of the served console; the server, its sandbox and a browser run as long as the block."""
    with ExitStack() as stack:
        recent = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=store.parent)))
        export_recent(store, recent)
        with Store.open(url_of(store)) as opened:
            places = [row["title"] for row in opened.rows(f"select title from ({_TURFS})")]
            turf, rep = opened.rows(f"select id, userIds[1] as rep from ({_TURFS}) limit 1")[0].values()
            doors = opened.rows(
                "select r.id, r.lat, r.lng from spotio.record r"
                f" where r.territoryId = $turf and r.id in (select id from '{recent}/dataObjects.json') order by r.id",
                {"turf": turf},
            )
        env = stack.enter_context(field_sandbox(size.activities, _SEED, recent))
        server = stack.enter_context(served(store, env))
        browser = stack.enter_context(chromium_browser())
        board = stack.enter_context(visitor(browser, f"{server.url}/board?number=doors&territory={turf}"))
        fresh = partial(_fresh, board, _visits(rep, doors), env["FIELDLINE_SPOTIO__URL"])
        page = stack.enter_context(visitor(browser, f"{server.url}/dashboard"))
        click = _clicker(page, places)
        yield [
            Case("Dashboard, one person", partial(_alone, click), Target(median_ms=500, most_ms=1_000)),
            Case("Dashboard, ten people", partial(_together, server, click), Target(median_ms=1_200)),
            Case("Board, after a logged visit", fresh, Target(seconds=5)),
            Case("Server, pulling, with ten people", partial(_pulling, server), Target(peak_mb=1_500)),
        ]


def _clicker(page: Page, places: Sequence[str]) -> Callable[[], float]:
    """Change a filter to something new, territory and period in turns; gives seconds to the last chart painted."""
    turns, periods, unseen = count(), cycle(PERIODS), cycle(places)

    def click() -> float:
        if next(turns) % 2:
            return choose_period(page, next(periods))
        return choose_territory(page, next(unseen))

    return click


def _alone(click: Callable[[], float]) -> Figures:
    return _of_many([click() for _ in range(_CLICKS)])


def _together(server: Served, click: Callable[[], float]) -> Figures:
    with _colleagues(server, _PEOPLE - 1):
        return _of_many(_every_few_seconds(click))


def _pulling(server: Served) -> Figures:
    """The server's memory while it reads a week of activities again, as each pull does, and answers ten people."""
    with _colleagues(server, _PEOPLE), server.peak_mb() as peak:
        started = time.perf_counter()
        server.pull()
        seconds = time.perf_counter() - started
    return Figures(peak_mb=peak[0], seconds=seconds)


def _visits(rep: str, doors: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A rep at one door after another."""
    for door in doors:
        yield {
            "userId": rep,
            "dataObjectId": door["id"],
            "resultId": "1",
            "lat": door["lat"],
            "lng": door["lng"],
        }


def _fresh(board: Page, visits: Iterator[dict[str, Any]], spotio: str) -> Figures:
    """From SPOTIO's answer to a rep's phone to the number on a board that stands open: webhook, pull, numbers, page.

    The median of several: the board looks for something new every few seconds.
    """
    waits = []
    for _ in range(_VISITS):
        standing = number_of_leader(board)
        _act(spotio, next(visits))
        started = time.perf_counter()
        number_of_leader(board, more_than=standing)
        waits.append(time.perf_counter() - started)
    return Figures(seconds=statistics.median(waits), most_ms=max(waits) * 1000)


def _act(spotio: str, visit: Mapping[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 (our own server on loopback)
        f"{spotio}/__sandbox__/act", json.dumps({"action": "log_visit_mobile", **visit}).encode()
    )
    urllib.request.urlopen(request).read()  # noqa: S310


@contextmanager
def _colleagues(server: Served, how_many: int) -> Iterator[None]:
    """So many others, each with the dashboard before them, clicking as long as the block lasts."""
    colleagues = [Colleague(server.url, _EVERY_SECONDS, seed) for seed in range(how_many)]
    for colleague in colleagues:
        colleague.start()
    for colleague in colleagues:
        if not colleague.arrived.wait(_PATIENCE_SECONDS):
            raise AssertionError(f"{colleague.name} did not come to the dashboard")
    yield
    for colleague in colleagues:
        colleague.stop()


def _every_few_seconds(click: Callable[[], float]) -> list[float]:
    waits = []
    for _ in range(_CLICKS):
        started = time.perf_counter()
        waits.append(click())
        time.sleep(max(0.0, _EVERY_SECONDS - (time.perf_counter() - started)))
    return waits


def _of_many(seconds: Sequence[float], cpu_seconds: float | None = None) -> Figures:
    ordered = sorted(seconds)
    return Figures(
        median_ms=statistics.median(ordered) * 1000,
        most_ms=ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000,
        cpu_ms=None if cpu_seconds is None else cpu_seconds * 1000,
    )
