"""Turning a sync on, pausing it, turning it off; and who is who in both systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl
import pytest

from data.store import Store
from data.syncs import links, persons, states
from data.syncs.states import Missed
from sync.connectors.spotio import tables
from sync.engine.definition import Side
from sync.engine.inputs import State
from sync.syncs import loading
from tests.store import small_pair
from tests.store.small_pair import (
    EMAIL,
    MINUTE,
    NOON,
    RECORD,
    WORTH,
    SmallPair,
    carry_out,
    create_lead,
    definition,
    record,
)

DANA = "dana@example.com"
ON = State(inbound="on", outbound="on", inbound_on_at=NOON, outbound_on_at=NOON)


@pytest.fixture
def pair(store: Store) -> SmallPair:
    pair = SmallPair(store)
    pair.users()
    for number in (1, 2):
        pair.record(f"s{number}", f"{number}@x.com", f_100009="250000")
        pair.lead(f"00Q{number}", f"{number}@x.com")
    return pair


def snapshot(pair: SmallPair, passing: Iterable[str] = ("00Q1",)) -> Iterator[pl.DataFrame]:
    """All records as they stand; of the leads these pass the filters."""
    for side, frame in loading.snapshot_frames(pair.store, definition(), size=1):
        passed = pl.col("id").is_in(list(passing)) if side is Side.SALESFORCE else pl.lit(None, pl.Boolean)
        values = [name for name in frame.columns if not name.startswith("_") and name != "id"]
        yield frame.select("id", *values, system=pl.lit(str(side)), passed=passed)


def turn_on(pair: SmallPair, *directions: states.Direction) -> int:
    return states.turn_on(
        pair.store, "doors", directions or states.BOTH, snapshot(pair), person=DANA, now=pair.now
    )


def test_a_sync_is_off_until_it_is_turned_on(pair: SmallPair) -> None:
    assert states.read(pair.store, "doors").off
    assert states.read_all(pair.store) == []
    assert turn_on(pair, "inbound") == 4
    state = states.read(pair.store, "doors")
    assert (state.inbound, state.outbound, state.inbound_on_at, state.on) == ("on", "off", NOON, True)
    assert (state.changed_by, state.planned_to) == (DANA, None)
    assert [each.sync for each in states.read_all(pair.store)] == ["doors"]


@pytest.mark.rule("T-01")
def test_turning_on_keeps_every_record_of_both_systems_whether_it_passes_or_not_and_their_values(
    pair: SmallPair,
) -> None:
    pair.delete(RECORD, "s2")
    assert turn_on(pair) == 4
    pair.at(NOON + MINUTE).record("s1", "new@x.com")
    pair.lead("00Q9", "9@x.com")
    inputs = loading.load(pair.store, definition(), ON, everything=True)
    assert sorted(inputs.snapshot.rows()) == [
        ("salesforce", "00Q1", True),
        ("salesforce", "00Q2", False),
        ("spotio", "s1", None),
        ("spotio", "s2", None),
    ]
    held = {row[:2]: row[2] for row in inputs.snapshot_values.rows()}
    assert held["s1", "100006"] == "1@x.com"
    assert held["s1", "100009"] == "250000"


def test_each_direction_has_a_snapshot_of_its_own(pair: SmallPair) -> None:
    turn_on(pair, "inbound")
    pair.at(NOON + MINUTE).record("s3", "3@x.com")
    pair.lead("00Q3", "3@x.com")
    assert turn_on(pair, "outbound") == 6
    assert states.snapshot_count(pair.store, "doors", "inbound") == 4
    inputs = loading.load(pair.store, definition(), ON, everything=True)
    ids = inputs.snapshot.sort("system", "id").select("system", "id").rows()
    assert ids == [("salesforce", "00Q1"), ("salesforce", "00Q2"), *(("spotio", f"s{n}") for n in (1, 2, 3))]


def test_a_snapshot_that_breaks_off_turns_nothing_on(pair: SmallPair) -> None:
    def breaking() -> Iterator[pl.DataFrame]:
        yield next(snapshot(pair))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        states.turn_on(pair.store, "doors", states.BOTH, breaking(), person=DANA, now=NOON)
    assert states.read(pair.store, "doors").off
    assert states.snapshot_count(pair.store, "doors", "inbound") == 0


def linked(pair: SmallPair) -> SmallPair:
    """Turned on and linked, and planned until noon."""
    turn_on(pair)
    for number in (1, 2):
        carry_out(
            pair.store, create_lead(f"a{number}", f"s{number}", f"{number}@x.com"), NOON, f"00Q{number}"
        )
    told = [{"system": "spotio", "id": f"s{n}", "link": f"l-{n}", "outcome": "in_step"} for n in (1, 2)]
    record(pair.store, decisions=small_pair.decisions(*told), planned_to=NOON)
    return pair.at(NOON + MINUTE)


@pytest.mark.rule("T-04")
def test_a_pause_keeps_the_baseline_and_resuming_goes_on_from_it(pair: SmallPair) -> None:
    linked(pair)
    assert states.pause(pair.store, "doors", person=DANA, now=pair.now).inbound == "paused"
    pair.record("s1", "new@x.com")
    state = states.resume(pair.store, "doors", person=DANA, now=pair.now)
    assert (state.inbound, state.outbound, state.inbound_on_at, state.planned_to) == ("on", "on", NOON, NOON)
    inputs = loading.load(pair.store, definition(), ON, since=state.planned_to)
    assert (inputs.spotio["id"].to_list(), inputs.agreed.height) == (["s1"], 1)


def test_what_is_off_is_not_paused_and_what_is_paused_is_not_on(pair: SmallPair) -> None:
    turn_on(pair, "inbound")
    assert states.pause(pair.store, "doors", person=DANA, now=NOON).outbound == "off"
    assert not states.read(pair.store, "doors").on
    assert states.resume(pair.store, "doors", person=DANA, now=NOON).outbound == "off"


@pytest.mark.rule("T-04")
def test_turning_off_drops_the_baseline_and_tells_how_much_is_never_caught_up(pair: SmallPair) -> None:
    linked(pair)
    clash = {"link": "l-2", "field": EMAIL, "spotio": "a", "salesforce": "b"}
    open_one = {"system": "spotio", "id": "s2", "link": "l-2", "outcome": "conflict"}
    record(
        pair.store, conflicts=small_pair.conflicts(clash), decisions=small_pair.decisions(open_one),
        standing=small_pair.standing({"link": "l-1", "field": WORTH, "spotio": "1", "salesforce": "2"}),
    )  # fmt: skip
    pair.record("s1", "new@x.com")
    pair.record("s2", "new@x.com")
    assert states.missed(pair.store, "doors") == Missed(changed=1, open=1)
    assert states.drop_count(pair.store, "doors") == 2
    assert states.turn_off(pair.store, "doors", person=DANA, now=pair.now) == 2
    assert states.read(pair.store, "doors").off
    for table in ("agreed", "snapshot"):
        assert pair.store.rows(f"select * from sync.{table}") == []
    for table in ("conflict", "standing"):
        assert pair.store.rows(f"select * from sync.{table} where settled_at is null") == []
    [link] = links.find(pair.store, "spotio", "s1")
    assert (link["state"], link["reason"]) == ("unlinked", "turned_off")
    # What changes while it is off is never caught up either.
    pair.at(NOON + 2 * MINUTE).lead("00Q1", "later@x.com")
    assert states.missed(pair.store, "doors") == Missed(changed=2, open=1)
    turn_on(pair)
    assert states.read(pair.store, "doors").planned_to is None
    inputs = loading.load(pair.store, definition(), ON)
    assert inputs.links.is_empty()
    assert inputs.spotio.height == 2
    assert states.missed(pair.store, "doors") == Missed(changed=0, open=0)


def test_turning_one_direction_off_keeps_the_links(pair: SmallPair) -> None:
    linked(pair)
    assert states.turn_off(pair.store, "doors", ["outbound"], person=DANA, now=pair.now) == 0
    state = states.read(pair.store, "doors")
    assert (state.inbound, state.outbound, state.outbound_on_at) == ("on", "off", None)
    assert links.live_count(pair.store, "doors") == 2
    assert states.snapshot_count(pair.store, "doors", "outbound") == 0
    assert states.snapshot_count(pair.store, "doors", "inbound") == 4


def partners(pair: SmallPair, **explicit: str) -> dict[str, str | None]:
    inputs = loading.load(pair.store, definition(explicit_users=explicit), ON, since=NOON + MINUTE)
    return {id: partner for id, partner in inputs.persons.select("id", "partner").rows() if partner}


BOTH_WAYS = {"u1": "005a", "005a": "u1", "u2": "005b", "005b": "u2"}


@pytest.mark.requirement("SF-33")
@pytest.mark.rule("U-01")
def test_users_are_matched_once_and_then_held_by_id(pair: SmallPair) -> None:
    assert partners(pair) == BOTH_WAYS
    # Bo takes over Ada's address, and Ada has a new one.
    pair.see(small_pair.USER, {"Id": "005b", "Email": "ada@example.com"})
    pair.see(small_pair.USER, {"Id": "005a", "Email": "ada.married@example.com"})
    assert partners(pair) == BOTH_WAYS
    assert persons.pair(pair.store, "doors", {}, NOON) == 0


@pytest.mark.requirement("SF-33")
@pytest.mark.rule("U-01")
def test_somebody_hired_again_under_a_new_id_is_a_question(pair: SmallPair) -> None:
    partners(pair)
    pair.see(
        small_pair.USER, {"Id": "005z", "Name": "Ada Rep", "Email": "ada@example.com", "IsActive": "true"}
    )
    assert partners(pair) == BOTH_WAYS
    assert persons.doubtful(pair.store, "doors") == [
        {"system": "salesforce", "id": "005z", "name": "Ada Rep", "paired_with": "u1"}
    ]
    assert partners(pair, u1="005z") == {"u1": "005z", "005z": "u1", "u2": "005b", "005b": "u2"}


def test_an_address_that_stands_twice_matches_nobody(pair: SmallPair) -> None:
    pair.see(small_pair.USER, {"Id": "005z", "Name": "Other", "Email": "ADA@example.com", "IsActive": "true"})
    assert partners(pair) == {"u2": "005b", "005b": "u2"}


@pytest.mark.requirement("SF-33")
def test_an_explicit_pair_counts_before_an_outside_id_and_that_before_an_address(pair: SmallPair) -> None:
    pair.see(tables.USER, {"id": "u1", "externalSystemUserId": "005i00000000001"})
    pair.see(small_pair.USER, {"Id": "005i00000000001AAA", "Name": "Robot", "IsActive": "true"})
    assert partners(pair)["u1"] == "005i00000000001AAA"
    assert partners(pair, u2="005i")["u2"] == "005i"


def test_who_is_active_and_that_a_queue_is_nobody(pair: SmallPair) -> None:
    pair.see(tables.USER, {"id": "u2", "suspended": "true"})
    pair.see(small_pair.USER, {"Id": "005b", "IsActive": "false"})
    inputs = loading.load(pair.store, definition(), ON, since=NOON + MINUTE)
    assert {row[0]: row[1:] for row in inputs.persons.select("id", "partner", "active", "name").rows()} == {
        "u1": ("005a", True, "Ada Rep"), "u2": ("005b", False, "Bo Rep"), "005a": ("u1", True, "Ada Rep"),
        "005b": ("u2", False, "Bo Rep"), "005i": (None, True, "Fieldline Rep"), "00Gq": (None, True, "Pool"),
    }  # fmt: skip
