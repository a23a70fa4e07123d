"""A run's report holds whatever was planned: written, refused, unknown, held, or left for the next run."""

from __future__ import annotations

import polars as pl
import pytest

from sync.engine.guards import Guarded, Held
from sync.engine.inputs import empty
from sync.engine.outcome import ACTIONS, Plan
from sync.syncs.applying import Applied
from sync.syncs.report import SyncReport


def actions(**of_class: int) -> pl.DataFrame:
    rows = [
        {"class": name, "action": f"{name}-{n}"} for name, count in of_class.items() for n in range(count)
    ]
    return pl.concat([empty(ACTIONS), pl.DataFrame(rows)], how="diagonal")


def added_up(report: SyncReport) -> bool:
    return report.planned == report.written + report.failed + report.unknown + report.skipped


@pytest.mark.requirement("SF-17")
def test_writes_that_a_stop_kept_from_beginning_are_counted_and_told() -> None:
    report, todo = SyncReport("doors"), actions(create_salesforce=3, update_salesforce=4, link=2)
    report.first(Plan(actions=todo), Guarded(todo, ()))
    report.carried_out(Applied({"linked": 2, "done": 1, "failed": 1, "dropped": 1}), todo)
    assert (report.written, report.failed, report.skipped) == (1, 1, 5)
    assert added_up(report)
    assert report.waiting == [
        "4 planned writes were not begun (the run ended before); the next run looks again."
    ]


@pytest.mark.requirement("SF-17")
def test_held_writes_are_counted_once() -> None:
    report, todo = SyncReport("doors"), actions(update_salesforce=4)
    let = todo.head(1)
    held = Held(
        "update_salesforce", 4, 1, "writes", "4 updates of Salesforce records are planned; the limit is 0."
    )
    report.first(Plan(actions=todo), Guarded(let, (held,)))
    report.carried_out(Applied({"done": 1}), let)
    assert (report.written, report.skipped, report.waiting) == (1, 3, [])
    assert added_up(report)


@pytest.mark.requirement("SF-17")
def test_a_refused_record_is_told_by_its_own_id_and_a_new_one_by_that_of_which_it_was_to_be_made() -> None:
    report = SyncReport("doors")
    refused = {"code": "LOCKED", "text": "Salesforce refused: no."}
    report.carried_out(
        Applied(
            {"failed": 2},
            refused=[
                {"system": "salesforce", "spotio_id": "s1", "salesforce_id": "f1", **refused},
                {"system": "salesforce", "spotio_id": "s2", "salesforce_id": None, **refused},
            ],
        ),
        actions(update_salesforce=1, create_salesforce=1),
    )
    told = [(each["outcome"], each["system"], each["id"], each["text"]) for each in report.records]
    assert told == [
        ("failed", "salesforce", "f1", "Salesforce refused: no."),
        ("failed", "spotio", "s2", "Salesforce refused: no."),
    ]


@pytest.mark.requirement("SF-30")
def test_a_doubted_source_is_told_also_when_nothing_is_held() -> None:
    report = SyncReport("doors")
    report.first(
        Plan(), Guarded(empty(ACTIONS), (), "60 of 60 linked records were deleted or hidden at once.")
    )
    assert report.stopped == ["60 of 60 linked records were deleted or hidden at once."]
    assert not report.tidy


@pytest.mark.requirement("SF-17")
@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, []),
        (
            1,
            [
                "1 earlier write has no known end yet; nothing of these records is written until a look shows it."
            ],
        ),
        (
            2,
            [
                "2 earlier writes have no known end yet; nothing of these records is written until a look shows it."
            ],
        ),
    ],
)
def test_writes_of_earlier_runs_that_nobody_knows_the_end_of_are_told(number: int, told: list[str]) -> None:
    report = SyncReport("doors")
    report.unsettled(number)
    assert report.waiting == told
