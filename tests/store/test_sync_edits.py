"""Who changed a field last, when, and whether it was a person, as the engine is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from data.store import Store
from sync.engine.definition import Side
from sync.engine.inputs import State
from sync.syncs import loading
from tests.store.small_pair import (
    EMAIL,
    MINUTE,
    NOON,
    SECOND,
    WORTH,
    SmallPair,
    carry_out,
    create_lead,
    definition,
    rebases,
    record,
    update,
)

OURS = frozenset({"005i", "u9"})
LATER = NOON + 10 * MINUTE


@pytest.fixture
def pair(store: Store) -> SmallPair:
    """s1, linked with 00Q1 whose user Fieldline writes as 005i; it writes in SPOTIO as u9."""
    pair = SmallPair(store)
    pair.users()
    pair.record("s1", "1@x.com")
    pair.lead("00Q1", "1@x.com")
    carry_out(store, create_lead("a1", "s1", "1@x.com"), NOON, "00Q1")
    return pair


def edits(
    pair: SmallPair, side: Side, *ids: str, **changes: Any
) -> dict[str | None, tuple[datetime, str, str]]:
    """Column -> (when, who, origin) of the record of that side."""
    usual: dict[str, Any] = {"own_users": OURS, "integration_users": frozenset({"u7", "005r"})}
    chosen = definition(**(usual | changes))
    loaded = loading.load(pair.store, chosen, State(), only=ids or ["s1"])
    wanted = ids[0] if ids else "s1" if side is Side.SPOTIO else "00Q1"
    told = loaded.edits.filter(system=str(side), id=wanted)
    assert told["column"].n_unique() == told.height
    return {row["column"]: (row["changed_at"], row["changed_by"], row["origin"]) for row in told.to_dicts()}


def changed(pair: SmallPair, id: str, when: datetime, value: str | None, by: str = "u1", field: str = "100006", of: str = "s1") -> None:  # fmt: skip
    """SPOTIO notes that a field was changed."""
    diff = json.dumps({"fieldType": "lead", "reference": field, "oldValue": None, "newValue": value})
    pair.activity(id, of, by, when, type="update", fieldDiff=diff)


def wrote(pair: SmallPair, system: str, value: str | None, when: datetime, field: str = EMAIL, column: str | None = None) -> None:  # fmt: skip
    """We wrote a field of the pair."""
    name = column or ("100006" if system == "spotio" else "Email")
    id = "s1" if system == "spotio" else "00Q1"
    plan = update(f"w{when}", system, id, "l-1", field, name, value or "", spotio=value, salesforce=value)
    carry_out(pair.store, plan, when, id)


def test_spotio_tells_moves_owners_and_fields_each_by_its_latest_change(pair: SmallPair) -> None:
    pair.activity("1", "s1", "u1", NOON + MINUTE, type="Transition", toStageId="2")
    pair.activity("2", "s1", "u2", NOON + 2 * MINUTE, type="transition", toStageId="3")
    pair.activity("3", "s1", "u2", NOON + 3 * MINUTE, type="ownerChanged", newOwnerId="u2")
    changed(pair, "4", NOON + 4 * MINUTE, "a@x.com")
    changed(pair, "5", NOON + 5 * MINUTE, "1 Main St", field="100001")
    changed(pair, "6", NOON + 6 * MINUTE, "12", field="100009")
    told = edits(pair, Side.SPOTIO)
    human = {name: (when, who) for name, (when, who, origin) in told.items() if origin == "human"}
    assert human["stage"] == (NOON + 2 * MINUTE, "Bo Rep")
    assert human["owner"] == (NOON + 3 * MINUTE, "Bo Rep")
    assert human["100006"] == (NOON + 4 * MINUTE, "Ada Rep")
    # The address's field is the pin's address, and the value's field the record's value.
    assert human["address"] == human["100001"] == human["zip"] == (NOON + 5 * MINUTE, "Ada Rep")
    assert human["value"] == human["100009"] == (NOON + 6 * MINUTE, "Ada Rep")
    assert human[None] == (NOON, "Ada Rep")


@pytest.mark.rule("F-06")
def test_our_own_write_is_known_by_what_was_sent_and_not_by_the_user_alone(pair: SmallPair) -> None:
    wrote(pair, "spotio", "ours@x.com", LATER)
    changed(pair, "1", LATER + SECOND, "ours@x.com", by="u9")
    assert edits(pair, Side.SPOTIO)["100006"][2] == "fieldline"
    # Whoever it was that holds our key: what we sent is ours.
    assert edits(pair, Side.SPOTIO, own_users=frozenset())["100006"][2] == "fieldline"
    changed(pair, "2", LATER + MINUTE, "person@x.com", by="u1")
    assert edits(pair, Side.SPOTIO)["100006"][2] == "human"
    changed(pair, "3", LATER + 2 * MINUTE, "Other Form@x.com", by="u9")
    assert edits(pair, Side.SPOTIO)["100006"][2] == "automation"


@pytest.mark.rule("F-06")
def test_a_person_who_writes_again_what_we_once_wrote_is_a_person(pair: SmallPair) -> None:
    wrote(pair, "spotio", "ours@x.com", LATER)
    between = {"link": "l-1", "field": EMAIL, "spotio": "between@x.com", "salesforce": "between@x.com"}
    record(pair.store, rebases=rebases(between), now=LATER + 10 * MINUTE)
    changed(pair, "1", LATER + 20 * MINUTE, "ours@x.com", by="u1")
    assert edits(pair, Side.SPOTIO)["100006"][2] == "human"


def test_a_clock_that_runs_ahead_of_ours_makes_no_person_of_our_write(pair: SmallPair) -> None:
    wrote(pair, "spotio", "ours@x.com", LATER)
    changed(pair, "1", LATER + timedelta(days=3), "ours@x.com", by="u9")
    assert edits(pair, Side.SPOTIO)["100006"][2] == "fieldline"


def test_the_same_number_and_the_same_choices_are_what_we_sent(pair: SmallPair) -> None:
    wrote(pair, "spotio", "12", LATER, field=WORTH, column="100009")
    changed(pair, "1", LATER + SECOND, "12.0", by="u9", field="100009")
    wrote(pair, "spotio", "Tile;Slate", LATER + SECOND, field="20~lead.Roof__c", column="20")
    changed(pair, "2", LATER + 2 * SECOND, "Tile, Slate", by="u9", field="20")
    told = edits(pair, Side.SPOTIO)
    assert (told["100009"][2], told["20"][2]) == ("fieldline", "fieldline")


@pytest.mark.rule("T-03")
def test_ten_owners_changed_by_one_person_within_a_minute_are_a_bulk(pair: SmallPair) -> None:
    for number in range(10, 19):
        pair.record(f"s{number}")
        pair.activity(f"o{number}", f"s{number}", "u2", NOON + number * 6 * SECOND, type="ownerChanged", newOwnerId="u1")  # fmt: skip
    pair.activity("o19", "s1", "u1", NOON + 100 * SECOND, type="ownerChanged", newOwnerId="u1")
    assert edits(pair, Side.SPOTIO, "s14")["owner"][2] == "human"
    assert edits(pair, Side.SPOTIO)["owner"][2] == "human"
    pair.activity("o20", "s1", "u2", NOON + 110 * SECOND, type="ownerChanged", newOwnerId="u2")
    # The first of them lies 50 seconds before the tenth, so all ten fall within a minute.
    for id in ("s10", "s14", "s18", "s1"):
        assert edits(pair, Side.SPOTIO, id)["owner"][2] == "bulk"


@pytest.mark.rule("T-03")
def test_a_bulk_that_spotio_notes_only_on_the_records_is_one_too(pair: SmallPair) -> None:
    for number in range(10, 20):
        pair.record(f"s{number}", dateOfAssignment=LATER + number * SECOND, updatedById="u2")
    pair.record("s1", dateOfAssignment=LATER, updatedById="u1")
    assert edits(pair, Side.SPOTIO, "s15")["owner"] == (LATER + 15 * SECOND, "Bo Rep", "bulk")
    assert edits(pair, Side.SPOTIO)["owner"] == (LATER, "Ada Rep", "human")


def test_a_move_that_left_no_activity_is_told_by_the_record(pair: SmallPair) -> None:
    pair.record("s1", stageUpdatedAt=LATER, stageUpdatedById="u2")
    assert edits(pair, Side.SPOTIO)["stage"] == (LATER, "Bo Rep", "human")
    pair.record("s1", stageUpdatedAt=NOON, stageUpdatedById="u2")
    assert "stage" not in edits(pair, Side.SPOTIO)


def test_integrations_and_imports_are_no_persons(pair: SmallPair) -> None:
    changed(pair, "1", LATER, "x@x.com", by="u7")
    assert edits(pair, Side.SPOTIO)["100006"][2] == "integration"
    pair.record("s2", source="Import")
    changed(pair, "2", NOON + SECOND, "x@x.com", of="s2")
    told = edits(pair, Side.SPOTIO, "s2")
    assert (told["100006"][2], told[None][2]) == ("import", "import")
    changed(pair, "3", LATER, "y@x.com", of="s2")
    assert edits(pair, Side.SPOTIO, "s2")["100006"][2] == "human"


def test_field_history_tells_of_references_and_parts_of_names(pair: SmallPair) -> None:
    pair.entry("h1", "00Q1", "Email", "a@x.com", "005a", NOON + MINUTE)
    pair.entry("h2", "00Q1", "Owner", "Bo Rep", "005b", NOON + 2 * MINUTE)
    pair.entry("h3", "00Q1", "Owner", "005b", "005b", NOON + 2 * MINUTE, "EntityId")
    pair.entry("h4", "00Q1", "Name", "Jo Doe", "005b", NOON + 3 * MINUTE)
    pair.entry("h5", "00Q1", "created", None, "005b", NOON + 3 * MINUTE)
    assert edits(pair, Side.SALESFORCE) == {
        "Email": (NOON + MINUTE, "Ada Rep", "human"),
        "OwnerId": (NOON + 2 * MINUTE, "Bo Rep", "human"),
        "FirstName": (NOON + 3 * MINUTE, "Bo Rep", "human"),
        "LastName": (NOON + 3 * MINUTE, "Bo Rep", "human"),
        None: (NOON, "Ada Rep", "human"),
    }


@pytest.mark.rule("F-06")
def test_another_value_than_we_sent_under_our_user_is_automations(pair: SmallPair) -> None:
    wrote(pair, "salesforce", "ours@x.com", LATER)
    pair.entry("h1", "00Q1", "Email", "ours@x.com", "005i", LATER + SECOND)
    assert edits(pair, Side.SALESFORCE)["Email"][2] == "fieldline"
    pair.entry("h2", "00Q1", "Email", "OURS@X.COM", "005i", LATER + 2 * SECOND)
    assert edits(pair, Side.SALESFORCE)["Email"][2] == "automation"
    pair.entry("h3", "00Q1", "Email", "ours@x.com", "005a", LATER + 3 * SECOND)
    assert edits(pair, Side.SALESFORCE)["Email"][2] == "human"
    pair.entry("h4", "00Q1", "Email", "z@x.com", "005r", LATER + 4 * SECOND)
    assert edits(pair, Side.SALESFORCE)["Email"][2] == "integration"


@pytest.mark.rule("F-06")
def test_where_a_field_is_not_tracked_the_value_tells_that_automation_rewrote_it(pair: SmallPair) -> None:
    wrote(pair, "salesforce", "12", LATER, field=WORTH, column="AnnualRevenue")
    written = {"LastModifiedById": "005i", "LastModifiedDate": LATER + SECOND}
    pair.lead("00Q1", "1@x.com", AnnualRevenue="12.0", **written)
    assert list(edits(pair, Side.SALESFORCE)) == [None]
    pair.lead("00Q1", "1@x.com", AnnualRevenue="15", **written)
    told = edits(pair, Side.SALESFORCE)
    assert told["AnnualRevenue"] == (LATER + SECOND, "Fieldline Rep", "automation")
    assert told[None][2] == "fieldline"
    # Somebody wrote after us, so nobody knows whose value it is.
    pair.lead("00Q1", "1@x.com", AnnualRevenue="15", LastModifiedById="005a", LastModifiedDate=LATER + MINUTE)
    assert edits(pair, Side.SALESFORCE) == {None: (LATER + MINUTE, "Ada Rep", "human")}


def test_a_record_that_we_changed_last_was_changed_by_fieldline(pair: SmallPair) -> None:
    wrote(pair, "spotio", "ours@x.com", LATER)
    pair.record("s1", "ours@x.com", updatedAt=LATER + SECOND, updatedById="u5")
    assert edits(pair, Side.SPOTIO)[None] == (LATER + SECOND, "u5", "fieldline")
    pair.record("s1", "ours@x.com", updatedAt=LATER + 30 * MINUTE, updatedById="u1")
    assert edits(pair, Side.SPOTIO)[None] == (LATER + 30 * MINUTE, "Ada Rep", "human")
