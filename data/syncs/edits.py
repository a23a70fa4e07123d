"""Who changed which column of the chosen records last, when, and whether it was a person.

SPOTIO tells by its activities (transition, ownerChanged, and update with the field's difference), Salesforce by its
field history where a field is tracked. Where they tell nothing, a row without a column says who changed the record.

Our own writes are known by what was sent and when, never by the user alone (F-06): the same user may be a person at
work, and under our user automation rewrites what we sent. A system's clock may run ahead of ours by any amount, so a
change after our write is ours as long as it holds what we sent and nothing was agreed on since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from data.literals import one_of
from data.schema import quoted
from data.store import query
from data.syncs.candidates import Look
from data.syncs.frames import fetch, give
from data.syncs.records import MirrorShape

EDIT: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "system": pl.String, "id": pl.String, "column": pl.String, "changed_at": pl.Datetime("us", "UTC"),
    "changed_by": pl.String, "origin": pl.String,
}  # fmt: skip
# What else a SPOTIO field of a role is called in the mirror: its difference is told under the field's id.
_ROLES = {"value": ("value",), "unit": ("addressUnit",)}
_ADDRESS = ("address", "zip", "lat", "lng")


@dataclass(frozen=True)
class Users:
    """Users who are not people at work: those in whose name Fieldline writes, and other integrations'."""

    own: frozenset[str] = frozenset()
    integrations: frozenset[str] = frozenset()


def edits(look: Look, users: Users, moved: pl.DataFrame) -> pl.DataFrame:
    """The latest change of each column of the chosen records, in the shape of EDIT.

    `moved`: columns of our last write to a Salesforce record that hold something else by now, as (id, column): what
    tells of automation where a field is not tracked.
    """
    parts = []
    if look.mirror.has("spotio", "record"):
        parts.append(_spotio(look, users))
    if look.mirror.has("salesforce", look.scope.table):
        parts.append(_salesforce(look, users, moved))
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict(EDIT))


def last_sent(look: Look) -> pl.DataFrame:
    """What the last write of ours to each chosen Salesforce record sent: (id, column, after)."""
    return fetch(look.cursor, query("sync_last_sent"))


def _spotio(look: Look, users: Users) -> pl.DataFrame:
    cursor = look.cursor
    give(cursor, "given_names", _pairs(_spotio_names(look.mirror)))
    cursor.execute(query("sync_sent"), {"system": "spotio"})
    if look.mirror.has("spotio", "activity"):
        cursor.execute(query("sync_spotio_moves"))
    else:
        cursor.execute(
            "create or replace temp table told as select null::varchar as id, null::varchar as name, null::timestamptz as changed_at,"
            " null::varchar as user_id, null::varchar as value, false as bulk where false"
        )
    people = (
        "select id, nullif(trim(coalesce(firstName, '') || ' ' || coalesce(lastName, '')), '') as name from spotio.user"
        if look.mirror.has("spotio", "user")
        else "select null::varchar as id, null::varchar as name where false"
    )
    sql = query("sync_spotio_edits").format(
        people=people,
        own=one_of("t.user_id", users.own),
        integration=one_of("t.user_id", users.integrations),
    )
    return fetch(cursor, sql)


def _spotio_names(mirror: MirrorShape) -> Iterable[tuple[str, str]]:
    """(how a difference is told, the column it is about)."""
    yield "stage", "stage"
    yield "owner", "owner"
    for id, told in mirror.spotio_fields.items():
        yield id, id
        for column in _ADDRESS if told["type"] == "address" else _ROLES.get(told["role"], ()):
            yield id, column


def _salesforce(look: Look, users: Users, moved: pl.DataFrame) -> pl.DataFrame:
    cursor, mirror, table = look.cursor, look.mirror, look.scope.table
    give(cursor, "given_names", _pairs(_salesforce_names(look)))
    give(cursor, "given_moved", moved.select("id", "column"))
    cursor.execute(query("sync_sent"), {"system": "salesforce"})
    history, parent = f"{table}history", f"{table.capitalize()}Id"
    if mirror.has("salesforce", history) and mirror.column("salesforce", history, parent):
        cursor.execute(
            f"create or replace temp table told as select {parent} as id, Field as name, CreatedDate as changed_at,"
            " CreatedById as user_id, NewValue::varchar as value, coalesce(DataType = 'EntityId', false) as by_id, Id as entry"
            f" from salesforce.{quoted(history)} where {parent} in (select id from salesforce_chosen) and _deleted_at is null"
        )
    else:
        cursor.execute(
            "create or replace temp table told as select null::varchar as id, null::varchar as name, null::timestamptz as changed_at,"
            " null::varchar as user_id, null::varchar as value, false as by_id, null::varchar as entry where false"
        )
    people = (
        'select Id as id, Name as name from salesforce."user"'
        if mirror.column("salesforce", "user", "Name")
        else "select null::varchar as id, null::varchar as name where false"
    )
    sql = query("sync_salesforce_edits").format(
        table=f"salesforce.{quoted(table)}",
        people=people,
        own=one_of("t.user_id", users.own),
        any_own="true" if users.own else "false",
        integration=one_of("t.user_id", users.integrations),
        by=_or_null(mirror, table, "LastModifiedById", "varchar"),
        at=_or_null(mirror, table, "LastModifiedDate", "timestamptz"),
    )
    return fetch(cursor, sql)


def _salesforce_names(look: Look) -> Iterable[tuple[str, str]]:
    """(what field history calls it, the column): a reference without Id, the parts of a compound under its name."""
    fields = look.cursor.execute(
        "select name, source_type, detail ->> '$.compound' from sync.field where system = 'salesforce'"
        " and lower(object) = $object and gone_at is null",
        {"object": look.scope.table},
    ).fetchall()
    for name, kind, compound in fields:
        yield name, name
        if kind == "reference" and name.endswith("Id"):
            yield name.removesuffix("Id"), name
        if compound and compound != name:
            yield compound, name


def _or_null(mirror: MirrorShape, table: str, name: str, kind: str) -> str:
    found = mirror.column("salesforce", table, name)
    return f"try_cast(r.{found[0]} as {kind})" if found else f"null::{kind}"


def _pairs(pairs: Iterable[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(list(pairs), schema={"name": pl.String, "column": pl.String}, orient="row").unique()
