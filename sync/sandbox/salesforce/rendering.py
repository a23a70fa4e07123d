"""A page of records as text that SQLite writes: three times as fast as building it out of Python's objects.

It says to the letter what `shape.reader` makes of the same rows, for records of fields and of parents of one object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.sandbox.salesforce.schema import NUMBERS
from sync.sandbox.salesforce.shape import Entry, Leaf, Node

_PAIRS_MAX = 60
"""Of name and value in one call of json_object: SQLite's functions take at most 127 arguments."""


def rendered(node: Node, url: str) -> list[str] | None:
    """SQL over the columns c0, c1, ... whose texts are one record when they are joined; None for other shapes.

    `url` is what `attributes.url` begins with, `/services/data/v64.0/sobjects`.
    """
    pairs = _pairs(node, url)
    if pairs is None:
        return None
    return [_object(pairs[start : start + _PAIRS_MAX]) for start in range(0, len(pairs), _PAIRS_MAX)]


def joined(rows: Iterable[Sequence[str]]) -> bytes:
    """The JSON list of records whose texts are given row by row."""
    return f"[{','.join(map(_record, rows))}]".encode()


def _record(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "{" + ",".join(text[1:-1] for text in texts) + "}"


def _object(pairs: Sequence[tuple[str, str]]) -> str:
    return f"json_object({', '.join(f'{name}, {value}' for name, value in pairs)})"


def _pairs(node: Node, url: str) -> list[tuple[str, str]] | None:
    """Names and values as SQL, the attributes first."""
    found = [("'attributes'", _attributes(node, url))]
    for name, entry in node.entries.items():
        value = _value(entry, url)
        if value is None:
            return None
        found.append((f"'{name}'", value))
    return found


def _attributes(node: Node, url: str) -> str:
    kind = f"'{node.type}'"
    if node.id is None:
        return _object([("'type'", kind)])
    place = kind if node.type_column is None else f"c{node.type_column}"
    return _object([("'type'", kind), ("'url'", f"'{url}/' || {place} || '/' || c{node.id}")])


def _value(entry: Entry, url: str) -> str | None:
    match entry:
        case Leaf(column) if entry.boolean:
            return f"json(CASE c{column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"
        case Leaf(column) if entry.field.type in NUMBERS and entry.field.type != "int":
            # SQLite writes fifteen digits, which some numbers do not come back from; those need seventeen.
            short = f"CAST(CAST(c{column} AS TEXT) AS REAL) = c{column}"
            exact = f"printf('%!.17g', c{column})"
            return (
                f"json(CASE WHEN c{column} IS NULL THEN 'null' WHEN {short} THEN c{column} ELSE {exact} END)"
            )
        case Leaf(column):
            return f"c{column}"
        case Node():
            pairs = _pairs(entry, url)
            if pairs is None or len(pairs) > _PAIRS_MAX:
                return None
            return f"json(CASE WHEN c{entry.id} IS NULL THEN 'null' ELSE {_object(pairs)} END)"
    return None
