"""Requests drawn from SPOTIO's published OpenAPI document, right ones and almost right ones.

Parameters and bodies follow the document's schemas. Where values are known that mean something, by a member's name or by
the part of a path that an id follows, they are taken three times out of four: else every request would end at its
first look-up.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.sandbox.spotio_contract import DOCUMENT, anonymous

DEPTH_MAX = 5


@dataclass(frozen=True)
class Drawn:
    """One request; a body is only sent where the operation has one."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content_type: str | None


class Document:
    """The operations of the document, and what could be sent to each; `known` values go by names in lower case."""

    def __init__(self, known: Mapping[str, list[str]]) -> None:
        self._document = json.loads(DOCUMENT.read_text())
        self._known = known

    def requests(self, method: str, path: str) -> st.SearchStrategy[Drawn]:
        """Requests to the operation whose path differs from `path` in the names of its parameters at most."""
        found = (known for known in self._document["paths"] if anonymous(known) == anonymous(path))
        name = next(known for known in found if method.lower() in self._document["paths"][known])
        operation = self._document["paths"][name][method.lower()]
        parameters = operation.get("parameters", [])
        schemas = {item["name"]: item.get("schema", {}) for item in parameters}
        parts = name.split("/")
        of_path = [self._part(*pair, schemas) for pair in zip(["", *parts], parts, strict=False)]
        of_query = {
            item["name"]: self._named(item["name"], item.get("schema", {}), 0)
            for item in parameters
            if item["in"] == "query"
        }
        content = operation.get("requestBody", {}).get("content", {})
        kind: str | None = next(iter(content), None)
        media: dict[str, Any] = content[kind] if kind else {}
        body = self._values(media["schema"], 0) if "schema" in media else st.none()
        return st.builds(
            lambda parts, query, sent: Drawn(
                method, "/".join(parts), {key: _text(value) for key, value in query.items()}, sent, kind
            ),
            st.tuples(*of_path),
            st.fixed_dictionaries({}, optional=of_query),
            body,
        )

    def _part(self, before: str, part: str, schemas: dict[str, Any]) -> st.SearchStrategy[str]:
        """What stands between two slashes; an id is known by the part that it follows."""
        if not part.startswith("{"):
            return st.just(part)
        values = self._values(schemas.get(part[1:-1], {}), 0)
        other = values.map(_text).filter(lambda text: text.isascii() and text.isalnum())
        known = self._known.get(before.lower())
        return _mostly(st.sampled_from(known), other) if known else other

    def _named(self, name: str, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        """Values of a member or parameter, of the known ones of its name most of the time."""
        values, known = self._values(schema, depth), self._known.get(name.lower())
        if known is None:
            return values
        of_known = st.sampled_from(known)
        match self._resolved(schema).get("type"):
            case "array":
                return _mostly(st.lists(of_known, min_size=1, max_size=2), values)
            case "integer" if all(item.isdecimal() for item in known):
                return _mostly(of_known.map(int), values)
        return _mostly(of_known, values)

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in schema:
            return schema
        found: dict[str, Any] = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found

    def _values(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        schema = self._resolved(schema)
        values = self._of_type(schema, depth)
        return values | st.none() if schema.get("nullable") else values

    def _of_type(self, schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        match schema.get("type"):
            case "object":
                members = schema.get("properties", {}) if depth < DEPTH_MAX else {}
                inner = {key: self._named(key, value, depth + 1) for key, value in members.items()}
                usual = {key: value for key, value in inner.items() if key.lower() in self._known}
                others = {key: value for key, value in inner.items() if key not in usual}
                whole = st.fixed_dictionaries(usual, optional=others)
                return _mostly(whole, st.fixed_dictionaries({}, optional=inner))
            case "array":
                return st.lists(self._values(schema.get("items", {}), depth + 1), max_size=3)
            case "integer":
                return st.integers(0, 9) | st.integers(-(2**31), 2**31 - 1)
            case "number":
                return st.floats(allow_nan=False, allow_infinity=False, width=32)
            case "boolean":
                return st.booleans()
            case "string" if schema.get("format") == "date-time":
                return st.datetimes().map(lambda instant: instant.isoformat() + "Z")
            case "string":
                return st.text(max_size=12)
        return st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5)


def _mostly(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(usual, usual, usual, other)


def _text(value: Any) -> str:
    """A value as a query or a path spells it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
