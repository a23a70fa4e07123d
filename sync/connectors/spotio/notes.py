"""SPOTIO's own notes of what a write changed, which tell what it replaced (F-09).

A record has no version to write against. But each change leaves an activity with the old and the new value: where
the old value of ours is not the one that we had read, somebody wrote in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.connectors.spotio.api import SpotioApi
from sync.connectors.spotio.wire import OWNER, STAGE, values_of

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Note:
    """One value that somebody changed: `name` is a field id, "stage" or "owner"; blanks are None."""

    name: str
    old: str | None
    new: str | None
    author: str | None
    moment: datetime


def notes_since(api: SpotioApi, since: datetime, records: Mapping[str, Item]) -> dict[str, list[Note]]:
    """`{record id: notes}` of the records since each was last changed before it was read, the newest first.

    `records` are as they were read, `since` is a moment of SPOTIO's clock before that. Raises what a scan raises.
    """
    found: dict[str, list[Note]] = {}
    for page in api.activities(since, None):
        for item in page.items:
            about = item.get("dataObject") or {}
            id = str(item.get("dataObjectId") or about.get("id"))
            record = records.get(id)
            if record is not None:
                found.setdefault(id, []).extend(note for note in _notes(item) if _after(note, record))
    return found


def replaced(record: Item, notes: list[Note], author: str | None) -> dict[str, str | None]:
    """What `author` replaced although the record, as it was read, did not hold it; `{name: value it had}`.

    That an activity's owner is who made the change is assumed; without an `author` all notes count as ours.
    """
    before = values_of(record)
    overwrote: dict[str, str | None] = {}
    for note in notes:
        if author is not None and note.author != author:
            continue
        if note.name in (STAGE, OWNER):
            read = {_text(record.get(f"{note.name}Id"))}
        else:
            # An address stands in the pin, and its field's note tells it as text.
            read = {_text(before.get(note.name)), _text((record.get("pin") or {}).get("address"))}
        if note.old not in read:
            overwrote[note.name] = note.old
    return overwrote


def _notes(item: Item) -> Iterator[Note]:
    author = None if item.get("ownerId") is None else str(item["ownerId"])
    moment = datetime.fromisoformat(str(item.get("createdAt") or item["date"]))
    match str(item.get("type") or "").lower():
        case "update":
            difference = (item.get("dataObject") or {}).get("fieldDiff") or {}
            if difference.get("reference") is not None:
                old, new = difference.get("oldValue"), difference.get("newValue")
                yield Note(str(difference["reference"]), _text(old), _text(new), author, moment)
        case "transition":
            move = item.get("transition") or {}
            yield Note(STAGE, _text(move.get("fromStageId")), _text(move.get("toStageId")), author, moment)
        case "ownerchanged":
            move = item.get("ownerChanged") or {}
            old, new = move.get("previousDataObjectOwnerId"), move.get("newDataObjectOwnerId")
            yield Note(OWNER, _text(old), _text(new), author, moment)


def _after(note: Note, record: Item) -> bool:
    """Whether the note is later than the last change that the record showed when it was read."""
    return not record.get("updatedAt") or note.moment > datetime.fromisoformat(str(record["updatedAt"]))


def _text(value: Any) -> str | None:
    """A value as notes tell it: a multiple choice joined by commas."""
    if value is None or value in ("", []):
        return None
    return ", ".join(value) if isinstance(value, list) else str(value)
