"""What the published syncs need of Salesforce's fields: to be there, to be seen, and to be written where they travel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.errors import StoreError
from data.store import Store
from sync.engine.definition import Definition, Side
from sync.errors import FieldlineError
from sync.looking.check import Check
from sync.syncs.resolving import published, usable


@dataclass(frozen=True)
class Need:
    """A field that a sync maps or fills: read always, and set on a new record or on one that is there where it travels.

    `watched`: what people change there travels, so it matters who did and when.
    """

    sync: str
    sobject: str
    field: str
    creates: bool
    updates: bool
    watched: bool = False


def needs_of(store: Store) -> tuple[list[Need], list[Check]]:
    """The needs of all published syncs, and what keeps one from being understood."""
    needs: list[Need] = []
    checks: list[Check] = []
    for resolved in published(store):
        try:
            needs += _of(usable(resolved), out=resolved.settings.outbound.on)
        except (FieldlineError, StoreError) as error:
            checks.append(Check(f"sync {resolved.settings.name}", "failed", str(error)))
    return needs, checks


def _of(definition: Definition, *, out: bool) -> list[Need]:
    """`out`: whether the sync may write to Salesforce when it is turned on."""
    mapped = [
        Need(
            definition.sync,
            definition.sobject,
            rule.salesforce.name,
            creates=out and rule.towards(Side.SALESFORCE),
            updates=out and rule.towards(Side.SALESFORCE),
            watched=rule.towards(Side.SPOTIO) and not rule.salesforce.computed,
        )
        for rule in definition.fields
        if "." not in rule.salesforce.name  # a path leads to another object, which is only read
    ]
    filled = [
        Need(definition.sync, definition.sobject, fill.column.name, creates=out, updates=False)
        for fill in definition.fills
        if fill.side is Side.SALESFORCE
    ]
    return mapped + filled


def field_checks(needs: Sequence[Need], described: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """One check a sync: all its fields are as it needs them, or which are not and what is missing."""
    checks = []
    for sync in dict.fromkeys(need.sync for need in needs):
        mine = [need for need in needs if need.sync == sync]
        lacks = [lack for need in mine if (lack := _lack(need, described.get(need.sobject)))]
        name = f"salesforce {sync} fields"
        if lacks:
            advice = "Give our account that right in its profile or a permission set, or take the field out of the mapping."
            checks.append(Check(name, "failed", f"{sync}: {'; '.join(lacks)}. {advice}"))
        else:
            checks.append(Check(name, "ok", f"{sync}: all {len(mine)} fields of the mapping can be read and written as it needs."))  # fmt: skip
    return checks


def history_check(needs: Sequence[Need], tracked: Mapping[str, frozenset[str] | None]) -> list[Check]:
    """Whether Salesforce keeps the history of what travels from it; `tracked` by object, None where it does not tell."""
    watched: dict[str, list[str]] = {need.sobject: [] for need in needs if need.watched}
    for need in needs:
        if need.watched and need.field not in watched[need.sobject]:
            watched[need.sobject].append(need.field)
    return [_history(sobject, fields, tracked.get(sobject)) for sobject, fields in watched.items()]


def _history(sobject: str, fields: Sequence[str], tracked: frozenset[str] | None) -> Check:
    name = f"salesforce {sobject} history"
    if tracked is None:
        return Check(
            name,
            "ok",
            f"Of which fields of {sobject} a history is kept, Salesforce does not show our account.",
        )
    lost = [field for field in fields if field not in tracked]
    if not lost:
        return Check(name, "ok", f"A history is kept of all {len(fields)} mapped fields of {sobject}.")
    text = (
        f"No history is kept of {', '.join(lost)} of {sobject}: of a change there is known only who changed the record last. "
        "Track them in Set-up (Fields & Relationships, Set History Tracking), so that conflicts name who changed what when."
    )
    return Check(name, "warning", text)


def _lack(need: Need, described: Mapping[str, Any] | None) -> str:
    where = f"{need.sobject}.{need.field}"
    if described is None:
        return f"{need.sobject} is not among the objects that can be read"
    field = next((each for each in described["fields"] if each["name"] == need.field), None)
    if field is None:
        return f"{where} is not there, or our account does not see it"
    barred = [
        what
        for what, wanted, may in (
            ("set on a new one", need.creates, field["createable"]),
            ("changed", need.updates, field["updateable"]),
        )
        if wanted and not may
    ]
    return f"{where} may not be {' or '.join(barred)}" if barred else ""
