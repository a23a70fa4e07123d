"""What happened to one record, newest first: its changes, what was done with it, and the event facts made of that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data import explore, literals
from data.access import Reach, Scope
from data.columns import MOMENT, kind, word
from data.naming import Pointer, named, names, parent_column, pointer
from data.schema import OWN_COLUMNS, quoted
from data.store import Store

ENTRIES_MAX = 500
_NOT_SHOWN = {
    *OWN_COLUMNS, "updatedAt", "updatedById", "SystemModstamp", "LastModifiedDate", "LastModifiedById",
    "LastViewedDate", "LastReferencedDate",
}  # fmt: skip
_CHANGED = {
    "insert": "First mirrored",
    "update": "Changed",
    "delete": "Deleted",
    "undelete": "Restored",
    "backfill": "Read anew",
    "not_visible": "No longer shown by the source",
    "visible": "Shown by the source again",
}
# SPOTIO writes down what was done to a record as activities too: these types are no visit and no call.
_MOVED = {
    "transition": "Stage",
    "ownerChanged": "Owner",
    "update": "Field changed",
    "create": "Created",
    "note": "Note",
}
_TEXT_SHOWN = 200
# Tables whose rows were done with a record: the columns that name it, when it happened, by whom, and what it is called.
_DONE: Mapping[tuple[str, str], tuple[tuple[str, str, str, str, str], ...]] = {
    ("spotio", "record"): (
        ("activity", "dataObjectId", "date", "ownerId", "type"),
        ("appointment", "dataObjectId", "date", "ownerId", "title"),
    ),
    **{
        ("salesforce", table): (
            ("task", column, "CreatedDate", "OwnerId", "Subject"),
            ("event", column, "StartDateTime", "OwnerId", "Subject"),
        )
        for table, column in (
            ("lead", "WhoId"),
            ("contact", "WhoId"),
            ("account", "WhatId"),
            ("opportunity", "WhatId"),
        )
    },
}
_FIELD_HISTORY: Mapping[str, tuple[str, str]] = {
    "lead": ("leadhistory", "LeadId"),
    "account": ("accounthistory", "AccountId"),
    "contact": ("contacthistory", "ContactId"),
    "opportunity": ("opportunityfieldhistory", "OpportunityId"),
}


@dataclass(frozen=True)
class FieldChange:
    """One field before and after, with names where the values are ids."""

    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `recorded_at` is when it was known here, where that is known.

    kind: change | field_history | activity | moved | note | appointment | task | event | fact; `moved` is a change of
    a record that SPOTIO itself wrote down. `text` is what somebody wrote, the beginning of it.
    """

    happened_at: datetime
    kind: str
    title: str
    who: str | None = None
    recorded_at: datetime | None = None
    fields: tuple[FieldChange, ...] = ()
    target: tuple[str, str, str] | None = None  # the row behind it, where it is one of its own
    text: str | None = None


def timeline(store: Store, scope: Scope, system: str, object: str, id: str) -> list[Entry]:
    """What is known of a record, newest first, at most ENTRIES_MAX entries of each kind.

    Empty for a record that the scope may not see; raises QueryRefusedError for a table that it may not read.
    """
    reach = Reach(store, scope)
    reach.admit((system, object))
    if not _seen(store, reach, (system, object), id):
        return []
    found = [
        *_changes(store, scope, reach, (system, object), id),
        *_field_history(store, scope, reach, (system, object), id),
        *_done(store, scope, reach, (system, object), id),
        *_facts(store, scope, reach, (system, object), id),
    ]
    return sorted(found, key=lambda entry: entry.happened_at, reverse=True)


def _seen(store: Store, reach: Reach, key: tuple[str, str], id: str) -> bool:
    source, column = reach.select(*key), quoted(reach.key_column(key))
    return bool(source and store.rows(f"select 1 from ({source}) where {column} = $id limit 1", {"id": id}))


def _changes(store: Store, scope: Scope, reach: Reach, key: tuple[str, str], id: str) -> Iterator[Entry]:
    """From the mirror's own history; who, where the source says who changed a record last."""
    rows = _rows(
        store,
        reach,
        ("history", "change"),
        f"system = {literals.text(key[0])} and object = {literals.text(key[1])} and id = $id",
        "changed_at",
        id,
    )
    labels, stored = _labels(store, key), reach.tables[key].columns
    states = []
    within = _within(store, reach, key, id)
    for row in rows:  # from the newest back
        before, after = _document(row["before"]), _document(row["after"])
        within |= {column: after[column] for column in within if column in after}
        after = within | after
        within |= {column: before[column] for column in within if column in before}
        states.append((row, before, within | before, after))
    pointers = {
        one
        for _, _, *both in states
        for state in both
        for column in state
        if (one := pointer(*key, column, state)) is not None
    }
    said = names(store, scope, pointers)

    def shown(state: Mapping[str, Any], column: str) -> Any:
        value = state.get(column)
        found = pointer(*key, column, state) if column in state else None
        if found:
            return said.get(found, value)
        return _moment(value) if kind(stored.get(column, "")) == MOMENT else value

    for row, changed, before, after in states:
        changed_by = next((c for c in ("updatedById", "LastModifiedById") if after.get(c)), None)
        fields = [
            FieldChange(word(column, labels.get(column)), shown(before, column), shown(after, column))
            for column in changed
            if column not in _NOT_SHOWN
        ]
        # A first reading happened when it was read, whenever the source changed the record last.
        yield Entry(
            row["recorded_at" if row["operation"] in ("insert", "backfill") else "changed_at"],
            "change",
            _CHANGED.get(row["operation"], row["operation"]),
            shown(after, changed_by) if changed_by else None,
            row["recorded_at"],
            tuple(fields),
        )


def _within(store: Store, reach: Reach, key: tuple[str, str], id: str) -> dict[str, Any]:
    """What the row holds now of the columns without which its ids have no name: the type, of which a stage is one.

    A change holds the columns that changed alone.
    """
    columns = reach.tables[key].columns
    wanted = {parent for column in columns if (parent := parent_column(columns, column)) is not None}
    source = reach.select(*key)
    if source is None or not wanted:
        return {}
    chosen, own = ", ".join(quoted(column) for column in sorted(wanted)), quoted(reach.key_column(key))
    return next(iter(store.rows(f"select {chosen} from ({source}) where {own} = $id", {"id": id})), {})


def _moment(text: Any) -> Any:
    """A moment as history.change holds it; what is none stays what it is."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text


def _field_history(
    store: Store, scope: Scope, reach: Reach, key: tuple[str, str], id: str
) -> Iterator[Entry]:
    """What Salesforce itself recorded, where the field is tracked."""
    if key[0] != "salesforce" or key[1] not in _FIELD_HISTORY:
        return
    table, parent = _FIELD_HISTORY[key[1]]
    rows = _rows(store, reach, ("salesforce", table), f"{quoted(parent)} = $id", "CreatedDate", id)
    said = names(store, scope, _pointers("salesforce", table, "CreatedById", rows))
    labels = explore.column_labels(store)
    for row in rows:
        who = said.get(Pointer(("salesforce", "user"), row["CreatedById"] or ""))
        field = row["Field"] or ""
        if field == "created":
            yield Entry(row["CreatedDate"], "field_history", "Created in Salesforce", who)
            continue
        change = FieldChange(word(field, labels.get((*key, field))), row["OldValue"], row["NewValue"])
        yield Entry(row["CreatedDate"], "field_history", "Changed in Salesforce", who, fields=(change,))


def _done(store: Store, scope: Scope, reach: Reach, key: tuple[str, str], id: str) -> Iterator[Entry]:
    labels: dict[str, str] | None = None
    told: set[str] = set()  # activities, which hold what happened at an appointment too
    for table, column, when, owner, title in _DONE.get(key, ()):
        rows = _rows(
            store, reach, (key[0], table), f"{quoted(column)} = $id and _deleted_at is null", when, id
        )
        said = named(store, scope, key[0], table, rows)
        for nth, row in enumerate(rows):
            if row[when] is None or row.get("activityId") in told:
                continue
            if table == "activity":
                told.add(row["id"])
            names = {column: found[nth] for column, found in said.items()}
            target = (key[0], table, str(row.get("id") or row.get("Id")))
            who, read = names.get(owner), row["_pulled_at"]
            if table == "activity" and row["type"] in _MOVED:
                if labels is None:
                    labels = _labels(store, key)
                yield _moved(row, names, labels, who, target)
                continue
            template, result = names.get("activityTemplateId"), names.get("resultId")
            words = [template or str(row[title] or table.capitalize()), *([result] if result else [])]
            text = _text(row.get("notes") or row.get("text") or row.get("Description"))
            yield Entry(row[when], table, ": ".join(words), who, read, target=target, text=text)


def _moved(
    row: Mapping[str, Any],
    names: Mapping[str, str | None],
    labels: Mapping[str, str],
    who: str | None,
    target: tuple[str, str, str],
) -> Entry:
    """What SPOTIO wrote down of a change: a stage, an owner, one field, or a note."""
    kind = row["type"]
    change: tuple[FieldChange, ...] = ()
    if kind == "transition":
        before, after = (names.get(c) or row.get(c) for c in ("fromStageId", "toStageId"))
        change = (FieldChange("Stage", before, after),)
    elif kind == "ownerChanged":
        before, after = (names.get(c) or row.get(c) for c in ("previousOwnerId", "newOwnerId"))
        change = (FieldChange("Owner", before, after),)
    elif kind == "update" and row.get("fieldDiff"):
        diff = _document(str(row["fieldDiff"]))
        field = f"f_{diff.get('reference')}"
        change = (FieldChange(word(field, labels.get(field)), diff.get("oldValue"), diff.get("newValue")),)
    return Entry(
        row["date"],
        "note" if kind == "note" else "moved",
        _MOVED[kind],
        who,
        row["_pulled_at"],
        change,
        target,
        _text(row.get("notes") or row.get("text")),
    )


def _labels(store: Store, key: tuple[str, str]) -> dict[str, str]:
    """What the source calls the columns of one table."""
    return {
        column: label
        for (*table, column), label in explore.column_labels(store).items()
        if tuple(table) == key
    }


def _text(written: str | None) -> str | None:
    words = " ".join((written or "").split())
    return f"{words[:_TEXT_SHOWN]}…" if len(words) > _TEXT_SHOWN else words or None


def _facts(store: Store, scope: Scope, reach: Reach, key: tuple[str, str], id: str) -> Iterator[Entry]:
    """The event facts that numbers count, as they stand."""
    if key != ("spotio", "record"):
        return
    rows = _rows(
        store, reach, ("history", "event"), "record_id = $id and known_until is null", "happened_at", id
    )
    users = {Pointer(("spotio", "user"), row["user_id"]) for row in rows if row["user_id"]}
    said = names(store, scope, users)
    for row in rows:
        who = said.get(Pointer(("spotio", "user"), row["user_id"] or ""))
        yield Entry(
            row["happened_at"], "fact", row["kind"].replace("_", " ").capitalize(), who, row["known_from"]
        )


def _rows(
    store: Store, reach: Reach, key: tuple[str, str], condition: str, when: str, id: str
) -> list[dict[str, Any]]:
    """The newest rows of a table; a moment that the mirror had to widen to text and that is none counts as unknown."""
    source = reach.select(*key)
    if source is None:
        return []
    moment = f"try_cast({quoted(when)} as timestamptz)"
    return store.rows(
        f"select * replace ({moment} as {quoted(when)}) from ({source}) where {condition}"
        f" order by {moment} desc nulls last limit {ENTRIES_MAX}",
        {"id": id},
    )


def _pointers(system: str, table: str, column: str, rows: Sequence[Mapping[str, Any]]) -> list[Pointer]:
    found = (pointer(system, table, column, row) for row in rows if row.get(column))
    return [one for one in found if one is not None]


def _document(text: str | None) -> dict[str, Any]:
    return dict(json.loads(text)) if text else {}
