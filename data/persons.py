"""Who is meant by an id, and which other rows of the mirror are the same person by a link that a source itself keeps.

Names, addresses and telephone numbers that look alike prove nothing and are not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.errors import NotAPersonError
from data.personal import PEOPLE
from data.schema import MirrorTable, mirror_tables, quoted
from data.store import Store

# Where a row names the same person elsewhere: system, object, column, and the system of the id in it. Besides these,
# a Salesforce field that is marked as an external id can hold an id of SPOTIO.
_LINKS = (
    ("spotio", "record", "externalDataObjectId", "salesforce"),
    ("spotio", "user", "externalSystemUserId", "salesforce"),
    ("salesforce", "lead", "ConvertedContactId", "salesforce"),
    ("salesforce", "lead", "ConvertedAccountId", "salesforce"),
    ("salesforce", "lead", "ConvertedOpportunityId", "salesforce"),
    ("salesforce", "lead", "MasterRecordId", "salesforce"),
    ("salesforce", "contact", "MasterRecordId", "salesforce"),
    ("salesforce", "account", "MasterRecordId", "salesforce"),
    ("salesforce", "account", "PersonContactId", "salesforce"),
)


@dataclass(frozen=True, order=True)
class Person:
    """A row of the mirror about somebody: a record, a lead, a user. `object` is the mirror's table."""

    system: str
    object: str
    id: str

    def __str__(self) -> str:
        return f"{self.system}:{self.id}"

    def as_json(self) -> dict[str, str]:
        return {"system": self.system, "object": self.object, "id": self.id}


@dataclass(frozen=True)
class _Link:
    """A column of `table` that holds the id of the same person in the system `named`."""

    table: MirrorTable
    column: str
    named: str


def find(store: Store, text: str) -> Person:
    """The person behind `SYSTEM:ID`, or `SYSTEM.OBJECT:ID` where an id means two things.

    Raises NotAPersonError with what to write instead.
    """
    place, _, id = text.partition(":")
    system, _, object = place.partition(".")
    if system not in PEOPLE or not id:
        raise NotAPersonError(
            f"'{text}' names nobody. Write SYSTEM:ID with one of {', '.join(PEOPLE)}, as in spotio:534642."
        )
    found = [each for each in _with_id(store, _tables(store, system), id) if object in ("", each.object)]
    if not found:
        objects = ", ".join(sorted(PEOPLE[system]))
        raise NotAPersonError(
            f"The mirror of {system} holds no person ({objects}) with the id {id}; nothing was changed."
        )
    if len(found) > 1:
        choices = " or ".join(f"{each.system}.{each.object}:{each.id}" for each in found)
        raise NotAPersonError(f"'{text}' means more than one; nothing was changed. Write {choices}.")
    return found[0]


def same_person(store: Store, person: Person) -> set[Person]:
    """The rows that links lead to from the person, in either direction and on from there."""
    tables = [table for system in PEOPLE for table in _tables(store, system)]
    links = _links(tables)
    found, waiting = {person}, [person]
    while waiting:
        at = waiting.pop()
        new = {each for link in links for each in _follow(store, tables, link, at)} - found
        found |= new
        waiting += new
    return found - {person}


def _tables(store: Store, system: str) -> list[MirrorTable]:
    return [table for table in mirror_tables(store, system) if table.name in PEOPLE[system]]


def _links(tables: Sequence[MirrorTable]) -> list[_Link]:
    """The links that the mirror has columns for."""
    by_name = {(table.system, table.name): table for table in tables}
    links = [
        _Link(by_name[system, object], column, named)
        for system, object, column, named in _LINKS
        if (system, object) in by_name and column in by_name[system, object].columns
    ]
    links += [
        _Link(table, field.column_name, "spotio")
        for table in tables
        if table.system == "salesforce"
        for field in table.fields
        if field.detail.get("externalId")
    ]
    return links


def _follow(store: Store, tables: Iterable[MirrorTable], link: _Link, at: Person) -> list[Person]:
    """The persons at the other ends of a link, from either of its sides."""
    found: list[Person] = []
    name, key, column = link.table.qualified, quoted(link.table.key), quoted(link.column)
    if (at.system, at.object) == (link.table.system, link.table.name):
        sql = f"select {column} as id from {name} where {key} = $id and {column} is not null"
        named = [table for table in tables if table.system == link.named]
        found += [
            each for row in store.rows(sql, {"id": at.id}) for each in _with_id(store, named, row["id"])
        ]
    if at.system == link.named:
        sql = f"select {key} as id from {name} where {_same_id(link.named, column, at.id)}"
        found += [
            Person(link.table.system, link.table.name, row["id"]) for row in store.rows(sql, {"id": at.id})
        ]
    return found


def _with_id(store: Store, tables: Iterable[MirrorTable], id: str) -> list[Person]:
    """Who bears an id in these tables."""
    return [
        Person(table.system, table.name, row["id"])
        for table in tables
        for row in store.rows(
            f"select {quoted(table.key)} as id from {table.qualified}"
            f" where {_same_id(table.system, quoted(table.key), id)}",
            {"id": id},
        )
    ]


def _same_id(system: str, column: str, id: str) -> str:
    """The condition that a column holds $id; Salesforce's ids are written with 15 or 18 characters, the last 3 a checksum."""
    if system == "salesforce" and len(id) in (15, 18):
        return f"left({column}, 15) = left($id, 15) and length({column}) in (15, 18)"
    return f"{column} = $id"
