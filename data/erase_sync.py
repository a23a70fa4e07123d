"""What the two-way sync keeps of a person who is to be erased: the values that were compared, decided and written.

The link of the record is taken apart for good: the blanks that an erasure leaves in the mirror must never travel to the
other side. What stays are ids, outcomes and counts. The record on the other side is named by the erasure, not erased.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import duckdb

from data.persons import Person

ERASED = "The person was erased here."
UNLINKED = "erased"
_LINKS = "link in (select link from sync.link_member where system = $system and id = $id)"
_OTHER = "case when $system = 'spotio' then spotio_id else salesforce_id end"
_FIELD = '{"field":"VARCHAR","column":"VARCHAR","label":"VARCHAR","reason":"VARCHAR"}'


@dataclass(frozen=True)
class _Told:
    """Rows of a table that tell of the person: which, what becomes of them, and how one sees that it is still to be done."""

    table: str
    of: str
    change: str | None  # null: the rows go
    told: str


_TOLD = (
    _Told("agreed", _LINKS, None, "true"),
    _Told("snapshot", "system = $system and id = $id", "held = null", "held is not null"),
    _Told(
        "decision", f"((system = $system and id = $id) or {_LINKS})", "seen = null, change = null, text = $erased",
        "text is distinct from $erased",
    ),
    _Told(
        "write",
        f"((system = $system and record_id = $id) or {_OTHER} = $id or {_LINKS})",
        "text = case when text is not null then $erased end,"
        f" fields = to_json(list_transform(from_json(fields, '[{_FIELD}]'), lambda f: struct_pack(field := f.field,"
        ' "column" := f."column", label := f.label, before := null::varchar, after := null::varchar, reason := f.reason,'
        " spotio := null::varchar, salesforce := null::varchar)))",
        "(text <> $erased or regexp_matches(fields::varchar, '\"(before|after|spotio|salesforce)\":\"'))",
    ),
    _Told(
        "conflict", f"({_OTHER} = $id or {_LINKS})",
        "base_spotio = null, base_salesforce = null, spotio = null, salesforce = null, value = null,"
        " state = 'settled', settled_at = coalesce(settled_at, now()), settled_by = coalesce(settled_by, 'erased')",
        "coalesce(base_spotio, base_salesforce, spotio, salesforce, value) is not null",
    ),
    _Told(
        "standing", _LINKS, "spotio = null, salesforce = null, value = null, settled_at = coalesce(settled_at, now())",
        "coalesce(spotio, salesforce, value) is not null",
    ),
    _Told(
        "match_case", "list_contains(case when $system = 'spotio' then spotio_ids else salesforce_ids end, $id)",
        "text = $erased", "text is distinct from $erased",
    ),
    _Told("verdict", f"{_OTHER} = $id", "note = null", "note is not null"),
    _Told("kept_out", "system = $system and id = $id", "note = null", "note is not null"),
    _Told("plan_row", f"({_OTHER} = $id or (system = $system and id = $id) or {_LINKS})", None, "true"),
    _Told(
        "set_aside", f"(id = $id or id in (select id from sync.link_member where {_LINKS}))", "note = null",
        "note is not null",
    ),
)  # fmt: skip


def counts(cursor: duckdb.DuckDBPyConnection, person: Person) -> dict[str, int]:
    """How many rows of each table tell a value of the person."""
    found: Counter[str] = Counter()
    for told in _told_of(cursor, person):
        sql = f"select count(*) from sync.{told.table} where {told.of} and {told.told}"
        found[f"sync.{told.table}"] += int(_run(cursor, sql, person).fetchall()[0][0])
    return dict(found)


def linked(cursor: duckdb.DuckDBPyConnection, person: Person) -> set[Person]:
    """The records that the person's record was linked with."""
    sql = (
        "select distinct system, lower(case when system = 'spotio' then 'record' else object end), id from sync.link_member"
        f" where {_LINKS} and not (system = $system and id = $id)"
    )
    return {Person(*row) for row in _run(cursor, sql, person).fetchall()}


def remove(cursor: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Take the person's values out of what the sync keeps, and take their link apart."""
    for told in _told_of(cursor, person):
        where = f"where {told.of} and {told.told}"
        change = (
            f"update sync.{told.table} set {told.change}" if told.change else f"delete from sync.{told.table}"
        )
        _run(cursor, f"{change} {where}", person)
    _run(
        cursor,
        "update sync.link set state = 'unlinked', to_spotio = false, to_salesforce = false, reason = $unlinked,"
        f" changed_at = now() where {_LINKS} and (state <> 'unlinked' or reason is distinct from $unlinked)",
        person,
    )


# How the conflicts name who changed a value (data/syncs/edits.py). A name that two people bear tells of both, so it goes.
_USER_NAMES = {
    "spotio": "select nullif(trim(coalesce(firstName, '') || ' ' || coalesce(lastName, '')), '') from spotio.user where id = $id",
    "salesforce": 'select Name from salesforce."user" where Id = $id',
}


def _named(cursor: duckdb.DuckDBPyConnection, person: Person) -> tuple[_Told, ...]:
    """What names a user as who changed a value: nobody is named then, their id stays in the history; plans go."""
    if person.object != "user" or person.system not in _USER_NAMES:
        return ()
    known = "select 1 from duckdb_tables() where schema_name = $system and table_name = 'user'"
    if not _run(cursor, known, person).fetchall():
        return ()  # an older backup, in which nobody was named yet
    column, name = f"{person.system}_changed_by", _USER_NAMES[person.system]
    edited = f"""list_contains(list_transform(from_json(fields, '[{{"by":"VARCHAR"}}]'), lambda f: f.by), ({name}))"""
    return (
        _Told("conflict", f"{column} in (({name}), $id)", f"{column} = null", f"{column} is not null"),
        _Told("plan_row", edited, None, "true"),
    )


def _told_of(cursor: duckdb.DuckDBPyConnection, person: Person) -> tuple[_Told, ...]:
    return (*_TOLD, *_named(cursor, person))


def _run(cursor: duckdb.DuckDBPyConnection, sql: str, person: Person) -> duckdb.DuckDBPyConnection:
    """A statement with those of its parameters that it names."""
    known: dict[str, Any] = {
        "system": person.system,
        "id": person.id,
        "erased": ERASED,
        "unlinked": UNLINKED,
    }
    return cursor.execute(sql, {name: value for name, value in known.items() if f"${name}" in sql})
