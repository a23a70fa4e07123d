"""Ask a store what the pages ask, each question once: `FILE rollup | raw | explore`; seconds of each as JSON.

The store is opened as the server opens it. The first question of a kind is left out: it reads what later ones share.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from data import explore
from data.access import EVERYTHING
from data.explore import Asked, Filter
from data.kpi import ask
from data.kpi.question import Question
from data.store import Store, StoreLimits
from tests.scenarios.mirroring import url_of

_QUESTIONS = 60
# Those that a day's sums answer, and those of the tables by record.
_KPIS = (
    "doors",
    "activities",
    "contact_rate",
    "verified_share",
    "set",
    "closer_sit_rate",
    "close_rate",
    "sold",
)
_DAYS = (1, 7, 28, 91)


def rollup(store: Store) -> Iterator[Callable[[], object]]:
    """One number of a period, of everybody or of one team, as a tile asks for it."""
    chance, last = random.Random(1), _last_day(store)  # noqa: S311 (which questions, no secret)
    teams = [row["id"] for row in store.rows("select id from spotio.team order by id")]
    for number in range(_QUESTIONS):
        question = Question(
            last - timedelta(chance.choice(_DAYS) - 1),
            last,
            EVERYTHING,
            teams=chance.choice([None, (chance.choice(teams),)]),
        )
        yield partial(ask.values, store, question, [_KPIS[number % len(_KPIS)]])


def raw(store: Store) -> Iterator[Callable[[], object]]:
    """One number narrowed to a result, or to verified visits, which no rollup holds: counted from the events."""
    chance, last = random.Random(1), _last_day(store)  # noqa: S311 (which questions, no secret)
    results = [
        row["id"]
        for row in store.rows(
            "select distinct template_id || ':' || result_id as id from kpi.result_class order by 1"
        )
    ]
    for number in range(_QUESTIONS):
        narrowed = {"results": (chance.choice(results),)} if number % 2 else {"verification": "verified"}
        question = Question(last - timedelta(chance.choice(_DAYS) - 1), last, EVERYTHING, **narrowed)
        yield partial(ask.values, store, question, [("doors", "activities", "contact_rate")[number % 3]])


def pages(store: Store) -> Iterator[Callable[[], object]]:
    """Pages of the activities: the first and later ones, sorted by other columns, filtered, and searched."""
    table = explore.table(store, EVERYTHING, "spotio.activity")
    users = [row["id"] for row in store.rows("select id from spotio.user order by id")]
    chance = random.Random(1)  # noqa: S311 (which questions, no secret)
    for number in range(_QUESTIONS):
        asked = (
            Asked(),
            Asked(after=explore.page(store, EVERYTHING, table, Asked(limit=500)).edges[1]),  # type: ignore[index]
            Asked(sort="distance"),
            Asked(filters=(Filter("ownerId", "equals", (chance.choice(users),)),)),
            Asked(sort="id", descending=False),
        )[number % 5]
        yield partial(explore.page, store, EVERYTHING, table, asked)


def _last_day(store: Store) -> date:
    day: date = store.rows("select max(day) as day from kpi.day where visits > 0")[0]["day"]
    return day


def main(file: str, kind: str) -> None:
    asking = {"rollup": rollup, "raw": raw, "explore": pages}[kind]
    with Store.open(url_of(Path(file)), StoreLimits(roomy=True)) as store:
        seconds, cpu_seconds = [], []
        for ask_it in asking(store):
            started, worked = time.perf_counter(), time.process_time()
            ask_it()
            seconds.append(time.perf_counter() - started)
            cpu_seconds.append(time.process_time() - worked)
    print(json.dumps({"seconds": seconds[1:], "cpu_seconds": cpu_seconds[1:]}))  # noqa: T201


main(*sys.argv[1:])
