"""Plan by the engine alone: `python -m tests.bench.side_engine new | changed | all COUNT`, its report on the last line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from sync.engine.definition import Side
from sync.engine.inputs import Inputs
from sync.engine.match import match
from sync.engine.plan import entries, plan
from tests.bench import engine_world as world

AT_ONCE = 50_000  # links of one range of a full plan


def new(count: int) -> dict[str, Any]:
    """A first plan: everything is created on the other side."""
    facts, pools = world.new_leads(count)
    definition = world.definition()

    def whole() -> int:
        entering = entries(definition, facts, world.ON, world.NOW)
        ids = entering.ids(Side.SPOTIO), entering.ids(Side.SALESFORCE)
        found = match(definition, facts, pools, *ids)
        return plan(definition, facts, world.ON, world.NOW, entering, found).actions.height

    return _timed(whole, count)


def changed(count: int) -> dict[str, Any]:
    """The plan of candidates alone: each of them changed on both sides, in different fields."""
    facts = world.all_changed(count)
    return _timed(lambda: _linked(facts), count * 2)


def everything(count: int) -> dict[str, Any]:
    """A full plan by ranges, of which one record in a hundred changed on either side; making up the facts is not counted."""
    report = {"seconds": 0.0, "cpu_seconds": 0.0, "actions": 0}
    for first in range(1, count + 1, AT_ONCE):
        facts = world.linked(first, min(first + AT_ONCE - 1, count))
        wanted = facts.spotio.filter(facts.spotio["f3"].str.ends_with("changed")).height * 2
        part = _timed(lambda facts=facts: _linked(facts), wanted)  # type: ignore[misc]
        report = {name: report[name] + part[name] for name in report}
    return report


def _linked(facts: Inputs) -> int:
    definition = world.definition()
    entering = entries(definition, facts, world.ON, world.NOW)
    return plan(definition, facts, world.ON, world.NOW, entering).actions.height


def _timed(work: Callable[[], int], wanted: int) -> dict[str, Any]:
    began, on_processor = time.perf_counter(), time.process_time()
    actions = work()
    report = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - on_processor}
    if actions != wanted:
        raise AssertionError(f"{actions} actions were planned, not {wanted}")
    return report | {"actions": actions}


if __name__ == "__main__":
    cases = {"new": new, "changed": changed, "all": everything}
    print(json.dumps(cases[sys.argv[1]](int(sys.argv[2]))))  # noqa: T201 (its report)
