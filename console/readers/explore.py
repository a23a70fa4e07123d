"""The mirror for exploring: tables, pages of rows and SQL, always within what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from console.context import context
from console.identity import Person, only_for, require
from console.readers.here import zone
from data import choices as offered
from data import columns, conditions, config, explore, naming, profiles, saved
from data.access import Scope
from data.columns import ordered as ordered
from data.conditions import WORDS as WORDS
from data.errors import ExportRefusedError as ExportRefusedError
from data.errors import QueryRefusedError as QueryRefusedError
from data.explore import COUNTED_MAX as COUNTED_MAX
from data.explore import EXPORTED_MAX as EXPORTED_MAX
from data.explore import Asked as Asked
from data.explore import Filter as Filter
from data.explore import Page as Page
from data.explore import Table as Table
from data.profiles import Profile
from data.reading import Limits, answer
from data.saved import SavedQuery as SavedQuery

READERS = ("admin", "analyst", "manager")
SQL_DRAFT = "sql"  # under which name the editor's text is kept
HOWS = conditions.HOWS
# What a statement of the editor may give: more belongs into an export of a table, or to the command line.
SQL_LIMITS = Limits(rows=50_000, seconds=30, megabytes=128)
# Words in the place of what the mirror writes into these columns of its own and of SPOTIO's.
_SAID: Mapping[str, Mapping[str, str]] = {
    "history.event.kind": {
        "logged": "Activity logged",
        "scheduled": "Appointment set",
        "stage_moved": "Stage moved",
        "created": "Record created",
    },
    "history.event.who": {
        "activity_owner": "Their activity",
        "record_owner": "Owned the record",
        "made_the_change": "Made the change",
        "appointment_owner": "Holds the appointment",
    },
    "history.event.verification": {
        "verified": "Verified",
        "not_verified": "Not verified",
        "not_verifiable": "Not verifiable",
    },
    "history.event.origin": {
        "human": "A person",
        "import": "An import",
        "integration": "An integration",
        "automation": "An automation",
        "fieldline": "Fieldline",
    },
    "spotio.activity.type": {
        "event": "Activity",
        "transition": "Stage change",
        "ownerChanged": "Owner change",
        "update": "Field change",
        "create": "Creation",
        "note": "Note",
    },
}


def tables() -> list[Table]:
    """The tables that the reader may page through."""
    return explore.tables(context().store, require(*READERS).scope)


def page(table: Table, asked: Asked) -> Page:
    """The rows of one page, with what `named` needs beside the columns asked for."""
    scope = require(*READERS).scope
    columns = tuple(naming.told_with(table.columns, asked.columns)) if asked.columns else None
    return explore.page(context().store, scope, table, replace(asked, columns=columns))


def counted(table: Table, asked: Asked) -> int:
    """How many rows pass; COUNTED_MAX + 1 when more than that."""
    return explore.count(context().store, require(*READERS).scope, table, asked)


@only_for(*READERS)
def labels(table: Table) -> Mapping[str, str]:
    """What the columns are called in their own system, each by a name of its own: SPOTIO tells some fields twice."""
    found: dict[str, str] = {}
    for column, label in explore.labels(context().store, table).items():
        found[column] = f"{label} ({column})" if label in found.values() else label
    return found


@only_for(*READERS)
def sortable(table: Table) -> list[str]:
    """The columns that the table can be sorted by."""
    return explore.sortable(table)


def named(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table as people read them: names in the place of ids, words in that of codes and of true and false."""
    names = naming.named(
        context().store, require(*READERS).scope, table.schema, _base(table), rows.to_dicts()
    )
    shown: dict[str, pl.Series] = {}
    for column in rows.columns:
        values = rows[column]
        said = _SAID.get(f"{table.schema}.{_base(table)}.{column}")
        if column in names:
            told = [name or id for name, id in zip(names[column], values, strict=True)]
            shown[column] = pl.Series(column, told, dtype=pl.String)
        elif said:
            shown[column] = values.replace(said)
        elif values.dtype == pl.Boolean:
            shown[column] = values.cast(pl.String).replace({"true": "yes", "false": "no"})
        elif values.dtype == pl.String:
            shown[column] = values.replace("", None)
    return rows.with_columns(**shown)


def choices(table: Table, column: str) -> Mapping[str, str] | None:
    """The values to filter a column by, each with what it is called; None where they are typed."""
    found = offered.choices(context().store, require(*READERS).scope, table, column)
    said = _SAID.get(f"{table.schema}.{_base(table)}.{column}", {})
    return {value: said.get(value, name) for value, name in found.items()} if found else None


def mistake(table: Table, one: Filter) -> str | None:
    """Why a condition cannot be asked of a table, in a sentence; None when it can."""
    require(*READERS)
    if one.column not in table.columns:
        return f"{table.full_name} has no column {one.column} that can be shown here."
    within = naming.parent_column(table.columns, one.column)
    try:
        conditions.clause(
            context().store,
            one,
            table.columns[one.column],
            "value",
            {},
            within=within,
            zone=zone(),
            label=labels(table)[one.column],
        )
    except QueryRefusedError as refused:
        return str(refused)
    return None


def kind(table: Table, column: str, chosen: Mapping[str, str] | None) -> str:
    """What sort of conditions a column takes: a key of WORDS."""
    stored = columns.kind(table.columns[column])
    return conditions.CHOICE if chosen and stored != columns.LIST else stored


def stored_kind(stored: str) -> str:
    """What sort of values a column of a stored type holds, among number, day, moment, yes_no, list and text."""
    return columns.kind(stored)


def all_rows(table: Table, asked: Asked) -> pl.DataFrame:
    """Every row that passes, for taking away. QueryRefusedError when they are more than EXPORTED_MAX."""
    return explore.everything(context().store, require(*READERS).scope, table, asked)


def fits_a_file(table: Table, asked: Asked) -> bool:
    """Whether `all_rows` can give what passes. QueryRefusedError for a filter that cannot be asked."""
    scope = require(*READERS).scope
    return explore.count(context().store, scope, table, asked, EXPORTED_MAX) <= EXPORTED_MAX


def profile(table: Table) -> Profile:
    """What the table's columns hold, within what the reader may see."""
    return profiles.profile(context().store, require(*READERS).scope, table.full_name)


def run_sql(sql: str, as_of: datetime | None = None) -> pl.DataFrame:
    """The answer to a statement, at most SQL_LIMITS.rows rows; QueryRefusedError with the reason in a sentence."""
    found: Any = pl.from_arrow(answer(context().store, sql, SQL_LIMITS, require(*READERS).scope, as_of))
    return pl.DataFrame(found)


def sql_draft() -> tuple[str, str | None] | None:
    """What the reader typed into the editor last, and the id of the saved query it was typed over; None: never."""
    kept = config.draft(context().store, require(*READERS).author, SQL_DRAFT)
    return None if kept is None else (kept.content["sql"], kept.content["query"])


def saved_queries() -> list[SavedQuery]:
    """The reader's own queries, then those that others share."""
    return saved.saved(context().store, as_owner(require(*READERS)))


def saved_query(id: str) -> SavedQuery:
    """One of them; QueryRefusedError when there is none that the reader may see."""
    return saved.one(context().store, as_owner(require(*READERS)), id)


def as_owner(person: Person) -> Scope:
    """The scope in which somebody saves queries: without a sign-in, each view of this machine has its own ones."""
    return replace(person.scope, person=person.author)


def _base(table: Table) -> str:
    """The table that a view of it shows, by whose columns ids are known."""
    return "record" if table.is_view and table.name.startswith("record_") else table.name
