"""From a described field to the column that the engine knows: its kind, and what its system takes there."""

from __future__ import annotations

from collections.abc import Mapping

from data.schema import Field
from data.syncs.described import RecordType, SpotioField
from sync.engine.definition import Column, Kind

_SALESFORCE_KINDS: Mapping[str, Kind] = {
    "boolean": Kind.BOOLEAN,
    "picklist": Kind.CHOICE,
    "combobox": Kind.CHOICE,
    "multipicklist": Kind.CHOICES,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "int": Kind.NUMBER,
    "long": Kind.NUMBER,
    "double": Kind.NUMBER,
    "currency": Kind.NUMBER,
    "percent": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
}
_SPOTIO_KINDS: Mapping[str, Kind] = {
    "address": Kind.ADDRESS,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "singlechoice": Kind.CHOICE,
    "multichoice": Kind.CHOICES,
    "number": Kind.NUMBER,
    "currency": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
}
_WORDS = (Kind.TEXT, Kind.ADDRESS, Kind.EMAIL, Kind.PHONE)
# Files are not values, and SPOTIO's own switch says nothing of a record.
NOT_VALUES = ("attachment",)

# What every SPOTIO record has beside the fields of its type: (name, label, kind, whether it may be written, other names).
# Where a record stands belongs to SPOTIO (F-08), and the rest is told by what was done with it.
_BUILT_IN: tuple[tuple[str, str, Kind, bool, tuple[str, ...]], ...] = (
    ("owner", "Owner", Kind.USER, True, ("ownerId",)),
    ("zip", "Zip", Kind.TEXT, False, ("Postal code", "Zip code")),
    ("lat", "Latitude", Kind.NUMBER, False, ()),
    ("lng", "Longitude", Kind.NUMBER, False, ()),
    ("source", "Source", Kind.TEXT, False, ()),
    ("territory", "Territory", Kind.TEXT, False, ("territoryId",)),
    ("externalDataObjectId", "External id", Kind.TEXT, False, ()),
    ("createdAt", "Created at", Kind.DATETIME, False, ("Created",)),
    ("updatedAt", "Updated at", Kind.DATETIME, False, ("Updated",)),
)


def salesforce_column(field: Field) -> Column:
    """A field of Salesforce, from its describe."""
    detail = field.detail
    kind = _SALESFORCE_KINDS.get(field.source_type, Kind.TEXT)
    if "User" in detail.get("referenceTo", ()):
        kind = Kind.USER
    # The one part of a compound address in which the house stands: Street, MailingStreet, BillingStreet.
    if field.name.endswith("Street") and str(detail.get("compound", "")).endswith("Address"):
        kind = Kind.ADDRESS
    createable = bool(detail.get("createable"))
    nillable = bool(detail.get("nillable"))
    required = (
        createable and not nillable and not detail.get("defaultedOnCreate") and kind is not Kind.BOOLEAN
    )
    # A describe leaves a scale of 0 out; whole numbers say their digits, others all digits and those after the point.
    scale = int(detail.get("scale", 0))
    digits = detail.get("digits") or (detail["precision"] - scale if detail.get("precision") else None)
    return Column(
        name=field.name,
        label=field.label or field.name,
        kind=kind,
        createable=createable,
        updateable=bool(detail.get("updateable")),
        required=required,
        length=detail.get("length") if kind in _WORDS else None,
        choices=detail.get("choices") if kind in (Kind.CHOICE, Kind.CHOICES) else None,
        restricted=bool(detail.get("restrictedPicklist")),
        digits=digits if kind is Kind.NUMBER else None,
        scale=scale if kind is Kind.NUMBER else None,
        nillable=nillable,
        computed=bool(detail.get("calculated")),
    )


def path_column(path: str, label: str, field: Field) -> Column:
    """A field of what a record refers to, such as Owner.Name: read, never written."""
    column = salesforce_column(field)
    return Column(
        path, label, column.kind, createable=False, updateable=False, choices=column.choices, nillable=True
    )


def spotio_columns(record_type: RecordType) -> dict[str, tuple[Column, tuple[str, ...]]]:
    """Everything that a record of the type has, by the engine's name for it, with all names that people may write."""
    stage = Column("stage", "Stage", Kind.STAGE, choices=record_type.stages, restricted=True, nillable=False)
    found: dict[str, tuple[Column, tuple[str, ...]]] = {"stage": (stage, ("Stage", "stageId"))}
    for field in record_type.fields.values():
        if field.type not in NOT_VALUES:
            column = _spotio_column(field)
            found[column.name] = (column, (field.name, *((field.role,) if field.role else ())))
    for name, label, kind, writeable, others in _BUILT_IN:
        column = Column(name, label, kind, createable=writeable, updateable=writeable, nillable=not writeable)
        found[name] = (column, (label, *others))
    return found


def _spotio_column(field: SpotioField) -> Column:
    kind = _SPOTIO_KINDS.get(field.type.lower(), Kind.TEXT)
    of_choices = kind in (Kind.CHOICE, Kind.CHOICES)
    return Column(
        # The one field of type address is the address of the record's pin.
        name="address" if field.type == "address" else field.id,
        label=field.name,
        kind=kind,
        createable=not field.readonly,
        updateable=not field.readonly,
        choices={option: option for option in field.options} if of_choices else None,
        restricted=of_choices,
    )


# What a value of one kind can become in a field of another, beside its own kind and text.
_BECOMES: Mapping[Kind, tuple[Kind, ...]] = {
    Kind.TEXT: (Kind.ADDRESS, Kind.EMAIL, Kind.PHONE, Kind.CHOICE, Kind.CHOICES),
    Kind.ADDRESS: (),
    Kind.EMAIL: (),
    Kind.PHONE: (),
    Kind.CHOICE: (Kind.CHOICES, Kind.STAGE, Kind.BOOLEAN),
    Kind.CHOICES: (),
    Kind.STAGE: (Kind.CHOICE, Kind.BOOLEAN),
    Kind.BOOLEAN: (Kind.CHOICE, Kind.STAGE),
}
# Of these a value map says what each value means on the other side.
NEED_A_MAP = (
    (Kind.STAGE, Kind.CHOICE), (Kind.STAGE, Kind.BOOLEAN), (Kind.STAGE, Kind.TEXT), (Kind.BOOLEAN, Kind.CHOICE),
)  # fmt: skip
CAN_BE_MAPPED = (Kind.STAGE, Kind.CHOICE, Kind.CHOICES, Kind.BOOLEAN, Kind.TEXT)


def becomes(one: Kind, other: Kind) -> bool:
    """Whether a value of one kind can be written to a field of the other."""
    if one is other:
        return True
    if Kind.USER in (one, other):
        return False
    return other is Kind.TEXT or other in _BECOMES.get(one, ())


def needs_map(one: Kind, other: Kind) -> bool:
    """Whether values of the two kinds mean nothing to each other without a value map."""
    return (one, other) in NEED_A_MAP or (other, one) in NEED_A_MAP
