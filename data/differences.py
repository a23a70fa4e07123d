"""What differs between two documents, path by path and in words, for those who review a change and for the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What tells the items of a list apart, so that a change of one reads as such and not as a new list.
_KEYS = ("email", "key", "name", "id")
# Not being there and being empty is the same to whoever reads a configuration.
_NOTHING: tuple[Any, ...] = (None, {}, [])


@dataclass(frozen=True)
class Change:
    """One difference between two documents; None stands for "not there"."""

    what: str
    before: Any
    after: Any
    text: str


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> list[Change]:
    """What differs between two documents, in words, in the order of the sections and their members.

    `names` say what an id is called: {"1201": "East"} tells of "East (1201)".
    """
    return list(_differences((), _plain(before), _plain(after), names or {}))


class _Keyed(dict[str, Any]):
    """A list whose items are told apart by a key; each of them comes, goes and changes by itself."""


def _plain(document: Mapping[str, Any]) -> Any:
    """As JSON tells it: tuples are lists, and lists of things with a key are read by it."""
    return _keyed(json.loads(json.dumps(document)))


def _keyed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _keyed(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        key = next((key for key in _KEYS if all(key in item for item in value)), None)
        if key:
            return _Keyed(
                (str(item[key]), _keyed({name: inner for name, inner in item.items() if name != key}))
                for item in value
            )
    return value


def _differences(
    path: tuple[str, ...], before: Any, after: Any, names: Mapping[str, str]
) -> Iterator[Change]:
    if before == after or (before in _NOTHING and after in _NOTHING):
        return
    both = isinstance(before, dict) and isinstance(after, dict)
    # What comes or goes is told as one thing, but a section by its members and theirs, and a list by its items.
    if both or (len(path) < 3 and isinstance(before or after, dict)) or isinstance(before or after, _Keyed):
        before, after = before or {}, after or {}
        for name in dict.fromkeys([*before, *after]):
            yield from _differences((*path, name), before.get(name), after.get(name), names)
    elif isinstance(before, list) and isinstance(after, list):
        added = [item for item in after if item not in before]
        removed = [item for item in before if item not in after]
        told = [
            f"{verb} {_listed(items, names)}"
            for verb, items in (("added", added), ("removed", removed))
            if items
        ]
        yield _change(path, before, after, " and ".join(told) or "put into another order")
    elif before is None:
        yield _change(path, before, after, f"added{_told(after, names)}")
    elif after is None:
        yield _change(path, before, after, f"removed{_told(before, names, was=True)}")
    else:
        yield _change(path, before, after, f"{_value(before, names)} became {_value(after, names)}")


def _change(path: tuple[str, ...], before: Any, after: Any, text: str) -> Change:
    return Change(".".join(path), before, after, f"{_capital(', '.join(path))}: {text}.")


def _told(value: Any, names: Mapping[str, str], *, was: bool = False) -> str:
    return f", {'was ' if was else ''}{_value(value, names)}"


def _value(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {_value(inner, names)}" for name, inner in value.items() if inner is not None
        )
    if isinstance(value, list):
        return _listed(value, names)
    text = str(value)
    return f"{names[text]} ({text})" if text in names else text


def _listed(items: list[Any], names: Mapping[str, str]) -> str:
    return ", ".join(_value(item, names) for item in items) or "nothing"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
