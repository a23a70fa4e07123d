"""A number is right on every day, whichever day an edit took something away from: after each edit the tables that are
kept up to date equal those derived anew, and a plain count, day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from data.kpi import ask, rollups
from data.kpi.dictionary import DICTIONARY
from data.store import Store
from tests.store.plain_numbers import plain_numbers
from tests.store.small_field import (
    AFTERWARDS,
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    NEW,
    PITCHED,
    SOLD,
    STAGES,
    SmallField,
    october,
)

KEPT = ("visit", "door", "day", "move", "sale", "appointment")
Days = dict[str, dict[date, int]]
Edit = Callable[[SmallField], None]


def _again(field: SmallField, activity: str, **members: Any) -> None:
    """The activity is read again, with these members changed."""
    field.spotio.at(MONDAY + 20 * DAY).see("activity", activity, updatedAt=field.spotio.now, **members)


def _appointment_again(field: SmallField, appointment: str, **members: Any) -> None:
    field.spotio.at(MONDAY + 20 * DAY).see("appointment", appointment, updatedAt=field.spotio.now, **members)


# Each takes something from one day and gives it to another, or changes what a day holds.
EDITS: dict[str, Edit] = {
    "a visit happened on another day": lambda f: _again(f, "k1", date=MONDAY + 3 * DAY),
    "a visit was received on another day": lambda f: _again(f, "k2", createdAt=MONDAY + 5 * DAY),
    "a visit happened and was received on other days": lambda f: _again(
        f, "k2", date=MONDAY - 4 * DAY, createdAt=MONDAY + 6 * DAY
    ),
    "a visit was somebody else's": lambda f: _again(f, "k3", ownerId="u3"),
    "a visit was at another record": lambda f: _again(f, "k3", dataObjectId="r2"),
    "a visit had another result": lambda f: _again(f, "k4", resultId="2"),
    "a visit could not be verified": lambda f: _again(f, "k4", distance=None),
    "a visit was none": lambda f: f.spotio.delete("activity", "k4"),
    "an appointment is due on another day": lambda f: _appointment_again(f, "p1", date=MONDAY + 9 * DAY),
    "its outcome was logged on another day": lambda f: _again(f, "ap1", date=MONDAY + 9 * DAY),
    "its outcome was another": lambda f: _again(f, "ap1", resultId="21"),
    "it was made on another day": lambda f: _again(f, "ap1", createdAt=MONDAY - 6 * DAY),
    "it is somebody else's": lambda f: _appointment_again(f, "p1", ownerId="u3"),
    "an appointment was none": lambda f: f.spotio.delete("appointment", "p2"),
    "a stage moved on another day": lambda f: _again(
        f, "m1", date=MONDAY + 4 * DAY, createdAt=MONDAY + 4 * DAY
    ),
    "a sale was on another day": lambda f: _again(f, "m2", date=MONDAY + 7 * DAY, createdAt=MONDAY + 7 * DAY),
    "a sale was none": lambda f: f.spotio.delete("activity", "m2"),
    "a record was made on another day": lambda f: f.spotio.record("r3", createdAt=MONDAY - 8 * DAY),
    "a record is none": lambda f: f.spotio.delete("record", "r3"),
}


def _told(store: Store) -> SmallField:
    field = SmallField(store)
    for number in (1, 2, 3):
        field.record(f"r{number}")
    for number in range(1, 6):
        field.knock(f"k{number}", MONDAY + number * HOUR, "r1", result="Interested")
    field.appoint("p1", MONDAY, MONDAY + DAY)
    field.outcome("p1", "No show", MONDAY + DAY, made=MONDAY)
    field.appoint("p2", MONDAY + MINUTE, MONDAY + 2 * DAY, "r2")
    field.move("m1", MONDAY + HOUR, NEW, PITCHED, "r2")
    field.move("m2", MONDAY + DAY, PITCHED, SOLD, "r2")
    field.settle()
    return field


@pytest.mark.requirement("KP-09")
def test_after_any_edit_every_number_is_right_on_every_day(store: Store) -> None:
    field = _told(store)
    for edit, apply in EDITS.items():
        apply(field)
        field.settle()
        assert _by_day(store) == _plainly(store), edit
        kept = _rows(store)
        rollups.refresh(store, field.settings, None)
        assert _rows(store) == kept, edit
    # Of every number the days together are its whole, and the whole is that of a plain count.
    counted = plain_numbers(store, field.settings.results, STAGES, field.settings.rescission_days, AFTERWARDS)
    for kpi, users in counted.items():
        if kpi in DICTIONARY:
            days = ask.series(store, october(**SPAN), [kpi])[f"{kpi}_n"].sum()
            assert days == sum(users.values()), kpi


SPAN = {"first": date(2026, 9, 20), "last": date(2026, 11, 20)}


def _rows(store: Store) -> dict[str, list[str]]:
    return {table: sorted(map(repr, store.frame(f"select * from kpi.{table}").rows())) for table in KEPT}


def _by_day(store: Store) -> Days:
    """Number -> day -> count, as the pages ask for them."""
    shown = {"visits": "visits_n", "doors": "doors_n", "verified_doors": "verified_doors_n", "created": "created_n",
             "due": "run_rate_d", "stage_moves_total": "stage_moves_total_n"}  # fmt: skip
    kpis = ["visits", "doors", "verified_doors", "created", "run_rate", "stage_moves_total"]
    found = ask.series(store, october(**SPAN), kpis)
    return {
        name: {day: int(n) for day, n in found.select("day", column).iter_rows() if n}
        for name, column in shown.items()
    }


def _plainly(store: Store) -> Days:
    """The same, counted in the mirror without any of what computes the numbers."""
    visit = "type = 'event' and done and activityTemplateId = '1' and _deleted_at is null"
    door = f"select distinct ownerId, dataObjectId, date::date as day from spotio.activity where {visit}"
    texts = {
        "visits": f"select date::date as day, count(*) as n from spotio.activity where {visit}",
        "doors": f"select day, count(*) as n from ({door})",
        "verified_doors": f"select day, count(*) as n from ({door} and distance is not null and verified)",
        "created": "select createdAt::date as day, count(*) as n from spotio.record where _deleted_at is null",
        "due": "select date::date as day, count(*) as n from spotio.appointment where _deleted_at is null",
        "stage_moves_total": "select date::date as day, count(*) as n from spotio.activity"
        " where type = 'transition' and fromStageId <> toStageId and _deleted_at is null",
    }
    return {
        name: {row["day"]: int(row["n"]) for row in store.rows(f"{text} group by 1")}
        for name, text in texts.items()
    }
