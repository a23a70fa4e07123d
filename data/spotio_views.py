"""A view for each type of record, with the fields' own names: `spotio.record_lead` beside `spotio.record`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.schema import quoted
from data.store import Store


def make_record_views(store: Store, types: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> None:
    """Make or replace `spotio.record_<type>` for each (type id, name, [(column, field name)])."""
    columns = [
        row["column_name"]
        for row in store.rows(
            "select column_name from information_schema.columns"
            " where table_schema = 'spotio' and table_name = 'record' order by ordinal_position"
        )
    ]
    fixed = [name for name in columns if not name.startswith("f_")]
    taken_views = {
        row["name"]
        for row in store.rows(
            "select table_name as name from information_schema.tables"
            " where table_schema = 'spotio' and table_type = 'BASE TABLE'"
        )
    }
    with store.write() as cursor:
        for type_id, name, fields in types:
            taken = {column.lower() for column in fixed}
            chosen = [quoted(column) for column in fixed]
            for column, label in fields:
                shown = label if label.lower() not in taken else f"{label} ({column})"
                taken.add(shown.lower())
                chosen.append(f"{quoted(column)} as {quoted(shown)}")
            view = "record_" + (re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or type_id)
            if view in taken_views:
                view = f"{view}_{type_id}"
            taken_views.add(view)
            literal = "'" + type_id.replace("'", "''") + "'"
            cursor.execute(
                f"create or replace view spotio.{quoted(view)} as"
                f" select {', '.join(chosen)} from spotio.record where typeId = {literal}"
            )
