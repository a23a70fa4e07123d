"""The objects of the org as data: one TOML file an sObject under `objects/`, read into `SObject` and `Field`.

A field is written once and small, and everything a describe answer says follows from it:

* `flags`, a letter each: c createable, u updateable, n nillable, d defaulted on create, p permissionable,
  l id lookup, r restricted picklist, N name field, x external id, q unique, k calculated;
* `use`, what a query may do with it: f filter, s sort, g group, a aggregate; left out, it follows from the type;
* `to`, `parent`, `children`, `cascade`: what a reference points to, the name of the way up, the name of the way
  down, and whether a delete of the parent takes the record along;
* `"system"` for the fields that every object has alike, `"address"` for a compound address and its parts.

Types, lengths and flags are those that real orgs describe. The schema can change while the sandbox runs, as an
admin changes an org: see `drift`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

TEXT = frozenset({"string", "textarea", "picklist", "multipicklist", "combobox", "phone", "email", "url"})
NUMBERS = frozenset({"int", "double", "currency", "percent"})

_USE = {
    "id": "fsga",
    "boolean": "fsg",
    "int": "fsga",
    "double": "fsa",
    "currency": "fsa",
    "percent": "fsa",
    "date": "fsga",
    "datetime": "fsa",
    "combobox": "fsa",
    "multipicklist": "f",
    "address": "f",
    "anyType": "",
}
_LONG_TEXT = 255
_USER = ("User",)


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    flags: str = ""
    use: str = ""
    part_of: str | None = None
    extra: str | None = None
    to: tuple[str, ...] = ()
    parent: str | None = None
    children: str | None = None
    cascade: bool = False
    values: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    hidden: bool = False
    """Hidden by field-level security: for every caller as if it were not there."""

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def compound(self) -> bool:
        """Shown but not stored: it is put together from its parts."""
        return self.type == "address"

    @property
    def polymorphic(self) -> bool:
        return len(self.to) > 1

    @property
    def required(self) -> bool:
        return (
            "c" in self.flags and "n" not in self.flags and "d" not in self.flags and self.type != "boolean"
        )


@dataclass
class SObject:
    name: str
    label: str
    plural: str
    prefix: str
    abilities: frozenset[str]
    fields: dict[str, Field]
    """By lower-case name, in the order in which describe lists them; hidden ones included."""
    tracked: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    changed_at: datetime | None = None
    """When the schema of this object last changed; None while it is as it was at the start."""

    def field(self, name: str) -> Field | None:
        """The field of that name, in any case, unless it is hidden."""
        found = self.fields.get(name.lower())
        return None if found is None or found.hidden else found

    def has(self, name: str) -> bool:
        return name.lower() in self.fields

    def visible(self) -> list[Field]:
        return [found for found in self.fields.values() if not found.hidden]

    def stored(self) -> list[Field]:
        """The fields that have a column: all but compound ones, hidden ones included."""
        return [found for found in self.fields.values() if not found.compound]


@dataclass
class Schema:
    objects: dict[str, SObject] = field(default_factory=dict)
    """By lower-case name."""

    def sobject(self, name: str) -> SObject | None:
        return self.objects.get(name.lower())

    def of_id(self, id: str) -> SObject | None:
        """The object that ids with this prefix belong to; history and label objects share theirs with others."""
        return next((found for found in self.objects.values() if found.prefix == id[:3]), None)

    def children(self, name: str) -> list[tuple[SObject, Field]]:
        """The reference fields that point to an object, with the objects that have them."""
        return [
            (child, reference)
            for child in self.objects.values()
            for reference in child.fields.values()
            if name in reference.to
        ]

    def copy(self) -> Schema:
        return Schema({key: replace(found, fields=dict(found.fields)) for key, found in self.objects.items()})


def load_schema() -> Schema:
    """The schema of a fresh org; the caller may change it."""
    return _read_schema().copy()


@cache
def _read_schema() -> Schema:
    texts = {
        path.name: tomllib.loads(path.read_text("utf-8"))
        for path in files("sync.sandbox.salesforce").joinpath("objects").iterdir()
        if path.name.endswith(".toml")
    }
    picklists = texts.pop("picklists.toml")
    found = [_read_object(text, picklists) for text in texts.values()]
    return Schema({sobject.name.lower(): sobject for sobject in sorted(found, key=lambda each: each.name)})


def _read_object(text: dict[str, Any], picklists: dict[str, Any]) -> SObject:
    fields: list[Field] = []
    for name, body in text["fields"].items():
        if body == "system":
            fields.append(system_field(name, text.get("id_label", f"{text['label']} ID")))
        elif body == "address":
            fields.extend(address_fields(name.removesuffix("Address"), picklists))
        else:
            fields.append(read_field(name, body, picklists))
    return SObject(
        name=text["name"],
        label=text["label"],
        plural=text["plural"],
        prefix=text["prefix"],
        abilities=frozenset(text["abilities"]),
        fields={each.name.lower(): each for each in fields},
        tracked=tuple(text.get("tracked", ())),
        rows=tuple(text.get("rows", ())),
    )


def read_field(name: str, body: dict[str, Any], picklists: dict[str, Any]) -> Field:
    """A field from its written form; `values` may name a list of `picklists`, or be a list or a table itself."""
    values = body.get("values", ())
    if isinstance(values, str):
        values = picklists[values]
    pairs = values.items() if isinstance(values, dict) else ((value, value) for value in values)
    kind, length = body["type"], body.get("length", 0)
    precision, scale = body.get("digits", (8 if kind == "int" else 0, 0))
    long_text = kind == "textarea" and length > _LONG_TEXT
    return Field(
        name=name,
        type=kind,
        label=body.get("label", name),
        length=18 if kind == "reference" else length,
        precision=precision,
        scale=scale,
        flags=body.get("flags", ""),
        use=body.get("use", "" if long_text else _USE.get(kind, "fsga")),
        part_of=body.get("part_of"),
        extra=body.get("extra"),
        to=tuple(body.get("to", ())),
        parent=body.get("parent"),
        children=body.get("children"),
        cascade=body.get("cascade", False),
        values=tuple(pairs),
        default=body.get("default"),
    )


def system_field(name: str, id_label: str) -> Field:
    """One of the fields that every object has alike."""
    match name:
        case "Id":
            return Field("Id", "id", id_label, 18, flags="dl", use="fsga")
        case "IsDeleted":
            return Field("IsDeleted", "boolean", "Deleted", flags="d", use="fsg")
        case "CreatedById":
            return Field(
                name, "reference", "Created By ID", 18, flags="d", use="fsga", to=_USER, parent="CreatedBy"
            )
        case "LastModifiedById":
            return Field(
                name,
                "reference",
                "Last Modified By ID",
                18,
                flags="d",
                use="fsga",
                to=_USER,
                parent="LastModifiedBy",
            )
        case "CreatedDate":
            return Field(name, "datetime", "Created Date", flags="d", use="fsa")
        case "LastModifiedDate":
            return Field(name, "datetime", "Last Modified Date", flags="d", use="fsa")
        case "SystemModstamp":
            return Field(name, "datetime", "System Modstamp", flags="d", use="fsa")
    raise ValueError(f"{name} is no system field")


def address_fields(prefix: str, picklists: dict[str, Any]) -> list[Field]:
    """A compound address and its parts; `picklists` holds the geocode_accuracies."""
    whole = f"{prefix}Address"

    def part(name: str, kind: str, label: str, **facts: Any) -> Field:
        body = {
            "type": kind,
            "label": f"{prefix} {label}".strip(),
            "flags": "cunp",
            "part_of": whole,
            **facts,
        }
        return read_field(prefix + name, body, picklists)

    return [
        part("Street", "textarea", "Street", length=255),
        part("City", "string", "City", length=40),
        part("State", "string", "State/Province", length=80),
        part("PostalCode", "string", "Zip/Postal Code", length=20),
        part("Country", "string", "Country", length=80),
        part("Latitude", "double", "Latitude", digits=(18, 15)),
        part("Longitude", "double", "Longitude", digits=(18, 15)),
        part(
            "GeocodeAccuracy",
            "picklist",
            "Geocode Accuracy",
            length=40,
            flags="cunpr",
            values="geocode_accuracies",
        ),
        Field(whole, "address", f"{prefix} Address".strip(), flags="np", use="f"),
    ]
