"""The mirror for exploring: tables, pages of rows and SQL, always within what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from console.context import context
from console.identity import only_for, require
from console.readers import kpi as numbers
from data import explore, profiles, saved
from data.errors import QueryRefusedError as QueryRefusedError
from data.explore import COUNTED_MAX as COUNTED_MAX
from data.explore import WORDS as WORDS
from data.explore import Asked as Asked
from data.explore import Filter as Filter
from data.explore import Page
from data.explore import Table as Table
from data.profiles import Profile
from data.reading import Limits, answer
from data.saved import SavedQuery as SavedQuery

READERS = ("admin", "analyst", "manager")
# SPOTIO's columns that hold the id of somebody or something with a name: of what, and for kinds, of which parent.
_NAMED = {
    **dict.fromkeys(
        (
            "ownerId",
            "createdById",
            "updatedById",
            "stageUpdatedById",
            "lastActivityOwnerId",
            "user_id",
            "by_user_id",
        ),
        "user",
    ),
    "territoryId": "territory",
    "territory_id": "territory",
    "team_id": "team",
}
_KINDS = {
    "stageId": ("stage", "typeId"),
    "stage_id": ("stage", "type_id"),
    "activityTemplateId": ("", ""),
    "template_id": ("", ""),
    "resultId": ("", "activityTemplateId"),
    "result_id": ("", "template_id"),
}
# What a statement of the editor may give: more belongs into an export of a table, or to the command line.
SQL_LIMITS = Limits(rows=50_000, seconds=30, megabytes=128)


def tables() -> list[Table]:
    """The tables that the reader may page through."""
    return explore.tables(context().store, require(*READERS).scope)


def table(name: str) -> Table:
    """One of them; QueryRefusedError when the reader may not see it, or it is not there."""
    return explore.table(context().store, require(*READERS).scope, name)


def page(table: Table, asked: Asked) -> Page:
    """The rows of one page."""
    return explore.page(context().store, require(*READERS).scope, table, asked)


def counted(table: Table, asked: Asked) -> int:
    """How many rows pass; COUNTED_MAX + 1 when more than that."""
    return explore.count(context().store, require(*READERS).scope, table, asked)


@only_for(*READERS)
def labels(table: Table) -> Mapping[str, str]:
    """What the columns are called in their own system."""
    return explore.labels(context().store, table)


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with names in the place of SPOTIO's ids of people, teams, territories, types, stages and results."""
    require(*READERS)
    kinds = numbers.kinds()
    people = {column: numbers.names(table) for column, table in _NAMED.items() if column in rows.columns}
    shown = {
        column: [names.get(id, id) if id else id for id in rows[column]] for column, names in people.items()
    }
    for column, (prefix, of) in _KINDS.items():
        if column in rows.columns and (not of or of in rows.columns):
            parents = rows[of] if of else [None] * rows.height
            shown[column] = [
                kinds.get(":".join(filter(None, (prefix, parent, id))), id) if id else id
                for parent, id in zip(parents, rows[column], strict=True)
            ]
    return rows.with_columns(**{name: pl.Series(values, dtype=pl.String) for name, values in shown.items()})


def all_rows(table: Table, asked: Asked) -> pl.DataFrame:
    """Every row that passes, for taking away."""
    return explore.everything(context().store, require(*READERS).scope, table, asked)


def profile(table: Table) -> Profile:
    """What the table's columns hold, within what the reader may see."""
    return profiles.profile(context().store, require(*READERS).scope, table.full_name)


def saved_queries() -> list[SavedQuery]:
    """The reader's own queries, then those that others share."""
    return saved.saved(context().store, require(*READERS).scope)


def run_sql(sql: str, as_of: datetime | None = None) -> pl.DataFrame:
    """The answer to a statement, at most SQL_LIMITS.rows rows; QueryRefusedError with the reason in a sentence."""
    found: Any = pl.from_arrow(answer(context().store, sql, SQL_LIMITS, require(*READERS).scope, as_of))
    return pl.DataFrame(found)
