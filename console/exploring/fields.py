"""A record's fields, its counterparts in the other systems, its events, and how it is stored: tables of one record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from console import parts, readers, states, ways, words
from console.readers import record as reading
from console.readers.record import Match, Record, Value

_OBJECTS = {
    "recordtype": "record type",
    "opportunitycontactrole": "contact role",
    "activity_template": "activity type",
}


def object_word(name: str) -> str:
    """What a table's rows are, one of them."""
    return _OBJECTS.get(name, name.replace("_", " "))


def show(record: Record, values: Sequence[Value]) -> None:
    """Some of its values; a click on the name of another record opens that one."""
    rows = {
        "field": [value.label for value in values],
        "value": [_told(value) for value in values],
        "column": [value.column for value in values],
    }
    chosen = parts.table(
        rows,
        {
            "field": parts.text_column("Field", 170),
            "value": parts.text_column("Value", 330),
            "column": parts.text_column("Column", 170),
        },
        alt=f"{len(values)} fields",
        height=parts.table_height(len(values), 14),
        key=f"record-fields-{record.id}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        target = values[chosen.selection.cells[0][0]].target
        if target:
            open_record(target)


def _told(value: Value) -> str | None:
    if value.said:
        return f"{value.said} →" if value.target else value.said
    if isinstance(value.value, datetime):
        return words.moment(value.value, readers.now(), readers.zone(), seconds=True)
    return reading.plain(value.value)


def open_record(target: tuple[str, str, str]) -> None:
    """Go to the page of a record, told as (system, object, id)."""
    system, object, id = target
    ways.go("views/record.py", {"system": system, "object": object, "id": id})


def counterparts(record: Record, found: Sequence[Match]) -> None:
    """What the other systems have of it, and how that is known; a click opens one."""
    if not found:
        st.markdown(
            ":gray[Nothing in the other systems holds its id, or has the same e-mail, phone or address.]"
        )
        return
    chosen = parts.table(
        {
            "system": [f"{words.system(one.system)} {object_word(one.object)}" for one in found],
            "name": [one.name or one.id for one in found],
            "how": [" and ".join(one.how) for one in found],
            "sure": ["linked" if one.certain else "matches" for one in found],
        },
        {
            "system": parts.text_column("Where", 110),
            "name": parts.text_column("Record", 140),
            "how": parts.text_column("Known by", 300),
            "sure": parts.text_column("State", 76),
        },
        alt=f"{len(found)} records of the other systems",
        height=parts.table_height(len(found), 8),
        key=f"record-matches-{record.id}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    if chosen.selection.cells:
        one = found[chosen.selection.cells[0][0]]
        open_record((one.system, one.object, one.id))


def facts(id: str, as_of: datetime | None) -> None:
    """The event facts of a SPOTIO record."""
    rows = reading.facts(id, as_of)
    if rows.is_empty():
        states.nothing("No events", "Nothing was logged, scheduled or moved here that makes an event.")
        return
    columns: dict[str, Any] = {
        "happened_at": parts.moment_column("When", 130, readers.zone()),
        "kind": parts.text_column("What", 130),
        "template_id": parts.text_column("Activity", 110),
        "result_id": parts.text_column("Result", 130),
        "from_stage_id": parts.text_column("From stage", 124),
        "to_stage_id": parts.text_column("To stage", 124),
        "user_id": parts.text_column("Counts for", 130),
        "who": parts.text_column("Because", 150),
        "verification": parts.text_column("Verified", 110),
        "origin": parts.text_column("Done by", 96),
        "stage_id": parts.text_column("Stage then", 124),
        "team_id": parts.text_column("Team then", 140),
    }
    parts.table(
        rows.select(list(columns)),
        columns,
        alt=f"{rows.height} events",
        height=parts.table_height(rows.height, 14),
    )
    st.markdown(
        f":gray[:small[{words.counted(rows.height, 'event')}. The numbers are counted from events, each with the stage and team of "
        "its moment.]]"
    )


def raw(record: Record) -> None:
    """As it is stored, column by column."""
    parts.table(
        {
            "column": [value.column for value in record.values],
            "value": [reading.plain(value.value) for value in record.values],
        },
        {"column": parts.text_column("Column", 260), "value": parts.text_column("Value", 836)},
        alt=f"{len(record.values)} columns as they are stored",
        height=parts.table_height(len(record.values), 18),
    )
