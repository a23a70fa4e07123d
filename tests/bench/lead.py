"""The object that is measured: a Lead of 25 fields, as Salesforce describes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Name, Salesforce's type, further members of the describe answer.
FIELDS: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("Id", "id", {"length": 18}),
    ("IsDeleted", "boolean", {}),
    ("FirstName", "string", {"length": 40}),
    ("LastName", "string", {"length": 80}),
    ("Company", "string", {"length": 255}),
    ("Title", "string", {"length": 128}),
    ("Street", "textarea", {"length": 255}),
    ("City", "string", {"length": 40}),
    ("State", "string", {"length": 80}),
    ("PostalCode", "string", {"length": 20}),
    ("Phone", "phone", {"length": 40}),
    ("Email", "email", {"length": 80}),
    ("LeadSource", "picklist", {"choices": ("Web", "Phone Inquiry", "Partner Referral", "Purchased List")}),
    (
        "Status",
        "picklist",
        {"choices": ("Open - Not Contacted", "Working - Contacted", "Closed - Converted")},
    ),
    ("Industry", "picklist", {"choices": ("Agriculture", "Construction", "Energy", "Utilities")}),
    ("AnnualRevenue", "currency", {"precision": 18, "scale": 0}),
    ("NumberOfEmployees", "int", {"digits": 8}),
    ("Latitude", "double", {"precision": 18, "scale": 15}),
    ("Longitude", "double", {"precision": 18, "scale": 15}),
    ("OwnerId", "reference", {"length": 18, "referenceTo": ["Group", "User"]}),
    ("HasOptedOutOfEmail", "boolean", {}),
    ("Description", "textarea", {"length": 32000}),
    ("CreatedDate", "datetime", {}),
    ("LastModifiedDate", "datetime", {}),
    ("SystemModstamp", "datetime", {}),
)
COLUMNS = tuple(name for name, _, _ in FIELDS)
STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
SELECT = f"SELECT {', '.join(COLUMNS)} FROM Lead"


def describe() -> dict[str, Any]:
    """The describe answer of Lead."""
    return {"name": "Lead", "label": "Lead", "queryable": True, "fields": [_described(*f) for f in FIELDS]}


def _described(name: str, kind: str, more: dict[str, Any]) -> dict[str, Any]:
    choices = more.get("choices", ())
    return {
        "name": name,
        "label": name,
        "type": kind,
        "createable": name not in {"Id", "IsDeleted", *STAMPS},
        "updateable": name not in {"Id", "IsDeleted", *STAMPS},
        "filterable": kind != "textarea",
        "nillable": name not in {"Id", "LastName", "Company", "Status"},
        "picklistValues": [{"value": c, "label": c, "active": True, "defaultValue": False} for c in choices],
        **{member: value for member, value in more.items() if member != "choices"},
    }
