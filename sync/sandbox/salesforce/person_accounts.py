"""Person accounts, an option of the org that cannot be taken back: an account that is a person, and has a contact.

The person is written through the account alone: its own name fields and those that begin with Person. Salesforce
keeps a contact beside it with the same values, which activities and contact roles refer to.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce import drift
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.schema import address_fields, read_field

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

Row = dict[str, Any]

_NAMES: dict[str, dict[str, Any]] = {
    "LastName": {"type": "string", "length": 80, "label": "Last Name", "flags": "cun", "part_of": "Name"},
    "FirstName": {"type": "string", "length": 40, "label": "First Name", "flags": "cun", "part_of": "Name"},
    "Salutation": {
        "type": "picklist",
        "length": 40,
        "label": "Salutation",
        "flags": "cun",
        "part_of": "Name",
    },
}
_PERSON: dict[str, dict[str, Any]] = {
    "PersonEmail": {"type": "email", "length": 80, "label": "Email", "flags": "cunpl"},
    "PersonMobilePhone": {"type": "phone", "length": 40, "label": "Mobile", "flags": "cunp"},
    "PersonHomePhone": {"type": "phone", "length": 40, "label": "Home Phone", "flags": "cunp"},
    "PersonTitle": {"type": "string", "length": 80, "label": "Title", "flags": "cunp"},
    "PersonBirthdate": {"type": "date", "label": "Birthdate", "flags": "cunp"},
    "PersonLeadSource": {"type": "picklist", "length": 255, "label": "Lead Source", "flags": "cunp"},
}
_DERIVED: dict[str, dict[str, Any]] = {
    "PersonContactId": {"type": "reference", "label": "Contact ID", "flags": "n", "to": ["Contact"]},
    "IsPersonAccount": {"type": "boolean", "label": "Is Person Account", "flags": "d"},
}
_SHARED = ("Phone", "Fax", "OwnerId")
"""Account fields that the contact shows under the same name."""


def enable(org: Org) -> str:
    """Turn person accounts on; returns the id of their record type."""
    if org.setup.person_accounts:
        raise drift.FieldError("person accounts are on already, and cannot be turned off")
    account, contact, lead = (org.sobject(name) for name in ("Account", "Contact", "Lead"))
    salutations = contact.fields["salutation"].values
    accuracies = [value for value, _ in account.fields["billinggeocodeaccuracy"].values]
    for name, body in (_NAMES | _PERSON | _DERIVED).items():
        field = read_field(name, body, {})
        drift.install(org, account, replace(field, values=salutations) if name == "Salutation" else field)
    for field in address_fields("PersonMailing", {"geocode_accuracies": accuracies}):
        drift.install(org, account, field)
    drift.install(org, contact, read_field("IsPersonAccount", _DERIVED["IsPersonAccount"], {}))
    # A lead without a company becomes a person, so it need not have one any more.
    company = lead.fields["company"]
    lead.fields["company"] = replace(company, flags=f"{company.flags}n")
    lead.changed_at = org.clock.now()
    kind = {"Name": "Person Account", "DeveloperName": "PersonAccount", "SobjectType": "Account"}
    org.load("RecordType", [{**kind, "IsActive": True, "IsPersonType": True}])
    org.setup.person_accounts = True
    return record_type(org)


def record_type(org: Org) -> str:
    types = org.tables.select(org.sobject("RecordType"), '"IsPersonType" = 1')
    return str(next(types)["Id"])


def complete(org: Org, row: Row, before: Row | None, given: Set[str]) -> None:
    """Tell a person from a business, and derive a person's full name; raises SalesforceError where they mix."""
    if not org.setup.person_accounts:
        return
    kind = record_type(org)
    if before is not None:
        person = bool(before["IsPersonAccount"])
    else:
        person = row.get("RecordTypeId") == kind or (bool(row.get("LastName")) and "Name" not in given)
    if not person:
        _refuse(name for name in given if name in _NAMES.keys() | _PERSON.keys() and row[name] is not None)
        return
    _refuse(name for name in given if name == "Name")
    if not row.get("LastName"):
        message = "Required fields are missing: [LastName]"
        raise SalesforceError("REQUIRED_FIELD_MISSING", message, ["LastName"])
    row["IsPersonAccount"], row["RecordTypeId"] = 1, row.get("RecordTypeId") or kind
    row["Name"] = " ".join(name for name in (row.get("FirstName"), row["LastName"]) if name)


def _refuse(names: Any) -> None:
    wrong = sorted(names)
    if wrong:
        message = f"Account: bad field names on insert/update call: {', '.join(wrong)}"
        raise SalesforceError("INVALID_FIELD_FOR_INSERT_UPDATE", message, wrong)


def follow(org: Org, row: Row, before: Row | None) -> None:
    """Create a person's contact with the account, and keep it like the account."""
    if not row.get("IsPersonAccount"):
        return
    contact = org.sobject("Contact")
    values = {name: row[name] for name in (*_NAMES, *_SHARED)}
    for name, value in row.items():
        bare = name.removeprefix("Person")
        if name != bare and contact.has(bare):
            values[bare] = value
    stamps = {name: row[name] for name in ("LastModifiedDate", "LastModifiedById", "SystemModstamp")}
    if before is None:
        row["PersonContactId"] = org.new_id("Contact")
        made = {name: row[name] for name in ("CreatedDate", "CreatedById")}
        own = {"Id": row["PersonContactId"], "AccountId": row["Id"], "IsPersonAccount": 1}
        org.load("Contact", [{**values, **stamps, **made, **own}])
        org.tables.update(org.sobject("Account"), row["Id"], {"PersonContactId": row["PersonContactId"]})
    else:
        changes = {**values, **stamps, "Name": row["Name"]}
        org.tables.update(contact, row["PersonContactId"], changes)


def not_by_its_contact() -> SalesforceError:
    """A person is changed and deleted through the account; Salesforce's own text for this is not documented."""
    message = "The contact of a person account is changed and deleted through its account"
    return SalesforceError("FIELD_INTEGRITY_EXCEPTION", message, ["AccountId"])
