"""What mends a cause on the spot: the change of the configuration that a person would make for it, and what they can choose.

A fix is one of a few kinds; where the configuration cannot say it, there is none, and the records or the other system have to be
changed. The document is changed as text: names stay as they were written, and an entry that means the same is replaced.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from data.syncs.described import Described, User
from sync.engine.definition import Column, Definition, FieldRule, Kind, Side
from sync.errors import UsageError
from sync.syncs.columns import salesforce_column, spotio_columns

Ways = Literal["value", "match_user", "default_user", "constant", "keep_blanks", "one_way"]
Document = dict[str, Any]
Ids = Mapping[str, Mapping[str, str]]
_VALUES = frozenset({"value_unmapped", "not_a_choice", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"})
_REQUIRED = frozenset({"required_missing", "REQUIRED_FIELD_MISSING"})


@dataclass(frozen=True)
class Fix:
    """A change that a person can make: `options` are what can be chosen (as written -> as people know it); without any,
    `typed` says that a text is asked for, and else there is nothing to choose. `about` is what it is about, as people call it."""

    way: Ways
    about: str
    options: Mapping[str, str] = field(default_factory=dict)
    typed: bool = False


def fixes(cause: Mapping[str, Any], made: Definition | None, known: Described) -> list[Fix]:
    """What can be done on the spot about a cause, as data.syncs.causes gives it; the likeliest first."""
    if made is None or cause["system"] is None:
        return []
    side, code = Side(cause["system"]), cause["code"]
    rule = next((rule for rule in made.fields if rule.key == cause["field"]), None)
    if code in _VALUES:
        return _value(cause, rule, side)
    if code in ("owner_unmatched", "INACTIVE_OWNER_OR_USER"):
        return _users(cause, side, known)
    if code in _REQUIRED:
        column = _column(cause, rule, side, made, known)
        return [_constant(column)] if column else []
    if rule is not None and code == "required_blank":
        return [Fix("keep_blanks", rule.column(side).label)]
    if rule is not None and code == "not_writeable":
        return [Fix("one_way", rule.column(side).label)]
    return []


def mended(
    cause: Mapping[str, Any], way: str, choice: str, document: Document, ids: Ids, made: Definition, known: Described
) -> Document:  # fmt: skip
    """The document with a fix made; `ids` is what the names of its sync meant when it was published.

    Raises UsageError when the fix is none of the cause's, or the choice none of those offered.
    """
    fix = next((fix for fix in fixes(cause, made, known) if fix.way == way), None)
    if fix is None:
        raise UsageError("This cannot be mended so any more; nothing was kept.")
    if (fix.options and choice not in fix.options) or (fix.typed and not choice.strip()):
        raise UsageError(
            "Choose one of what is offered." if fix.options else "Say what it is filled with first."
        )
    changed = copy.deepcopy(document)
    sync = next(each for each in changed["syncs"] if each["name"] == made.sync)
    side = Side(cause["system"])
    rule = next((rule for rule in made.fields if rule.key == cause["field"]), None)
    if way == "value" and rule is not None:
        _map_value(sync, cause, choice, rule, side, ids)
    elif way == "match_user":
        _match(sync, cause, choice, side, known)
    elif way == "default_user":
        sync.setdefault("users", {})[f"default_{side}"] = choice
    elif way == "constant":
        column = _column(cause, rule, side, made, known)
        _fill(sync, choice.strip(), rule, side, column.name if column else "", ids)
    elif rule is not None:
        entry = _entry(sync, rule, ids)
        entry["blanks" if way == "keep_blanks" else "direction"] = (
            "keep" if way == "keep_blanks" else f"to_{side.other}"
        )
    return changed


# A value of a value map.


def _value(cause: Mapping[str, Any], rule: FieldRule | None, side: Side) -> list[Fix]:
    if rule is None or not cause["value"] or (rule.to_salesforce is None and rule.to_spotio is None):
        return []  # a first value map has to say of all values what they mean, not of this one alone
    target, source = rule.column(side), rule.column(side.other)
    if source.kind is Kind.CHOICES or _held(source, cause["value"]) is None:
        return []
    choices = target.choices or {}
    return [Fix("value", source.label, {_written(target, value): label for value, label in choices.items()}, typed=not choices)]  # fmt: skip


def _held(column: Column, told: str) -> str | None:
    """The value that people know so; None when several are called so."""
    choices = column.choices or {}
    if told in choices or not choices:
        return told
    found = [value for value, label in choices.items() if label == told]
    if found:
        return found[0] if len(found) == 1 else None
    return None if column.restricted else told


def _written(column: Column, value: str) -> str:
    """A value as the configuration writes it: SPOTIO's by its name where that is one thing's alone, Salesforce's as it is."""
    if column.kind is not Kind.STAGE:
        return value
    label = (column.choices or {})[value]
    return label if list((column.choices or {}).values()).count(label) == 1 else value


def _map_value(
    sync: Document, cause: Mapping[str, Any], choice: str, rule: FieldRule, side: Side, ids: Ids
) -> None:
    told = _held(rule.column(side.other), cause["value"]) or cause["value"]
    maps = sync.setdefault("value_maps", {})
    name = next((each for each in maps if _means(ids, "spotio", each) == rule.spotio.name), rule.spotio.label)
    pairs = maps.setdefault(name, {})
    kind = "stage" if rule.spotio.kind is Kind.STAGE else f"choice:spotio:{rule.spotio.name}"
    if side is Side.SALESFORCE:
        ours = next((each for each in pairs if _means(ids, kind, each) == told), _written(rule.spotio, told))
        pairs[ours] = choice
        return
    ours = next((each for each in pairs if _means(ids, kind, each) in (choice, _stage(rule, choice))), None)
    if ours is None:
        pairs[choice] = told
    else:  # what this one is in Salesforce stays; only the way back is new
        sync.setdefault("value_maps_back", {}).setdefault(name, {})[told] = ours


def _stage(rule: FieldRule, name: str) -> str | None:
    return next((value for value, label in (rule.spotio.choices or {}).items() if label == name), None)


def _means(ids: Ids, kind: str, name: str) -> str:
    return ids.get(kind, {}).get(name, name)


# People.


def _users(cause: Mapping[str, Any], side: Side, known: Described) -> list[Fix]:
    there = known.spotio_users if side is Side.SPOTIO else known.salesforce_users
    options = {_address(user, side): f"{user.name} ({_address(user, side)})" for user in there.values() if user.active and _address(user, side)}  # fmt: skip
    options = dict(sorted(options.items(), key=lambda option: option[1].casefold()))
    found = [Fix("match_user", cause["value"] or "", options)] if _person(cause, side.other, known) else []
    return [*found, Fix("default_user", cause["value"] or "", options)] if options else []


def _person(cause: Mapping[str, Any], side: Side, known: Described) -> User | None:
    """Whose owner it is, on the side from which it comes: told by id, or by a name that one alone bears."""
    users = known.spotio_users if side is Side.SPOTIO else known.salesforce_users
    if cause["value"] in users:
        return users[cause["value"]]
    named = [user for user in users.values() if user.name == cause["value"]]
    return named[0] if len(named) == 1 and _address(named[0], side) else None


def _address(user: User, side: Side) -> str:
    return user.email if side is Side.SPOTIO else (user.username or user.email)


def _match(sync: Document, cause: Mapping[str, Any], choice: str, side: Side, known: Described) -> None:
    person = _person(cause, side.other, known)
    if person is None:
        raise UsageError("Nobody is called so any more; nothing was kept.")
    ours, theirs = (choice, _address(person, side.other)) if side is Side.SPOTIO else (_address(person, side.other), choice)  # fmt: skip
    pairs = sync.setdefault("users", {}).setdefault("explicit", {})
    if side is Side.SPOTIO and ours in pairs:
        raise UsageError(f"{ours} is matched with {pairs[ours]} already; nothing was kept.")
    pairs[ours] = theirs


# Constants, and how a pair travels.


def _constant(column: Column) -> Fix:
    return Fix("constant", column.label, dict(column.choices or {}), typed=not column.choices)


def _column(
    cause: Mapping[str, Any], rule: FieldRule | None, side: Side, made: Definition, known: Described
) -> Column | None:  # fmt: skip
    """The one column that lacks a value; None when several do."""
    if rule is not None:
        return rule.column(side)
    name = cause["field"]
    if side is Side.SALESFORCE:
        found = {each.name: salesforce_column(each) for each in known.salesforce(made.sobject).values() if each.column_type}  # fmt: skip
    elif made.type_id in known.types:
        found = {name: column for name, (column, _) in spotio_columns(known.types[made.type_id]).items()}
    else:
        found = {}
    column = found.get(name) or next((each for each in found.values() if each.label == name), None)
    return column if column and column.createable else None


def _fill(sync: Document, value: str, rule: FieldRule | None, side: Side, column: str, ids: Ids) -> None:
    """A constant at the pair, where the pair fills that side; else an entry of its own."""
    if rule is not None:
        entry = _entry(sync, rule, ids)
        filled = Side.SPOTIO if entry.get("direction") == "to_spotio" else Side.SALESFORCE
        if filled is side:
            entry["constant"] = value
            return
    other = str(side.other)
    for entry in sync["fields"]:
        if not entry.get(other) and _named(entry.get(str(side)), side, ids) == column:
            entry["constant"] = value
            return
    sync["fields"].append(
        {str(side): f"lead.{column}" if side is Side.SALESFORCE else column, "constant": value}
    )


def _entry(sync: Document, rule: FieldRule, ids: Ids) -> Document:
    """The entry of a mapped pair."""
    for entry in sync["fields"]:
        if all(_named(entry.get(str(side)), side, ids) == rule.column(side).name for side in Side):
            found: Document = entry
            return found
    raise UsageError("The configuration does not map this field any more; nothing was kept.")


def _named(name: str | None, side: Side, ids: Ids) -> str:
    if not name:
        return ""
    bare = name.rpartition(".")[2] if side is Side.SALESFORCE else name
    return _means(ids, str(side), bare)
