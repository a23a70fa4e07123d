"""What people are asked and what was decided, as documents: a page of one kind, with what a page needs to show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.store import Store
from data.syncs import asked, cases, conflicts, standing
from sync.engine.definition import Definition, FieldRule
from sync.errors import UsageError

KINDS = ("open", "standing", "matches", "decided")
DELETION = "deletion"  # the field of a conflict in which one side was deleted and the other edited (C-04)


def page(
    store: Store, definitions: Sequence[Definition], of: str, *, sync: str | None, field: str | None, offset: int, limit: int,
    around: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """`{rows, offset, counts, fields, syncs, changed_by}`: `counts` of every kind as narrowed; `syncs` those that have any.

    `fields` are those that occur in this kind, of records that may be the same all that are mapped:
    `{sync, key, label, salesforce_field, kind, choices, n}`; `choices` are, by system, what a value is called.
    The page is the one with `around`, where that is to be found; `offset` says where it begins.
    `changed_by` are the people who changed an open conflict of the sync. UsageError for an unknown kind.
    """
    if of not in KINDS:
        raise UsageError(f"'{of}' is nothing that people are asked; say one of {', '.join(KINDS)}.")
    counted = asked.counts(store)
    place = asked.place_of(store, of, around, sync, field) if around and of in ("open", "standing") else None
    if place is not None:
        offset = place // limit * limit
    rules = {(made.sync, rule.key): rule for made in definitions for rule in made.fields}
    return {
        "offset": offset,
        "rows": _rows(store, of, sync=sync, field=field, offset=offset, limit=limit),
        "counts": {kind: _count(counted, kind, sync, field) for kind in KINDS},
        "fields": [
            described(each["sync"], each["field"], rules) | {"n": each["n"]}
            for each in (_mapped(rules) if of == "matches" else _by_field(counted, of))
            if sync in (None, each["sync"])
        ],
        "syncs": sorted({each["sync"] for each in counted}),
        "changed_by": asked.changers(store, sync) if of == "open" else [],
    }


def _rows(
    store: Store, of: str, *, sync: str | None, field: str | None, offset: int, limit: int
) -> list[dict[str, Any]]:
    if of == "standing":
        return standing.listed(store, sync, field=field, limit=limit, offset=offset)
    if of == "decided":
        found = asked.decided(store, sync, field=field, limit=limit, offset=offset)
        lost = conflicts.losers(store, [row["id"] for row in found if row["kind"] == "conflict"])
        return [{**row, "loser": lost.get(row["id"])} for row in found]
    if of == "matches":
        found = cases.listed(store, sync, limit=limit, offset=offset)
        said = cases.said(store, {id for case in found for id in case["spotio_ids"]})
        for case in found:
            case["said"] = [
                word
                for word in said
                if word["sync"] == case["sync"]
                and word["spotio_id"] in case["spotio_ids"]
                and word["salesforce_id"] in case["salesforce_ids"]
            ]
        return found
    rows = conflicts.listed(store, sync, field=field, limit=limit, offset=offset)
    agreed = asked.agreed_at(store, [(row["link"], row["field"]) for row in rows])
    return [{**row, "agreed_at": agreed.get((row["link"], row["field"]))} for row in rows]


def _count(counted: Sequence[Mapping[str, Any]], kind: str, sync: str | None, field: str | None) -> int:
    """How many; records that may be the same have no field by which they could be narrowed."""
    wanted = field if kind != "matches" else None
    return sum(
        each["n"]
        for each in counted
        if each["kind"] == kind and sync in (None, each["sync"]) and wanted in (None, each["field"])
    )


def _by_field(counted: Sequence[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [each for each in counted if each["kind"] == kind and each["field"] is not None]


def _mapped(rules: Mapping[tuple[str, str], FieldRule]) -> list[Mapping[str, Any]]:
    return [{"sync": sync, "field": key, "n": 0} for sync, key in rules]


def described(sync: str, key: str, rules: Mapping[tuple[str, str], FieldRule]) -> dict[str, Any]:
    """A mapped field for people: its names, what kind of value it has, and what its choices are called."""
    rule = rules.get((sync, key))
    if rule is None:
        label = "Deletion" if key == DELETION else key
        return {"sync": sync, "key": key, "label": label, "salesforce_field": None, "kind": None, "choices": {}}  # fmt: skip
    return {
        "sync": sync, "key": key, "label": rule.spotio.label, "salesforce_field": rule.salesforce.name,
        "kind": rule.spotio.kind.value,
        "choices": {
            "spotio": dict(rule.spotio.choices or {}), "salesforce": dict(rule.salesforce.choices or {}),
        },
    }  # fmt: skip
