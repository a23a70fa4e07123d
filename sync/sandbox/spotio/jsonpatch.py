"""JSON Patch (RFC 6902) on a JSON value: add, remove, replace, move, copy and test, by JSON Pointer."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from sync.sandbox.spotio.errors import invalid


def patched(document: dict[str, Any], operations: Iterable[Any]) -> tuple[dict[str, Any], set[str]]:
    """The changed copy, and the names of the top-level members that an operation changed."""
    document = copy.deepcopy(document)
    touched: set[str] = set()
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise invalid("_", "An array of operations is expected.")
        kind, path = str(operation.get("op") or "").lower(), _tokens(document, operation.get("path"))
        match kind:
            case "test":
                if _get(document, path) != operation.get("value"):
                    raise invalid(path[0], "The test failed.")
                continue
            case "add":
                _add(document, path, copy.deepcopy(operation.get("value")))
            case "replace":
                _replace(document, path, copy.deepcopy(operation.get("value")))
            case "remove":
                _remove(document, path)
            case "move" | "copy":
                source = _tokens(document, operation.get("from"))
                value = copy.deepcopy(_get(document, source))
                if kind == "move":
                    _remove(document, source)
                    touched.add(source[0])
                _add(document, path, value)
            case _:
                raise invalid("_", f"Operation {operation.get('op')} does not exist.")
        touched.add(path[0])
    return document, touched


def _tokens(document: Mapping[str, Any], pointer: Any) -> list[str]:
    """The steps of a pointer; the first one in the spelling of the document, which takes any case."""
    if not isinstance(pointer, str) or not pointer.startswith("/") or len(pointer) < 2:
        raise invalid("_", f"{pointer} is no path.")
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]
    names = {name.lower(): name for name in document}
    if tokens[0].lower() not in names:
        raise invalid(tokens[0], f"The path {pointer} does not exist.")
    return [names[tokens[0].lower()], *tokens[1:]]


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    raise invalid("_", f"There is nothing at {token}.")


def _get(value: Any, tokens: list[str]) -> Any:
    for token in tokens:
        value = _step(value, token)
    return value


def _add(document: Any, tokens: list[str], value: Any) -> None:
    parent, last = _get(document, tokens[:-1]), tokens[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list) and (last == "-" or (last.isdecimal() and int(last) <= len(parent))):
        parent.insert(len(parent) if last == "-" else int(last), value)
    else:
        raise invalid("_", f"Nothing can be added at {last}.")


def _replace(document: Any, tokens: list[str], value: Any) -> None:
    _get(document, tokens)
    parent, last = _get(document, tokens[:-1]), tokens[-1]
    parent[last if isinstance(parent, dict) else int(last)] = value


def _remove(document: Any, tokens: list[str]) -> None:
    _get(document, tokens)
    parent, last = _get(document, tokens[:-1]), tokens[-1]
    if len(tokens) == 1:
        parent[last] = None
    elif isinstance(parent, dict):
        del parent[last]
    else:
        del parent[int(last)]
