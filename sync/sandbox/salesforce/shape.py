"""How a query's rows become records: a tree of fields, parents, addresses and children, and the columns they use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce.schema import Field

if TYPE_CHECKING:
    from sync.sandbox.salesforce.plan import Plan

Record = dict[str, Any]
Reader = Callable[[Sequence[Any]], Any]
ChildLists = dict[int, dict[str, list[Record]]]
"""By the identity of a `Children` entry: its records by their parent's id."""


@dataclass(frozen=True)
class Leaf:
    column: int
    field: Field

    @property
    def boolean(self) -> bool:
        return self.field.type == "boolean"


@dataclass(frozen=True)
class AddressOf:
    """A compound address by its parts' wire names."""

    parts: dict[str, int]


@dataclass
class Children:
    plan: Plan
    limit: int | None


@dataclass
class Variants:
    """A parent whose fields depend on the object that it is: the first whose id is there is it."""

    nodes: list[Node]


@dataclass
class Node:
    """A record: its object (or the column that says it, for a parent of several), its id's column, its entries."""

    type: str
    id: int | None
    type_column: int | None = None
    entries: dict[str, Entry] = field(default_factory=dict)

    def children(self) -> list[Children]:
        return [entry for entry in self.entries.values() if isinstance(entry, Children)]


Entry = Leaf | AddressOf | Children | Variants | Node


def reader(node: Node, url: str, lists: ChildLists) -> Callable[[Sequence[Any]], Record]:
    """A function from a row to its record. `url` is what `attributes.url` begins with, `/services/data/v64.0/sobjects`.

    `lists` is looked into when a row is read: it must hold the children of that row's record by then.
    """
    columns = [entry.column if isinstance(entry, Leaf) else 0 for entry in node.entries.values()]
    if node.id == 0 and columns == list(range(1, len(columns) + 1)):
        return _flat_reader(node, f"{url}/{node.type}/")
    entries = [(name, _entry_reader(entry, url, lists)) for name, entry in node.entries.items()]
    attributes = _attributes_reader(node, url)

    def read(row: Sequence[Any]) -> Record:
        record = {"attributes": attributes(row)}
        for name, value in entries:
            record[name] = value(row)
        return record

    return read


def _flat_reader(node: Node, url: str) -> Callable[[Sequence[Any]], Record]:
    """The common case, made fast: the id in the first column, then the fields in order."""
    names = ["attributes", *node.entries]
    booleans = [name for name, entry in node.entries.items() if isinstance(entry, Leaf) and entry.boolean]
    type = node.type

    def read(row: Sequence[Any]) -> Record:
        record = dict(zip(names, row, strict=True))
        record["attributes"] = {"type": type, "url": url + row[0]}
        for name in booleans:
            record[name] = record[name] == 1
        return record

    return read


def _attributes_reader(node: Node, url: str) -> Reader:
    id, type_column = node.id, node.type_column
    if id is None:
        return lambda row: {"type": node.type}
    if type_column is None:
        return lambda row: {"type": node.type, "url": f"{url}/{node.type}/{row[id]}"}
    return lambda row: {"type": node.type, "url": f"{url}/{row[type_column]}/{row[id]}"}


def _entry_reader(entry: Entry, url: str, lists: ChildLists) -> Reader:
    match entry:
        case Leaf(column):
            if entry.boolean:
                return lambda row: None if row[column] is None else row[column] == 1
            return lambda row: row[column]
        case AddressOf(parts):
            return lambda row: _address(row, parts)
        case Children():
            return lambda row: _child_list(lists[id(entry)].get(row[0]))
        case Variants(nodes):
            readers = [_entry_reader(node, url, lists) for node in nodes]
            return lambda row: next((found for read in readers if (found := read(row)) is not None), None)
        case Node():
            parent = reader(entry, url, lists)
            return lambda row: None if row[entry.id or 0] is None else parent(row)


def _address(row: Sequence[Any], parts: dict[str, int]) -> Record | None:
    values = {name: row[column] for name, column in parts.items()}
    return values if any(value is not None for value in values.values()) else None


def _child_list(records: list[Record] | None) -> Record | None:
    return {"totalSize": len(records), "done": True, "records": records} if records else None
