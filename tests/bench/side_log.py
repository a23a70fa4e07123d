"""Ask a store what the page Log asks of the records: `FILE make LINKS LINES` fills it, `FILE KIND` asks; its report as JSON.

Each question is what the page reads for one view of it: a page of lines with their names, the counts, the chosen line's
fields, and what can be chosen. The store is opened as the server opens it. The first question of a kind is left out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from console.context import Context, set_context
from console.identity import Visitor, on_behalf_of
from console.readers import lines as reading
from console.readers.lines import Search
from data.store import Store, StoreLimits
from tests.bench import log_world as world
from tests.scenarios.mirroring import url_of

_FILL_MEMORY_MB = 6144
_QUESTIONS = 24
_WEEK, _EVER = timedelta(days=7), None
_NOTHING = Search()


def view(text: str = "", before: str | None = None, **chosen: Any) -> str | None:
    """What one view of the page reads; the id of its last line."""
    sought = reading.search(text) if text else _NOTHING
    wanted = reading.line_filter(sought, **chosen)
    rows = reading.lines(wanted, before=before)
    reading.line_counts(wanted, first=rows[0].id if rows and before else None)
    reading.log_choices()
    if rows and rows[0].is_write:
        reading.written(rows[0])
    return rows[-1].id if rows else None


def opened() -> Iterator[Callable[[], object]]:
    """The page as it is opened, and leafed through."""
    last: list[str | None] = [None]

    def older() -> None:
        last[0] = view(before=last[0], period=_WEEK)

    for _ in range(_QUESTIONS):
        yield older


def filtered() -> Iterator[Callable[[], object]]:
    """An outcome, a field, a system, over a week and over all there is."""
    kinds: tuple[dict[str, Any], ...] = (
        {"outcomes": ["failed"]}, {"outcomes": ["blocked"]}, {"field": "Company"}, {"system": "salesforce"},
        {"outcomes": ["written"], "field": "Phone"}, {},
    )  # fmt: skip
    for number in range(_QUESTIONS):
        yield partial(view, period=(_WEEK, _EVER)[number // len(kinds) % 2], **kinds[number % len(kinds)])


def searched() -> Iterator[Callable[[], object]]:
    """Ids, e-mails, phones, names and reasons, none of them twice, over all there is."""
    for number in range(1, _QUESTIONS + 1):
        pair = number * 37
        texts = (
            "6a" + str(pair).zfill(22), "00Q" + str(pair).zfill(12), f"person.{pair}@example.com", f"household {pair} of",
            f"(303) {pair // 10000:03}-{pair % 10000:04}", f"household {pair} is no customer",
        )  # fmt: skip
        yield partial(view, texts[number % len(texts)], period=_EVER)


def of_runs() -> Iterator[Callable[[], object]]:
    """One run after another, with its numbers."""
    for number in range(1, _QUESTIONS + 1):
        yield partial(_run, f"r-{number * 80}")


def _run(id: str) -> None:
    run = reading.of_run(id)
    reading.line_counts(reading.line_filter(_NOTHING, of_run=run))
    reading.run_reads(id)
    view(of_run=run, outcomes=["blocked"])


def main(file: str, kind: str, *sizes: str) -> None:
    if kind == "make":
        links, lines = map(int, sizes)
        with Store.open(url_of(Path(file)), StoreLimits(_FILL_MEMORY_MB)) as store:
            world.make(store, links, lines)
        print(json.dumps({}))  # noqa: T201
        return
    asking = {"opened": opened, "filtered": filtered, "searched": searched, "runs": of_runs}[kind]
    seconds, cpu_seconds = [], []
    with Store.open(url_of(Path(file)), StoreLimits(roomy=True)) as store:
        set_context(Context(store, lambda _: True, ("spotio", "salesforce"), "America/Denver"))
        with on_behalf_of(Visitor(role="analyst")):
            for ask_it in asking():
                began, worked = time.perf_counter(), time.process_time()
                ask_it()
                seconds.append(time.perf_counter() - began)
                cpu_seconds.append(time.process_time() - worked)
    print(json.dumps({"seconds": seconds[1:], "cpu_seconds": cpu_seconds[1:]}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
