"""Publish a configuration: a new version, and one audit row for each thing it changes, in one transaction.

Nobody's change is overwritten unseen: a version is published on top of the newest one, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import duckdb

from data import config
from data.changes import changes
from data.config import MistakenConfigurationError, StaleConfigurationError, Version
from data.store import Store


def publish(
    store: Store,
    document: Mapping[str, Any],
    *,
    author: str,
    note: str,
    based_on: int,
    now: datetime,
    names: Mapping[str, str] | None = None,
    resolved: Mapping[str, Any] | None = None,
    along: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
) -> Version:
    """Make `document` the newest version; `names` of ids are for the words of its audit.

    `resolved` is what the names of its syncs mean, as ids; without it they mean what they meant. What `along` writes is
    written with the version or not at all.

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
        found = changes(newest.document, document, names)
        if not found:
            return newest
        meant = newest.resolved if resolved is None else resolved
        published = Version(newest.number + 1, dict(document), author, note, now, meant)
        cursor.execute(
            "insert into config.version values ($number, $document, $author, $note, $now, $resolved)",
            {
                "number": published.number,
                "document": json.dumps(document),
                "author": author,
                "note": note,
                "now": now,
                "resolved": json.dumps(meant),
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
        if along is not None:
            along(cursor)
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
