"""What one sync can speak of: the fields, stages, choices and people of its two sides, found by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from data.nearest import plain
from data.schema import Field
from data.syncs.described import Described, RecordType, User
from data.syncs.holdings import holds_value
from sync.engine.definition import SYSTEM_NAMES, Column, Kind, Side
from sync.syncs.columns import path_column, salesforce_column, spotio_columns
from sync.syncs.names import Names, UnresolvedError

_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


class Vocabulary:
    """The words of one sync. What is not found raises UnresolvedError with a sentence."""

    def __init__(self, described: Described, record_type: RecordType, sobject: str, names: Names) -> None:
        self._described, self._sobject, self.names = described, sobject, names
        self.record_type = record_type
        self._spotio = spotio_columns(record_type)
        self._salesforce = described.salesforce(sobject)

    def field(self, sobject_field: str) -> Field | None:
        """A field of Salesforce as it is described."""
        return self._salesforce.get(sobject_field)

    def spotio(self, name: str) -> Column:
        """A field of the record type by name, system role or id."""
        known = {key: names for key, (_, names) in self._spotio.items()}
        return self._spotio[
            self.names.id("spotio", name, known, f"field of {self.record_type.name} in SPOTIO")
        ][0]

    def salesforce(self, name: str, role: str = "lead") -> Column:
        """A field of the Salesforce object by API name or label, with or without the role before it."""
        before, dot, after = name.partition(".")
        bare = after if dot and before.lower() == role else name
        known = {key: (key, field.label) for key, field in self._salesforce.items()}
        found = self._salesforce[
            self.names.id("salesforce", bare, known, f"field of {self._sobject} in Salesforce")
        ]
        if found.column_type is None:
            parts = [
                part.name for part in self._salesforce.values() if part.detail.get("compound") == found.name
            ]
            instead = f"map its parts instead: {', '.join(parts)}." if parts else "it cannot be mapped."
            raise UnresolvedError(f"{found.label} ({found.name}) is no single value; {instead}")
        return salesforce_column(found)

    def salesforce_or_path(self, name: str) -> Column:
        """A field of the object, or one of what the object refers to, as Owner.Name."""
        before, dot, after = name.partition(".")
        if not dot or before.lower() == self._sobject.lower():
            return self.salesforce(after if dot else name, self._sobject.lower())
        references = {
            relationship: field
            for field in self._salesforce.values()
            if (relationship := relationship_name(field)) is not None
        }
        key = self.names.id(
            "relationship", before, {each: (each,) for each in references}, f"reference of {self._sobject}"
        )
        targets = [str(each) for each in references[key].detail["referenceTo"]]
        fields: dict[str, Field] = {}
        for target in targets:
            fields = {**self._described.salesforce(target), **fields}
        if not fields:
            raise UnresolvedError(
                f"{name} is a field of {' or '.join(targets)}, which is not mirrored; "
                "add it to FIELDLINE_SALESFORCE__OBJECTS and pull."
            )
        known = {each: (each, field.label) for each, field in fields.items()}
        end = self.names.id(f"path:{key}", after, known, f"field of {' or '.join(targets)} in Salesforce")
        label = f"{references[key].label.removesuffix(' ID')} {fields[end].label}"
        return path_column(f"{key}.{end}", label, fields[end])

    def stage(self, name: str) -> str:
        """The id of a stage of the record type."""
        known = {id: (stage,) for id, stage in self.record_type.stages.items()}
        return self.names.id("stage", name, known, f"stage of {self.record_type.name}")

    def spotio_user(self, name: str) -> User:
        """A user of SPOTIO by e-mail, name or id."""
        return self._user(Side.SPOTIO, self._described.spotio_users, name)

    def salesforce_user(self, name: str) -> User:
        """A user of Salesforce by e-mail, username, name or id."""
        return self._user(Side.SALESFORCE, self._described.salesforce_users, name)

    def user_names(self) -> dict[str, str]:
        """Id of either system -> name."""
        users = {**self._described.salesforce_users, **self._described.spotio_users}
        return {id: user.name for id, user in users.items()}

    def value(self, side: Side, column: Column, text: str) -> str:
        """What a person wrote as a value of a column, in the form in which the system holds it."""
        match column.kind:
            case Kind.STAGE:
                return self.stage(text)
            case Kind.USER:
                return self._owner(side, text)
            case Kind.CHOICE | Kind.CHOICES:
                return self._choice(side, column, text)
            case Kind.BOOLEAN:
                return _boolean(column, text)
            case Kind.NUMBER:
                return _number(column, text)
            case Kind.DATE | Kind.DATETIME:
                return _moment(column, text)
            case _:
                return text

    def _owner(self, side: Side, text: str) -> str:
        if side is Side.SPOTIO:
            return self.spotio_user(text).id
        if _ID.fullmatch(text) and text.startswith("00G"):
            return text  # a queue, which owns records and is no user
        return self.salesforce_user(text).id

    def _choice(self, side: Side, column: Column, text: str) -> str:
        choices = column.choices or {}
        kind = f"choice:{side}:{column.name}"
        known = {value: (value, label) for value, label in choices.items()}
        if (
            not column.restricted
            and text not in choices
            and holds_value(self._described.store, side, self._table(side), column.name, text)
        ):
            # An open list: records hold what the list does not offer, or offers no longer.
            self.names.keep(kind, text, text)
            return text
        return self.names.id(kind, text, known, f"choice of {column.label} in {SYSTEM_NAMES[side]}")

    def _table(self, side: Side) -> str:
        return self.record_type.id if side is Side.SPOTIO else self._sobject

    def _user(self, side: Side, users: Mapping[str, User], name: str) -> User:
        if not users:
            system = SYSTEM_NAMES[side]
            raise UnresolvedError(
                f"“{name}” cannot be looked up: no user of {system} is mirrored. Run `fieldline pull`."
            )
        wanted = plain(name)
        same = [user for user in users.values() if name.lower() in (user.email, user.username) and name]
        same = same or [user for user in users.values() if plain(user.name) == wanted]
        active = [user for user in same if user.active]
        among = (active if len(active) == 1 else same) or list(users.values())
        held = users.get(self.names.remembered(f"{side}_user", name) or "")
        known = {
            user.id: (user.email, user.name, user.username, user.id[:15])
            for user in [*among, *([held] if held else [])]
        }
        return users[self.names.id(f"{side}_user", name, known, f"user of {SYSTEM_NAMES[side]}")]


def relationship_name(field: Field) -> str | None:
    """How a path names a reference: Owner of OwnerId, Region__r of Region__c."""
    if field.source_type != "reference" or not field.detail.get("referenceTo"):
        return None
    if field.name.endswith("__c"):
        return f"{field.name.removesuffix('c')}r"
    return field.name.removesuffix("Id") if field.name.endswith("Id") else None


def gone(side: Side, name: str, names: Names) -> Column:
    """A stand-in for a column that is not described any more; the mirror keeps what it last held."""
    bare = name.rpartition(".")[2] if side is Side.SALESFORCE else name
    id = names.remembered(str(side), bare) or bare
    names.keep(str(side), bare, id)
    return replace(Column(id, name, Kind.TEXT), createable=False, updateable=False)


def _boolean(column: Column, text: str) -> str:
    if text.lower() in _TRUE:
        return "true"
    if text.lower() in _FALSE:
        return "false"
    raise UnresolvedError(f"{column.label} is true or false, not “{text}”.")


def _number(column: Column, text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise UnresolvedError(f"{column.label} is a number, and “{text}” is none.") from error
    if not number.is_finite():
        raise UnresolvedError(f"{column.label} is a number, and “{text}” is none.")
    return format(number.normalize(), "f")


def _moment(column: Column, text: str) -> str:
    try:
        if column.kind is Kind.DATE or len(text) == 10:
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        example = "2026-11-30" if column.kind is Kind.DATE else "2026-11-30 or 2026-11-30T10:00:00Z"
        raise UnresolvedError(
            f"{column.label} is a date, and “{text}” is none; write it as {example}."
        ) from error
    if moment.tzinfo is None:
        raise UnresolvedError(
            f"“{text}” of {column.label} names no time zone; write it as 2026-11-30T10:00:00Z."
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
