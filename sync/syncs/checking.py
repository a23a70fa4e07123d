"""What is wrong or doubtful about a configuration, seen against both systems, before it is published (SF-16, SF-10).

A mistake keeps it from being published; a warning says what will be reported once it runs. Each is one sentence that
says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from data import config
from data.store import Store
from data.syncs.described import Described
from data.syncs.feeds import FeedsSection
from data.syncs.holdings import blanks, longer, value_counts
from data.syncs.settings import SyncSettings, SyncsSection
from sync.engine.definition import SYSTEM_NAMES, Column, Definition, FieldRule, Kind, Side
from sync.syncs.columns import salesforce_column
from sync.syncs.names import Remembered
from sync.syncs.notes import Notes
from sync.syncs.overlaps import overlaps
from sync.syncs.resolving import Resolved, resolve

_CHOSEN = (Kind.CHOICE, Kind.CHOICES, Kind.STAGE)
_LISTED = 5
# A text of several lines is made to hold more than this.
_SHORT_TEXT = 255


@dataclass(frozen=True)
class Checked:
    """A document and what was found; `resolved` is what the names of its syncs mean, by sync."""

    mistakes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    resolved: Mapping[str, Any] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()


def check(
    store: Store, document: Mapping[str, Any], remembered: Mapping[str, Remembered] | None = None
) -> Checked:
    """Look at a whole document as it would be published now.

    `remembered` is what its names meant when they were published, by sync; those of the newest version by default.
    """
    shape = config.mistakes(document)
    if shape:
        return Checked(tuple(shape))
    described = Described(store)
    newest = config.current(store)
    mistakes = list(_not_built(document))
    warnings: list[str] = []
    resolved: dict[str, Any] = {}
    definitions: list[Definition] = []
    for settings in SyncsSection.of(document):
        if settings.mode != "lead":
            continue  # refused above; nothing of it can be looked up
        before = (newest.resolved if remembered is None else remembered).get(settings.name, {})
        found = resolve(described, settings, version=newest.number + 1, remembered=before)
        mistakes += found.mistakes
        warnings += found.warnings
        resolved[settings.name] = found.ids
        if found.definition is not None:
            notes = Notes(settings.name)
            _look(described, found, found.definition, before, notes)
            mistakes += notes.mistakes
            warnings += notes.warnings
            definitions.append(found.definition)
    mistakes += overlaps(definitions)
    return Checked(tuple(mistakes), tuple(warnings), resolved, tuple(definitions))


def _not_built(document: Mapping[str, Any]) -> Iterator[str]:
    for sync in SyncsSection.of(document):
        if sync.mode == "account":
            yield f"{sync.name}: `mode: account` is not built yet; remove it to publish, or use `mode: lead`."
        if sync.convert is not None:
            yield f"{sync.name}: `convert` is not built yet; remove it to publish."
        if sync.activities:
            yield f"{sync.name}: `activities` is not built yet; remove it to publish."
    if FeedsSection.model_validate(document.get("feeds", [])).root:
        yield "`feeds` is not built yet; remove it to publish."


def _look(
    described: Described, resolved: Resolved, definition: Definition, remembered: Remembered, notes: Notes
) -> None:
    _written_twice(definition, notes)
    _people(resolved.settings, definition, notes)
    if definition.outbound.wanted and not resolved.mistakes:
        _required(described, definition, notes)
    if not definition.match and (definition.inbound.wanted or definition.outbound.wanted):
        notes.warning("There are no `match` keys, so whoever is on both sides already will be created a second time; add keys such as [Email].")  # fmt: skip
    for rule in definition.fields:
        if not rule.stopped:
            _lengths(described, definition, rule, notes)
            _values(described, definition, rule, notes)
    _renamed(resolved.ids, remembered, described, notes)


def _written_twice(definition: Definition, notes: Notes) -> None:
    for side in Side:
        mapped = [rule.column(side) for rule in definition.fields if rule.towards(side)]
        names = [column.name for column in mapped]
        ruled = {rule.column(side).name for rule in definition.fields}
        filled = [fill.column for fill in definition.fills if fill.side is side]
        # A constant of a mapped field fills what the other side leaves blank, so it is no second writer.
        alone = [column for column in filled if column.name not in ruled]
        for column in dict.fromkeys(column.name for column in [*mapped, *alone]):
            if names.count(column) + [each.name for each in alone].count(column) > 1:
                label = next(each.label for each in [*mapped, *alone] if each.name == column)
                notes.mistake(
                    f"{label} ({column}) in {SYSTEM_NAMES[side]} would be written from two fields; keep one, or "
                    f"set `direction: to_{side.other}` at the other."
                )


def _people(settings: SyncSettings, definition: Definition, notes: Notes) -> None:
    owner = any(rule.spotio.kind is Kind.USER for rule in definition.fields)
    if definition.inbound.wanted and not settings.users.default_spotio:
        notes.mistake(
            "No default user of SPOTIO is named; name one under `users: default_spotio` who owns what comes from a "
            "Salesforce owner whom SPOTIO does not know."
        )
    if definition.outbound.wanted and owner and not settings.users.default_salesforce:
        notes.mistake(
            "No default user of Salesforce is named; name one under `users: default_salesforce` who owns what comes "
            "from a SPOTIO owner whom Salesforce does not know."
        )


def _required(described: Described, definition: Definition, notes: Notes) -> None:
    """What Salesforce does not create a record without, and nothing fills."""
    filled = {fill.column.name for fill in definition.fills if fill.side is Side.SALESFORCE}
    mapped = {rule.salesforce.name: rule for rule in definition.fields if rule.towards(Side.SALESFORCE)}
    for each in described.salesforce(definition.sobject).values():
        column = salesforce_column(each)
        if not column.required or column.name in filled:
            continue
        rule = mapped.get(column.name)
        if rule is None:
            notes.mistake(
                f"Salesforce creates no {definition.sobject} without {column.label} ({column.name}), and nothing fills it; "
                "map it, or give it a `constant`."
            )
            continue
        blank, records = blanks(described.store, "spotio", definition.type_id, rule.spotio.name)
        if blank:
            notes.warning(
                f"Salesforce creates no {definition.sobject} without {column.label}, and {blank:,} of {records:,} records in "
                f"SPOTIO have no {rule.spotio.label}; give it a `constant` for these, or they are reported and not sent."
            )


def _lengths(described: Described, definition: Definition, rule: FieldRule, notes: Notes) -> None:
    length = rule.salesforce.length
    if not rule.towards(Side.SALESFORCE) or length is None:
        return
    records, longest = longer(described.store, "spotio", definition.type_id, rule.spotio.name, length)
    field = described.types[definition.type_id].fields.get(rule.spotio.name)
    if records:
        notes.warning(
            f"{rule.spotio.label} is longer than the {length} characters that {rule.salesforce.label} takes in {records:,} "
            f"record{'s' if records > 1 else ''} (up to {longest}); these are reported and not sent."
        )
    elif field is not None and field.type == "multiLine" and length <= _SHORT_TEXT:
        notes.warning(
            f"{rule.spotio.label} may hold more than the {length} characters that {rule.salesforce.label} takes; "
            "what is longer is reported and not sent."
        )


def _values(described: Described, definition: Definition, rule: FieldRule, notes: Notes) -> None:
    """Values that records hold and that mean nothing on the other side: reported, never guessed."""
    for side in Side:
        source, target = rule.column(side.other), rule.column(side)
        if not rule.towards(side) or source.kind not in (*_CHOSEN, Kind.TEXT):
            continue
        known = rule.to_salesforce if side is Side.SALESFORCE else rule.to_spotio
        taken = known if known is not None else (target.choices if target.restricted else None)
        if taken is None:
            continue
        of = definition.type_id if side.other is Side.SPOTIO else definition.sobject
        held = _single(source, value_counts(described.store, side.other, of, source.name))
        missing = {value: count for value, count in held.items() if value not in taken}
        if source.kind is Kind.STAGE:
            missing = {**{stage: 0 for stage in source.choices or {} if stage not in taken}, **missing}
        if missing:
            where = "the value map" if known is not None else f"the choices of {target.label}"
            notes.warning(
                f"{source.label} in {SYSTEM_NAMES[side.other]}: {_told(source, missing)} not in {where}; records with "
                f"{'such a value are' if len(missing) > 1 else 'it are'} reported and that field is not sent. Add "
                f"{'them' if len(missing) > 1 else 'it'} under `value_maps`."
            )


def _single(column: Column, held: Mapping[str, int]) -> dict[str, int]:
    """Value -> records; of Salesforce's several choices at once each counts."""
    if column.kind is not Kind.CHOICES:
        return dict(held)
    found: dict[str, int] = {}
    for joined, count in held.items():
        for value in joined.split(";"):
            found[value.strip()] = found.get(value.strip(), 0) + count
    return found


def _told(column: Column, missing: Mapping[str, int]) -> str:
    shown = [
        f"“{(column.choices or {}).get(value, value)}” ({count:,} record{'' if count == 1 else 's'})"
        for value, count in list(missing.items())[:_LISTED]
    ]
    more = len(missing) - len(shown)
    text = ", ".join(shown) + (f" and {more} others" if more else "")
    return f"{text} {'are' if len(missing) > 1 else 'is'}"


def _renamed(ids: Mapping[str, Any], remembered: Remembered, described: Described, notes: Notes) -> None:
    """Names that are called otherwise by now: they mean what they meant when they were published."""
    record_type = described.types.get(str(next(iter(ids.get("type", {}).values()), "")))
    if record_type is None:
        return
    now = {
        "spotio": {id: each.name for id, each in record_type.fields.items()},
        "stage": dict(record_type.stages),
    }
    for kind, labels in now.items():
        for name, id in ids.get(kind, {}).items():
            if id not in labels:
                continue  # a part of every record, as the address of its pin, which nobody renames
            label = labels[id]
            others = [other for other, each in labels.items() if each == name and other != id]
            if remembered.get(kind, {}).get(name) == id and others:
                notes.warning(
                    f"“{name}” means what was called so when it was published and is “{label}” now; to mean the new "
                    f"“{name}”, write its id, {others[0]}."
                )
