"""What changes in a source's description is recorded, and the mirror's table follows without losing values."""

from __future__ import annotations

import pyarrow as pa
import pytest

from data.mirror import Reading, merge
from data.schema import Field, MirrorTable, known_fields, observe, prepare
from data.store import Store
from tests.store.conftest import NOON, lead_rows, lead_table

STAMP = "2026-10-12T08:00:00.000+0000"


def recorded(store: Store) -> list[tuple[str, str]]:
    rows = store.rows("select field, kind from sync.schema_change order by field, kind")
    return [(row["field"], row["kind"]) for row in rows]


def columns(store: Store) -> dict[str, str]:
    rows = store.rows(
        "select column_name, lower(data_type) as kind from information_schema.columns"
        " where table_schema = 'salesforce' and table_name = 'lead'"
    )
    return {row["column_name"]: row["kind"] for row in rows}


@pytest.fixture
def filled(store: Store) -> Store:
    prepare(store, lead_table(), "r-1", NOON)
    rows = lead_rows(("1", "Ada", 5.5, False, STAMP), ("2", "12", None, False, STAMP))
    merge(store, lead_table(), rows, Reading("r-1", NOON, {"to": "noon"}))
    return store


def test_the_first_description_is_no_change(store: Store) -> None:
    assert prepare(store, lead_table(), "r-1", NOON) == []
    assert recorded(store) == []
    assert {field.name for field in known_fields(store, "salesforce", "Lead")} == {
        "Id", "Name", "Amount", "IsDeleted", "SystemModstamp",
    }  # fmt: skip


def test_the_same_description_again_records_nothing(filled: Store) -> None:
    detail = Field("Status", "picklist", "varchar", "Status", {"length": 40, "choices": {"a": "A"}})
    prepare(filled, lead_table(detail), "r-2", NOON)
    before = recorded(filled)
    assert prepare(filled, lead_table(detail), "r-3", NOON) == []
    assert recorded(filled) == before


@pytest.mark.requirement("SF-32")
def test_an_added_a_removed_and_a_returning_field_are_recorded_and_no_column_is_dropped(
    filled: Store,
) -> None:
    added = lead_table(Field("City", "string", "varchar"))
    [change] = prepare(filled, added, "r-2", NOON)
    assert change.text == "Lead in Salesforce has a new field City."
    [change] = prepare(filled, lead_table(without="Name"), "r-3", NOON)[:1]
    assert columns(filled)["Name"] == "varchar"
    assert filled.rows("select Name from salesforce.lead where Id = '1'") == [{"Name": "Ada"}]
    prepare(filled, lead_table(), "r-4", NOON)
    assert recorded(filled) == [
        ("City", "added"), ("City", "removed"), ("Name", "removed"), ("Name", "returned"),
    ]  # fmt: skip


@pytest.mark.requirement("SF-32")
def test_a_retyped_field_keeps_its_values_in_a_column_that_holds_them_all(filled: Store) -> None:
    prepare(filled, lead_table(Field("Amount", "string", "varchar")), "r-2", NOON)
    assert columns(filled)["Amount"] == "varchar"
    assert filled.rows("select Amount from salesforce.lead where Id = '1'") == [{"Amount": "5.5"}]

    prepare(filled, lead_table(Field("Name", "double", "double")), "r-3", NOON)
    assert columns(filled)["Name"] == "varchar", "'Ada' is no number"
    assert ("Name", "retyped") in recorded(filled)

    prepare(filled, lead_table(Field("Amount", "currency", "double")), "r-4", NOON)
    assert columns(filled)["Amount"] == "double"
    assert filled.rows("select Amount from salesforce.lead where Id = '1'") == [{"Amount": 5.5}]


@pytest.mark.requirement("SF-32")
def test_choices_labels_and_limits_that_change_are_recorded_in_words(filled: Store) -> None:
    def status(label: str, length: int, **choices: str) -> MirrorTable:
        detail = {"length": length, "choices": choices}
        return lead_table(Field("Status", "picklist", "varchar", label, detail))

    prepare(filled, status("Status", 40, new="New", won="Won"), "r-2", NOON)
    texts = [
        change.text
        for change in prepare(filled, status("Lead status", 20, won="Closed won", lost="Lost"), "r-3", NOON)
    ]
    assert texts == [
        "Lead in Salesforce: Status was labelled 'Status' and is now 'Lead status'.",
        "Lead in Salesforce: the choice 'Won' of Status is now called 'Closed won'.",
        "Lead in Salesforce: Status can now be 'Lost'.",
        "Lead in Salesforce: Status can no longer be 'New'.",
        "Lead in Salesforce: length of Status was 40 and is now 20.",
    ]


@pytest.mark.requirement("SF-32")
def test_a_renamed_stage_of_a_workflow_is_recorded_though_it_has_no_table(store: Store) -> None:
    def stages(**names: str) -> tuple[Field, ...]:
        return (Field("stage of type 1", "stage", None, "Lead stage", {"choices": names}),)

    observe(store, "spotio", "workflow", stages(s1="New", s2="Pitched"), "r-1", NOON)
    [change] = observe(store, "spotio", "workflow", stages(s1="New", s2="Presented"), "r-2", NOON)
    assert (change.kind, change.before, change.after) == ("choice_renamed", "Pitched", "Presented")


def test_a_late_column_is_asked_for_again_until_it_was_read(filled: Store) -> None:
    wider = lead_table(Field("City", "string", "varchar"))
    prepare(filled, wider, "r-2", NOON)
    prepare(filled, wider, "r-3", NOON)
    [row] = filled.rows("select value::varchar as value from sync.cursor")
    assert '"refill": ["City"]' in row["value"]


def test_a_table_without_rows_needs_no_second_reading(store: Store) -> None:
    prepare(store, lead_table(), "r-1", NOON)
    wider = lead_table(Field("City", "string", "varchar"))
    prepare(store, wider, "r-2", NOON)
    assert store.rows("select * from sync.cursor") == []
    merge(store, wider, pa.table({"Id": ["1"], "City": ["Denver"]}), Reading("r-2", NOON))
    assert store.rows("select City from salesforce.lead") == [{"City": "Denver"}]
