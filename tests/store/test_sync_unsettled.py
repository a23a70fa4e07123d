"""Records whose last write nobody knows the end of are in no plan until somebody has looked."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from data.store import Store
from data.syncs import journal
from sync.engine.inputs import State
from sync.syncs.planning import Planned, make_plan
from tests.store.small_pair import NOON, SECOND, SmallPair, carry_out, create_lead, definition

LATER = NOON + timedelta(hours=1)
STATE = State("on", "on", NOON - timedelta(days=1), NOON - timedelta(days=1))


def next_plan(store: Store) -> Planned:
    return make_plan(store, definition(), STATE, now=LATER, everything=True)


@pytest.fixture
def edited(store: Store) -> Store:
    """A linked pair of which SPOTIO's e-mail address changed since it was agreed on."""
    pair = SmallPair(store)
    pair.users()
    pair.record("s1", "old@x.com")
    pair.lead("00Q1", "old@x.com")
    carry_out(store, create_lead("a1", "s1", "old@x.com"), NOON - 2 * SECOND, "00Q1")
    pair.at(NOON + SECOND).record("s1", "new@x.com")
    return store


def test_a_record_whose_write_has_no_answer_waits_for_a_look(edited: Store) -> None:
    first = next_plan(edited)
    assert first.plan.actions.select("kind", "system").rows() == [("update", "salesforce")]
    journal.intend(
        edited,
        first.plan.actions,
        first.plan.fields,
        run="r-2",
        sync="doors",
        version=1,
        call=None,
        now=LATER,
    )
    again = next_plan(edited)
    assert (again.plan.actions.height, again.unsettled) == (0, 2)
    [write] = journal.unknown(edited)["write"]
    dropped = pl.DataFrame([{"write": write, "state": "dropped"}])
    journal.settle(edited, dropped, object="Lead", sobject="Lead", run="r-3", now=LATER)
    assert next_plan(edited).plan.actions.height == 1
