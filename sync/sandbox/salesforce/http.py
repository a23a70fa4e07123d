"""Requests and answers of the REST API, and the table that leads from one to the other.

A `Call` and an `Answer` know nothing of a connection, so that one request can carry several others (composite/batch).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from sync.sandbox.salesforce.errors import SalesforceError, no_such_resource


@dataclass(frozen=True)
class Call:
    """One authorised request. `path` is as it was sent, percent-encoded; `parts` are the decoded variable parts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    user_id: str
    version: str = ""
    parts: tuple[str, ...] = ()

    def json(self) -> Any:
        """The body as JSON; raises JSON_PARSER_ERROR."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise SalesforceError("JSON_PARSER_ERROR", f"Unexpected character in the body: {error}") from None

    def json_object(self) -> dict[str, Any]:
        body = self.json()
        if not isinstance(body, dict):
            raise SalesforceError("JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return body


@dataclass
class Answer:
    """`body` is JSON to be, bytes as they are, or None for an answer without a body.

    JSON to be may hold what is JSON already as msgspec.Raw.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Answer]


def query_of(text: str) -> dict[str, str]:
    """A query string's parameters; of a repeated one the last."""
    return dict(parse_qsl(text, keep_blank_values=True))


class Routes:
    """Handlers by path pattern and method. Fixed words match in any case; a variable part is `([^/]+)`."""

    def __init__(self) -> None:
        self._table: list[tuple[re.Pattern[str], dict[str, Handler]]] = []

    def add(self, pattern: str, **handlers: Handler) -> None:
        """Handlers for a path below `/services/data/vNN.0`, by method name."""
        self._table.append((re.compile(pattern + r"\Z", re.IGNORECASE), handlers))

    def find(self, method: str, path: str) -> tuple[Handler, tuple[str, ...]]:
        """The handler of a path, and the path's decoded parts; raises NOT_FOUND or METHOD_NOT_ALLOWED."""
        for pattern, handlers in self._table:
            found = pattern.match(path)
            if found is None:
                continue
            handler = handlers.get("GET" if method == "HEAD" else method)
            if handler is None:
                allowed = ",".join(handlers)
                message = f"HTTP Method '{method}' not allowed. Allowed are {allowed}"
                raise SalesforceError("METHOD_NOT_ALLOWED", message, status=405)
            return handler, tuple(unquote(part) for part in found.groups())
        raise no_such_resource()
