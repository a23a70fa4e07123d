"""Filters by relative dates: who is in scope changes as days pass, though nobody touches a record (L-06)."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from data.store import Store
from data.syncs import links
from data.syncs.states import SyncState
from sync.engine.definition import Clause, Column, Filter, Inbound, Kind, Side
from sync.engine.inputs import State
from sync.syncs.planning import all_due, make_plan
from tests.store.small_pair import NOON, SmallPair, definition

RECENT = Clause(Side.SALESFORCE, Column("Call__c", "Call", Kind.DATETIME), "within_last_days", ("1",), ("1",))
DAY = timedelta(days=1)


@pytest.mark.rule("L-06")
def test_a_lead_leaves_a_filter_by_relative_date_when_its_days_are_over(store: Store) -> None:
    pair = SmallPair(store)
    pair.users()
    pair.record("s1", "a@example.com")
    pair.lead("f1", "a@example.com", Call__c=NOON.isoformat())
    made = definition(inbound=Inbound(True, filter=Filter((RECENT,))))
    linked = pl.DataFrame({"spotio_id": ["s1"], "salesforce_id": ["f1"], "born": ["salesforce"]})
    links.create(store, linked, sync="doors", object="1", sobject="Lead", version=1, run="r-1", now=NOON)
    state = State("on", "off", NOON - DAY, None)
    kept = SyncState("doors", inbound="on", planned_to=NOON, planned_version=1)

    def next_plan(days: int) -> list[tuple[str, str]]:
        now = NOON + days * DAY
        planned = make_plan(
            store, made, state, now=now, since=kept.planned_to, everything=all_due(made, kept, now)
        )
        return planned.plan.link_states.select("link", "reason").rows()

    assert next_plan(0) == []
    assert next_plan(1) == []
    assert next_plan(2) == [("l-1", "left_filter")]


def test_without_relative_dates_a_day_that_ends_is_no_reason_to_plan_everything() -> None:
    kept = SyncState("doors", inbound="on", planned_to=NOON, planned_version=1)
    assert not all_due(definition(), kept, NOON + 5 * DAY)
    assert all_due(definition(version=2), kept, NOON)
