"""What an admin does to an org's schema while others use it: objects and fields come, fields go, change, are hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.schema import Field, SObject, read_field, system_field
from sync.sandbox.salesforce.tables import column_definition, quoted
from sync.sandbox.salesforce.values import stored_value

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

_DEFAULTS: dict[str, dict[str, Any]] = {
    "string": {"length": 255},
    "textarea": {"length": 255},
    "picklist": {"length": 255},
    "multipicklist": {"length": 4099},
    "phone": {"length": 40},
    "email": {"length": 80},
    "url": {"length": 255},
    "currency": {"digits": [18, 2]},
    "double": {"digits": [18, 2]},
    "percent": {"digits": [18, 2]},
    "int": {},
    "boolean": {"flags": "cudp"},
    "date": {},
    "datetime": {},
    "reference": {},
}


TRACKED_MAX = 20
"""Fields of one object whose history is kept (Salesforce Help, "Field History Tracking")."""
_SYSTEM = (
    "Id",
    "IsDeleted",
    "CreatedDate",
    "CreatedById",
    "LastModifiedDate",
    "LastModifiedById",
    "SystemModstamp",
)
_ABILITIES = (  # noqa: SIM905 - words are easier to read than a list
    "createable updateable deletable undeletable queryable replicateable retrieveable searchable triggerable layoutable"
).split()
_OWN_FIELDS: dict[str, dict[str, Any]] = {
    "Name": {"type": "string", "length": 80, "flags": "cunN"},
    "OwnerId": {
        "type": "reference",
        "label": "Owner ID",
        "flags": "cud",
        "to": ["Group", "User"],
        "parent": "Owner",
    },
}


class FieldError(Exception):
    """The schema cannot be changed like that; the message says why."""


def add_object(org: Org, name: str, label: str | None) -> SObject:
    """Add a custom object with a name and an owner; its ids begin as those of custom objects do, a00, a01, ..."""
    if not name.isidentifier() or not name.endswith("__c"):
        raise FieldError("a custom object's name ends in __c")
    if org.schema.sobject(name):
        raise FieldError(f"there is an object {name} already")
    label = label or name.removesuffix("__c").replace("_", " ")
    own = [read_field(key, {"label": f"{label} {key}", **body}, {}) for key, body in _OWN_FIELDS.items()]
    fields = [*(system_field(each, "Record ID") for each in _SYSTEM), *own]
    number = sum(found.name.endswith("__c") for found in org.schema.objects.values())
    sobject = SObject(
        name=name,
        label=label,
        plural=f"{label}s",
        prefix=f"a{number:02}",
        abilities=frozenset(_ABILITIES),
        fields={field.name.lower(): field for field in fields},
        changed_at=org.clock.now(),
    )
    org.tables.create(sobject)
    org.schema.objects[name.lower()] = sobject
    add_picklist_value(org, org.sobject("QueueSobject"), "SobjectType", name, label)
    return sobject


def add_field(org: Org, sobject: SObject, body: dict[str, Any]) -> Field:
    """Add a field, written as in `objects/`; what is left out is as for a new custom field of its type."""
    name, kind = body.get("name"), body.get("type")
    if not isinstance(name, str) or not name.isidentifier():
        raise FieldError("a field has a name")
    if kind not in _DEFAULTS:
        raise FieldError(f"type is one of {', '.join(_DEFAULTS)}")
    if sobject.has(name):
        raise FieldError(f"{sobject.name} has a field {name} already")
    field = _read(name, {"flags": "cunp", **_DEFAULTS[kind], **body})
    install(org, sobject, field)
    return field


def _read(name: str, body: dict[str, Any]) -> Field:
    try:
        field = read_field(name, body, {})
        sizes = (field.length, field.precision, field.scale)
        sound = all(isinstance(size, int) for size in sizes) and isinstance(field.flags, str)
        texts = (*field.to, *(text for pair in field.values for text in pair))
    except (KeyError, TypeError, ValueError) as error:
        raise FieldError(f"the field is not written as those in objects/ are: {error}") from None
    if not sound or not all(isinstance(text, str) for text in texts):
        raise FieldError("the field is not written as those in objects/ are")
    return field


def install(org: Org, sobject: SObject, field: Field) -> None:
    """Give an object a field; records that it has already are without a value in it."""
    if not field.compound:
        definition = column_definition(field)
        org.tables.connection.execute(f"ALTER TABLE {quoted(sobject.name)} ADD COLUMN {definition}")
    sobject.fields[field.name.lower()] = field
    _changed(org, sobject)


def remove_field(org: Org, sobject: SObject, name: str) -> None:
    """Remove a custom field and its values."""
    field = _found(sobject, name)
    if not field.custom:
        raise FieldError("only custom fields can be removed")
    _drop_column(org, sobject, field)
    del sobject.fields[name.lower()]
    _changed(org, sobject)


def retype_field(org: Org, sobject: SObject, name: str, body: dict[str, Any]) -> Field:
    """Give a custom field another type; values that do not fit the new one are lost, as in a real org."""
    before = _found(sobject, name)
    kind = body.get("type")
    if not before.custom or kind not in _DEFAULTS:
        raise FieldError(f"a custom field and a type of {', '.join(_DEFAULTS)} are needed")
    flags = "".join(flag for flag in before.flags if flag in "cunpxq")
    facts = {"flags": flags, "label": before.label, **_DEFAULTS[kind]}
    after = _read(before.name, {**facts, **body})
    kept = [
        (row["Id"], row[before.name]) for row in org.tables.select(sobject) if row[before.name] is not None
    ]
    with org.tables.transaction():
        _drop_column(org, sobject, before)
        definition = column_definition(after)
        org.tables.connection.execute(f"ALTER TABLE {quoted(sobject.name)} ADD COLUMN {definition}")
        sobject.fields[name.lower()] = after
        for id, value in kept:
            converted = _converted(after, value)
            if converted is not None:
                org.tables.update(sobject, id, {after.name: converted})
    _changed(org, sobject)
    return after


def add_picklist_value(org: Org, sobject: SObject, name: str, value: str, label: str | None) -> None:
    field = _found(sobject, name)
    sobject.fields[name.lower()] = replace(field, values=(*field.values, (value, label or value)))
    _changed(org, sobject)


def set_hidden(org: Org, sobject: SObject, name: str, hidden: bool) -> None:
    """Hide a field from every caller by field-level security, or show it again."""
    sobject.fields[name.lower()] = replace(_found(sobject, name), hidden=hidden)
    _changed(org, sobject)


def set_tracked(sobject: SObject, name: str, tracked: bool) -> None:
    """Begin or end the history of a field; raises FieldError beyond what an object may track."""
    others = tuple(each for each in sobject.tracked if each != name)
    if not sobject.tracked:
        raise FieldError(f"{sobject.name} keeps no field history")
    if tracked and len(others) >= TRACKED_MAX:
        raise FieldError(f"{sobject.name} tracks {TRACKED_MAX} fields already")
    sobject.tracked = (*others, name) if tracked else others


def _found(sobject: SObject, name: str) -> Field:
    field = sobject.fields.get(name.lower())
    if field is None:
        raise FieldError(f"{sobject.name} has no field {name}")
    return field


def _drop_column(org: Org, sobject: SObject, field: Field) -> None:
    org.tables.connection.execute(f"DROP INDEX IF EXISTS {quoted(f'{sobject.name}.{field.name}')}")
    org.tables.connection.execute(f"ALTER TABLE {quoted(sobject.name)} DROP COLUMN {quoted(field.name)}")


def _converted(field: Field, value: Any) -> Any:
    text = field.type not in ("int", "double", "currency", "percent", "boolean")
    try:
        return stored_value(field, str(value) if text else value)
    except SalesforceError:
        return None


def _changed(org: Org, sobject: SObject) -> None:
    sobject.changed_at = org.clock.now()
