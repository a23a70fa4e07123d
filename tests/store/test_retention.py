"""Retention: old lines of the log go, and nothing that the engine goes by, that waits, or that can still be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from data import ledger, retention
from data.access import EVERYTHING
from data.store import Store
from data.syncs import failures, journal, log
from data.syncs.log import LineFilter
from tests.store import small_pair
from tests.store.small_pair import EMAIL, MINUTE, NOON, WORTH, carry_out, create_lead, record, update

DAYS = 400
TODAY = NOON + timedelta(days=DAYS + 1)


@pytest.fixture
def store(store: Store) -> Store:
    """Two linked pairs of long ago, of which one was written to since."""
    for number in (1, 2):
        carry_out(
            store, create_lead(f"a{number}", f"s{number}", f"s{number}@x.example"), NOON, f"00Q{number}"
        )
    return store


def write(store: Store, lead: int, value: str, field: str = EMAIL, column: str = "Email", days: int = 0, **answer: Any) -> None:  # fmt: skip
    plan = update(f"u-{lead}-{column}-{value}", "salesforce", f"00Q{lead}", f"l-{lead}", field, column, value)
    carry_out(store, plan, NOON + timedelta(days=days, minutes=1), f"00Q{lead}", **answer)


def kept(store: Store) -> list[tuple[str, str | None]]:
    """The writes that are left: (kind, the value of their first field)."""
    rows = store.rows("select kind, fields->0->>'after' as value from sync.write order by number")
    return [(row["kind"], row["value"]) for row in rows]


@pytest.mark.requirement("CO-17")
@pytest.mark.rule("F-06")
def test_an_old_write_goes_when_a_later_one_of_ours_stands_in_its_place(store: Store) -> None:
    write(store, 1, "first")
    write(store, 1, "second")
    write(store, 1, "7", WORTH, "AnnualRevenue")
    write(store, 2, "only")
    write(store, 1, "young", days=DAYS)
    assert retention.trim(store, TODAY, DAYS)["sync.write"] == 2
    assert kept(store) == [
        ("create", "s1@x.example"), ("create", "s2@x.example"), ("update", "7"), ("update", "only"), ("update", "young"),
    ]  # fmt: skip
    assert retention.trim(store, TODAY, DAYS) == {}


@pytest.mark.requirement("CO-17", "SF-28")
def test_what_waits_for_a_person_or_has_no_known_end_is_kept_whatever_its_age(store: Store) -> None:
    write(store, 1, "refused", state="failed", text="no")
    write(store, 1, "ignored", state="failed", text="no")
    write(store, 1, "released", state="failed", text="no")
    write(store, 2, "unknown", state="unknown")
    write(store, 2, "moved", state="dropped", code="moved")
    write(store, 2, "young", days=DAYS)
    failures.ignore(store, ["w-4"], "our own house")
    failures.release(store, ["w-5"], NOON)
    assert retention.trim(store, TODAY, DAYS)["sync.write"] == 2
    assert [value for kind, value in kept(store) if kind == "update"] == [
        "refused",
        "ignored",
        "unknown",
        "young",
    ]
    assert failures.standing(store, "doors")["code"].len() == 2
    assert journal.unknown(store)["write"].to_list() == ["w-6"]


@pytest.mark.requirement("CO-17")
def test_a_decision_goes_when_it_has_not_stood_for_so_long_and_never_while_it_stands(store: Store) -> None:
    for days, outcome in ((0, "blocked"), (1, "waiting"), (DAYS, "blocked"), (DAYS, "in_step")):
        told = {"system": "spotio", "id": "s1", "link": "l-1", "outcome": outcome}
        record(store, decisions=small_pair.decisions(told), now=NOON + timedelta(days=days))
    record(
        store, decisions=small_pair.decisions({"system": "spotio", "id": "s2", "link": "l-2", "outcome": "blocked"}), now=NOON
    )  # fmt: skip
    assert retention.trim(store, TODAY + timedelta(days=1), DAYS)["sync.decision"] == 1
    found = log.page(store, EVERYTHING, LineFilter(), limit=50)
    decided = found.filter(found["source"] == "d").sort("number")
    assert decided.select("spotio_id", "outcome").rows() == [
        ("s1", "waiting"),
        ("s1", "blocked"),
        ("s2", "blocked"),
    ]


@pytest.mark.requirement("CO-17")
def test_runs_go_with_their_tables_but_for_those_by_which_freshness_and_starts_are_told(store: Store) -> None:
    for number in range(5):
        run = ledger.start_run(store, NOON + number * MINUTE, asked_by="schedule", systems=["spotio"])
        counts = ledger.TableCounts("spotio", "record", "window", read=number)
        ledger.start_table(store, run, counts, NOON + number * MINUTE)
        ledger.update_table(store, run, counts, "done", NOON + number * MINUTE)
        ledger.finish_run(store, run, NOON + number * MINUTE, "done")
    with store.write() as cursor:
        cursor.execute("update sync.write set run = 'r-3'")
    gone = retention.trim(store, TODAY, DAYS)
    assert (gone["sync.run"], gone["sync.run_table"]) == (2, 2)
    assert [row["id"] for row in store.rows("select id from sync.run order by number")] == [
        "r-1",
        "r-3",
        "r-5",
    ]
    assert ledger.start_run(store, TODAY, asked_by="schedule", systems=["spotio"]) == "r-6"


def test_young_lines_stay(store: Store) -> None:
    write(store, 1, "first")
    write(store, 1, "second")
    assert retention.trim(store, NOON + timedelta(days=DAYS), DAYS) == {}
