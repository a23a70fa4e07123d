"""Lead conversion: a lead becomes an account, a contact and, unless that is not wanted, an opportunity.

Standard fields are carried over as the platform maps them, custom ones as the admin mapped them. Records that are
there already keep what they hold: only their blanks are filled (SOAP API guide, "convertLead()").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.saves import check_access
from sync.sandbox.salesforce.values import wire_instant

if TYPE_CHECKING:
    from sync.sandbox.salesforce.org import Org

Row = dict[str, Any]

_ADDRESS = ("Street", "City", "State", "PostalCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy")
_ACCOUNT = {
    "Company": "Name",
    **{name: f"Billing{name}" for name in _ADDRESS},
    **{
        name: name
        for name in ("Phone", "Fax", "Website", "Industry", "AnnualRevenue", "NumberOfEmployees", "Rating")
    },
}
_PERSON = {
    **{name: name for name in ("FirstName", "LastName", "Salutation", "Phone", "Fax", "Website", "Industry")},
    **{name: f"PersonMailing{name}" for name in _ADDRESS},
    "Email": "PersonEmail",
    "MobilePhone": "PersonMobilePhone",
    "Title": "PersonTitle",
    "LeadSource": "PersonLeadSource",
}
_CONTACT = {
    **{name: f"Mailing{name}" for name in _ADDRESS},
    **{
        name: name
        for name in (
            "FirstName",
            "LastName",
            "Salutation",
            "Title",
            "Phone",
            "MobilePhone",
            "Fax",
            "Email",
            "LeadSource",
            "Description",
        )
    },
}
_OPPORTUNITY = {"LeadSource": "LeadSource"}
_QUARTER_MONTHS = 3


@dataclass(frozen=True)
class LeadConvert:
    """One conversion as SOAP orders it; ids are full ones."""

    lead_id: str
    converted_status: str
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_name: str | None = None
    owner_id: str | None = None
    create_opportunity: bool = True
    overwrite_lead_source: bool = False


@dataclass(frozen=True)
class Converted:
    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert(org: Org, order: LeadConvert, user_id: str, options: SaveOptions) -> Converted:
    """Convert a lead as `user_id`, all of it or nothing; raises SalesforceError."""
    leads = org.sobject("Lead")
    check_access(org, leads, user_id, "updateable")
    lead = org.live(leads, order.lead_id)
    if lead["IsConverted"]:
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
    _check_status(org, order.converted_status)
    owner = order.owner_id or lead["OwnerId"]
    if not str(owner).startswith(org.sobject("User").prefix):
        message = (
            "Converted objects can only be owned by users. If the lead is not owned by a user, "
            "you must specify a user for the Owner field."
        )
        raise SalesforceError("INVALID_ID_FIELD", message, ["OwnerId"])
    with org.tables.transaction():
        made = _Conversion(org, order, lead, str(owner), user_id, options).records()
        _close(org, order, lead, made, user_id)
        _hand_over(org, lead["Id"], made)
    return made


def _check_status(org: Org, status: str) -> None:
    where = '"MasterLabel" = ? AND "IsConverted" = 1'
    if not any(org.tables.select(org.sobject("LeadStatus"), where, (status,))):
        message = f"invalid convertedStatus: {status}"
        raise SalesforceError("INVALID_STATUS", message, ["Status"])


class _Conversion:
    """The records that one lead becomes."""

    def __init__(
        self, org: Org, order: LeadConvert, lead: Row, owner: str, user_id: str, options: SaveOptions
    ) -> None:
        self._org, self._order, self._lead = org, order, lead
        self._owner, self._user_id, self._options = owner, user_id, options

    def records(self) -> Converted:
        account = self._account()
        row = self._org.tables.get(self._org.sobject("Account"), account) or {}
        contact = str(row["PersonContactId"]) if row.get("IsPersonAccount") else self._contact(account)
        opportunity = self._opportunity(account, contact) if self._order.create_opportunity else None
        return Converted(account, contact, opportunity)

    def _account(self) -> str:
        known = self._order.account_id
        person = not self._lead["Company"] and self._org.setup.person_accounts
        if known is None:
            values = self._mapped("Account", _PERSON if person else _ACCOUNT)
            return self._insert("Account", values)
        row = self._existing("Account", known)
        self._fill("Account", row, _PERSON if row.get("IsPersonAccount") else _ACCOUNT)
        return known

    def _contact(self, account: str) -> str:
        known = self._order.contact_id
        if known is None:
            return self._insert("Contact", {**self._mapped("Contact", _CONTACT), "AccountId": account})
        row = self._existing("Contact", known)
        if self._order.account_id is None or row["AccountId"] != account:
            message = "The contact must be associated with the account"
            raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", message, ["ContactId"])
        self._fill("Contact", row, _CONTACT)
        return known

    def _opportunity(self, account: str, contact: str) -> str:
        stages = sorted(self._org.stages().values(), key=lambda stage: stage["SortOrder"])
        first = next(stage for stage in stages if not stage["IsClosed"])
        name = self._order.opportunity_name or self._lead["Company"] or self._lead["Name"]
        fields = {
            "Name": name,
            "StageName": first["MasterLabel"],
            "CloseDate": _end_of_quarter(self._org.clock.now().date()).isoformat(),
            "AccountId": account,
            "ContactId": contact,
        }
        return self._insert("Opportunity", {**self._mapped("Opportunity", _OPPORTUNITY), **fields})

    def _insert(self, sobject: str, values: Row) -> str:
        return self._org.insert(sobject, {**values, "OwnerId": self._owner}, self._user_id, self._options)

    def _existing(self, sobject: str, id: str) -> Row:
        target = self._org.sobject(sobject)
        if not id.startswith(target.prefix):
            raise SalesforceError("MALFORMED_ID", f"malformed id {id}", [f"{sobject}Id"])
        try:
            return self._org.live(target, id)
        except SalesforceError as error:
            raise SalesforceError(error.code, error.message, [f"{sobject}Id"]) from None

    def _mapped(self, sobject: str, standard: dict[str, str]) -> Row:
        custom = {own: to for own, target, to in self._org.setup.lead_mapping if target == sobject}
        pairs = {**standard, **custom}
        return {to: _wire(self._lead[own]) for own, to in pairs.items() if self._lead[own] is not None}

    def _fill(self, sobject: str, row: Row, standard: dict[str, str]) -> None:
        blanks = {name: value for name, value in self._mapped(sobject, standard).items() if row[name] is None}
        if sobject == "Contact" and self._order.overwrite_lead_source and self._lead["LeadSource"]:
            blanks["LeadSource"] = self._lead["LeadSource"]
        if blanks:
            self._org.update(sobject, row["Id"], blanks, self._user_id, self._options)


def _wire(value: Any) -> Any:
    """A stored number of a currency without cents must not arrive with more digits than its field has."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _close(org: Org, order: LeadConvert, lead: Row, made: Converted, user_id: str) -> None:
    """The lead becomes what nobody can write any more, and its history says so."""
    at = wire_instant(org.clock.now())
    changes = {
        "Status": order.converted_status,
        "IsConverted": 1,
        "ConvertedDate": at[:10],
        "ConvertedAccountId": made.account_id,
        "ConvertedContactId": made.contact_id,
        "ConvertedOpportunityId": made.opportunity_id,
        "IsUnreadByOwner": 0,
        "LastModifiedDate": at,
        "LastModifiedById": user_id,
        "SystemModstamp": at,
    }
    org.tables.update(org.sobject("Lead"), lead["Id"], changes)
    entry = {"LeadId": lead["Id"], "Field": "leadConverted", "CreatedById": user_id, "CreatedDate": at}
    org.load("LeadHistory", [entry])


def _hand_over(org: Org, lead_id: str, made: Converted) -> None:
    """The lead's activities are the contact's from now on, about the opportunity or else the account."""
    for name in ("Task", "Event"):
        target = org.sobject(name)
        for row in org.tables.select(target, '"WhoId" = ? AND "IsDeleted" = 0', (lead_id,)):
            about = {"WhatId": made.opportunity_id or made.account_id, "AccountId": made.account_id}
            org.system_update(row["Id"], {"WhoId": made.contact_id, **about})


def _end_of_quarter(day: date) -> date:
    months = day.year * 12 + (day.month - 1) // _QUARTER_MONTHS * _QUARTER_MONTHS + _QUARTER_MONTHS
    year, month = divmod(months, 12)
    return date.fromordinal(date(year, month + 1, 1).toordinal() - 1)
