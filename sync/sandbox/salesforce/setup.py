"""What an admin has set up in the org beside its fields: rules that run on a save, and who may see or do what.

Conditions of rules are written in SOQL, as they would stand behind WHERE. A fresh org has no rules, and in it
everybody may do everything but delete for good in bulk, which Salesforce grants nobody by default.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from sync.sandbox.salesforce.schema import Schema, SObject

BULK_HARD_DELETE = "BulkApiHardDelete"
PERMISSIONS = (BULK_HARD_DELETE,)

Case = Literal["upper", "lower", "title", "phone"]


@dataclass(frozen=True)
class ValidationRule:
    """Refuses a record that meets `condition` with the admin's own message."""

    name: str
    sobject: str
    condition: str
    message: str
    field: str | None = None
    """Where the message is shown; None for the top of the page."""


@dataclass(frozen=True)
class DuplicateRule:
    """Finds records of `against` that have the same values: `fields` pairs own names with theirs."""

    name: str
    sobject: str
    against: str
    fields: tuple[tuple[str, str], ...]
    blocks: bool
    """Whether it blocks a duplicate, or only alerts, which a caller may override."""
    message: str = "Use one of these records?"


@dataclass(frozen=True)
class AssignmentEntry:
    condition: str | None
    """None meets every record."""
    owner_id: str


@dataclass(frozen=True)
class AssignmentRule:
    """Gives a record the owner of the first entry that it meets; one rule an object is active."""

    id: str
    sobject: str
    entries: tuple[AssignmentEntry, ...]


@dataclass(frozen=True)
class FieldUpdate:
    """Rewrites a field of each record that meets `condition` while it is saved, as a flow before save does."""

    name: str
    sobject: str
    condition: str | None
    field: str
    case: Case | None = None
    """How the field's own text is rewritten; None sets `value`."""
    value: str | None = None


@dataclass(frozen=True)
class Access:
    """What one user is denied. Objects and fields by their lower-case names."""

    hidden: frozenset[tuple[str, str]] = frozenset()
    """(object, field) that the user cannot read."""
    read_only: frozenset[tuple[str, str]] = frozenset()
    """(object, field) that the user can read but not write."""
    records: frozenset[str] = frozenset()
    """Ids of records that the user can read but neither change nor refer to, as sharing leaves them."""
    denied: frozenset[tuple[str, str]] = frozenset()
    """(object, ability) such as createable; without queryable the object is as if it were not there."""

    def view(self, schema: Schema) -> Schema:
        """The schema as this user sees it."""
        touched = {name for name, _ in (*self.hidden, *self.read_only, *self.denied)}
        objects = {
            name: self._seen(name, sobject) if name in touched else sobject
            for name, sobject in schema.objects.items()
            if (name, "queryable") not in self.denied
        }
        return Schema(objects)

    def _seen(self, name: str, sobject: SObject) -> SObject:
        fields = dict(sobject.fields)
        for key, each in sobject.fields.items():
            if (name, key) in self.hidden:
                fields[key] = replace(each, hidden=True)
            elif (name, key) in self.read_only:
                fields[key] = replace(each, flags=each.flags.replace("c", "").replace("u", ""))
        denied = {ability for denied_name, ability in self.denied if denied_name == name}
        return replace(sobject, fields=fields, abilities=sobject.abilities - denied)


@dataclass
class Setup:
    validation_rules: list[ValidationRule] = field(default_factory=list)
    duplicate_rules: list[DuplicateRule] = field(default_factory=list)
    assignment_rules: list[AssignmentRule] = field(default_factory=list)
    field_updates: list[FieldUpdate] = field(default_factory=list)
    picklists: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """The values that a record type allows, by its id and the field's name."""
    lead_mapping: list[tuple[str, str, str]] = field(default_factory=list)
    """Custom fields that a conversion carries over: lead's field, target object, its field."""
    access: dict[str, Access] = field(default_factory=dict)
    """By user id."""
    granted: set[tuple[str, str]] = field(default_factory=set)
    """(user id, permission) beyond what everybody may do."""
    person_accounts: bool = False

    def copy(self) -> Setup:
        return Setup(
            list(self.validation_rules),
            list(self.duplicate_rules),
            list(self.assignment_rules),
            list(self.field_updates),
            dict(self.picklists),
            list(self.lead_mapping),
            dict(self.access),
            set(self.granted),
            self.person_accounts,
        )
