"""Plans over a store: `python -m tests.bench.side_sync make | changed | quiet | one | all FILE COUNT`, its report on the last line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from data.store import Store, StoreLimits
from data.syncs import states
from sync.syncs.planning import Planned, engine_state, make_plan
from sync.syncs.running import record_plan
from tests.bench import sync_world as world
from tests.scenarios.mirroring import url_of

_FILL_MEMORY_MB = 6144
NOW = world.LATER + timedelta(hours=1)
POLL_SECONDS = 300


def run(case: str, file: Path, count: int) -> dict[str, Any]:
    """`count`: pairs for `make`; for `changed` and `all` how many changed, for `one` the number of a pair."""
    if case == "make":
        with Store.open(url_of(file), StoreLimits(_FILL_MEMORY_MB)) as store:
            return _timed(lambda: world.make(store, count))
    with Store.open(url_of(file), StoreLimits(roomy=True)) as store:
        if case == "changed":
            world.change(store, count)
        kinds: dict[str, dict[str, Any]] = {
            "changed": {"since": states.read(store, world.SYNC).planned_to},
            "quiet": {"since": states.read(store, world.SYNC).planned_to},
            "one": {"only": ["6a" + str(count).zfill(22)]},
            "all": {"everything": True},
        }
        planned: list[Planned] = []
        report = _timed(lambda: planned.append(_planned(store, **kinds[case])))
        actions = planned[0].plan.actions.height
        wanted = {"changed": count, "all": count, "quiet": 0}.get(case)
        if wanted is not None and actions != wanted:
            raise AssertionError(f"{actions} actions were planned, not {wanted}")
        return report | {"actions": actions}


def _planned(store: Store, **how: Any) -> Planned:
    """A plan and its note in the store, as a run makes them; nothing is written to any system."""
    definition = world.definition()

    def piece(found: Planned) -> None:
        record_plan(store, found, run="r-2")

    return make_plan(
        store, definition, engine_state(store, world.SYNC, POLL_SECONDS), now=NOW, piece=piece, **how
    )


def _timed(work: Callable[[], object]) -> dict[str, Any]:
    began, on_processor = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - on_processor}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201 (its report)
