"""Configuration documents for the tests: the sample, and what is changed about it."""

from __future__ import annotations

from typing import Any

from data.store import Store
from data.syncs.described import Described
from data.syncs.settings import SyncsSection
from sync.engine.definition import Definition
from sync.syncs.configuration import sample
from sync.syncs.resolving import Resolved, resolve

Document = dict[str, Any]


def doors(store: Store, **changes: Any) -> Document:
    """The sample's sync with some of its members replaced; None takes a member out."""
    [sync] = sample(store)["document"]["syncs"]
    return {name: value for name, value in {**sync, **changes}.items() if value is not None}


def with_fields(store: Store, *more: Document, without: str = "", **changes: Any) -> Document:
    """The sample's sync with further fields, and without those that name `without`."""
    sync = doors(store, **changes)
    kept = [field for field in sync["fields"] if without not in field.values()]
    return {**sync, "fields": [*kept, *more]}


def inbound(*filters: Document, **members: Any) -> Document:
    return {"on": True, "filters": {"all": list(filters)}, **members}


def outbound(**members: Any) -> Document:
    return {"on": True, **members}


def where(field: str, test: str, *values: Any) -> Document:
    return {"field": field, "is": test, **({"value": list(values)} if values else {})}


def understood(store: Store, sync: Document, **how: Any) -> Resolved:
    """The sync as it is resolved against the store."""
    [settings] = SyncsSection.of({"syncs": [sync]})
    return resolve(Described(store), settings, **{"version": 1, "remembered": {}, **how})


def definition(store: Store, sync: Document, **how: Any) -> Definition:
    """The definition of a sync that has no mistakes."""
    resolved = understood(store, sync, **how)
    assert resolved.mistakes == ()
    assert resolved.definition is not None
    return resolved.definition
