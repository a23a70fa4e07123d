"""One row of the mirror with its values as people read them, now or as of a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data import explore
from data.access import MIRROR, Reach, Scope
from data.errors import QueryRefusedError
from data.naming import Pointer, display_name, names, pointer
from data.schema import OWN_COLUMNS, quoted
from data.store import Store

# What says no more than its name.
_WORDS_ONLY = ("stage", "result", "record_type", "recordtype", "activity_template", "group")


@dataclass(frozen=True)
class Value:
    """A value under the name that its field has in the source.

    `said` is the name that an id stands for, `target` the (system, object, id) of the row behind it, where there is one.
    """

    column: str
    label: str
    value: Any
    said: str | None = None
    target: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Record:
    """A row; the mirror's own columns stand apart."""

    system: str
    object: str
    id: str
    name: str | None
    values: tuple[Value, ...]
    pulled_at: datetime | None
    deleted_at: datetime | None
    not_visible_at: datetime | None


def row(
    store: Store, scope: Scope, system: str, object: str, id: str, as_of: datetime | None = None
) -> dict[str, Any] | None:
    """The row as it stands, or stood; None when there is none that the scope may see.

    Raises QueryRefusedError for a table that may not be read.
    """
    reach = Reach(store, scope, as_of)
    found = reach.admit((system.lower(), object.lower()))
    if found.schema not in MIRROR:
        raise QueryRefusedError(f"{system}.{object} holds no records of a system.")
    key = reach.key_column((found.schema, found.name.lower()))
    source = reach.restriction(system, object) or f"select * from {reach.qualified(system, object)}"
    rows = store.rows(
        f"select *, {display_name(found.columns)} as _name from ({source}) where {quoted(key)} = $id limit 1",
        {"id": id},
    )
    return rows[0] if rows else None


def record(
    store: Store, scope: Scope, system: str, object: str, id: str, as_of: datetime | None = None
) -> Record | None:
    """A record's values with labels, and names beside its ids; None when there is none that the scope may see.

    As of a moment the names are those of today: who or what an id stands for does not change.
    """
    held = row(store, scope, system, object, id, as_of)
    if held is None:
        return None
    table = explore.table(store, scope, f"{system}.{object}")
    labels = explore.labels(store, table)
    values = {name: held[name] for name in table.columns if name not in OWN_COLUMNS}
    targets = {
        name: pointer(system, table.name, name, values) if name.lower() != "id" else None for name in values
    }
    said = names(store, scope, {target for target in targets.values() if target is not None})
    return Record(
        system,
        table.name,
        id,
        held["_name"],
        tuple(_value(name, labels, value, targets[name], said) for name, value in values.items()),
        held.get("_pulled_at"),
        held.get("_deleted_at"),
        held.get("_not_visible_at"),
    )


def _value(
    name: str, labels: Mapping[str, str], value: Any, target: Pointer | None, said: Mapping[Pointer, str]
) -> Value:
    words = said.get(target) if target else None
    link = (*target.table, target.id) if target and words and target.table[1] not in _WORDS_ONLY else None
    return Value(name, labels.get(name, name), value, words, link)
