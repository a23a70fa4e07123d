"""Publish a configuration: a new version, and one audit row for each thing it changes, in one transaction.

Nobody's change is overwritten unseen: a version is published on top of the newest one, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data import config
from data.config import MistakenConfigurationError, StaleConfigurationError, Version
from data.store import Store

# What tells the items of a list apart, so that a change of one reads as such and not as a new list.
_KEYS = ("email", "key", "name", "id")


@dataclass(frozen=True)
class Change:
    """One difference between two documents; None stands for "not there"."""

    what: str
    before: Any
    after: Any
    text: str


def publish(
    store: Store, document: Mapping[str, Any], *, author: str, note: str, based_on: int, now: datetime
) -> Version:
    """Make `document` the newest version.

    Raises MistakenConfigurationError when it cannot be meant, StaleConfigurationError when `based_on` is not the
    newest version; then nothing was written. A document that changes nothing is no new version: the newest is given.
    """
    mistakes = config.mistakes(document)
    if mistakes:
        raise MistakenConfigurationError(mistakes)
    with store.write() as cursor:
        newest = config.current(store)
        if newest.number != based_on:
            raise StaleConfigurationError(newest, based_on)
        found = changes(newest.document, document)
        if not found:
            return newest
        published = Version(newest.number + 1, dict(document), author, note, now)
        cursor.execute(
            "insert into config.version values ($number, $document, $author, $note, $now)",
            {
                "number": published.number,
                "document": json.dumps(document),
                "author": author,
                "note": note,
                "now": now,
            },
        )
        for change in found:
            cursor.execute(
                "insert into config.audit values ($now, $author, $what, $before, $after, $text, $number)",
                {
                    "now": now,
                    "author": author,
                    "what": change.what,
                    "before": None if change.before is None else json.dumps(change.before),
                    "after": None if change.after is None else json.dumps(change.after),
                    "text": change.text,
                    "number": published.number,
                },
            )
    return published


def save_draft(
    store: Store, person: str, section: str, content: Mapping[str, Any], *, based_on: int, now: datetime
) -> None:
    """Keep what a person has typed into a section; it replaces what they had typed before."""
    with store.write() as cursor:
        key = {"person": person, "section": section}
        cursor.execute("delete from config.draft where person = $person and section = $section", key)
        cursor.execute(
            "insert into config.draft values ($person, $section, $based_on, $content, $now)",
            {**key, "based_on": based_on, "content": json.dumps(content), "now": now},
        )


def drop_draft(store: Store, person: str, section: str) -> None:
    """Forget what a person has typed into a section."""
    with store.write() as cursor:
        cursor.execute(
            "delete from config.draft where person = $person and section = $section",
            {"person": person, "section": section},
        )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two documents, in words, in the order of the sections and their members."""
    return list(_differences((), _plain(before), _plain(after)))


def _plain(document: Mapping[str, Any]) -> Any:
    """As JSON tells it: tuples are lists, and lists of things with a key are read by it."""
    return _keyed(json.loads(json.dumps(document)))


def _keyed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _keyed(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        key = next((key for key in _KEYS if all(key in item for item in value)), None)
        if key:
            return {str(item[key]): _keyed(item) for item in value}
    return value


def _differences(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    both = isinstance(before, dict) and isinstance(after, dict)
    # A whole section that comes or goes is told by its members, a member that comes or goes as one thing.
    if both or (len(path) < 2 and isinstance(before or after, dict)):
        before, after = before or {}, after or {}
        for name in dict.fromkeys([*before, *after]):
            yield from _differences((*path, name), before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        added = [item for item in after if item not in before]
        removed = [item for item in before if item not in after]
        told = [
            f"{verb} {_listed(items)}" for verb, items in (("added", added), ("removed", removed)) if items
        ]
        yield _change(path, before, after, " and ".join(told) or "put into another order")
    elif before is None:
        yield _change(path, before, after, f"added{_told(after)}")
    elif after is None:
        yield _change(path, before, after, f"removed{_told(before, was=True)}")
    else:
        yield _change(path, before, after, f"{_value(before)} became {_value(after)}")


def _change(path: tuple[str, ...], before: Any, after: Any, text: str) -> Change:
    return Change(".".join(path), before, after, f"{_capital(', '.join(path))}: {text}.")


def _told(value: Any, *, was: bool = False) -> str:
    return f", {'was ' if was else ''}{_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(inner)}" for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return _listed(value)
    return str(value)


def _listed(items: list[Any]) -> str:
    return ", ".join(_value(item) for item in items) or "nothing"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
