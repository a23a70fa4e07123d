"""Rows of the objects, with one order of columns for each, and the stamps of those who wrote them."""

from __future__ import annotations

from typing import Any

from sync.sandbox.world.company import Instant, Person
from sync.sandbox.world.crm.variants import Party
from sync.sandbox.world.instants import date_text, salesforce_text

Row = dict[str, Any]


def stamps(created: Instant, by: str, modified: Instant, modified_by: str, system: Instant) -> Row:
    """The five columns that the server sets; `system` is the last change of any kind."""
    return {
        "CreatedDate": salesforce_text(created),
        "CreatedById": by,
        "LastModifiedDate": salesforce_text(modified),
        "LastModifiedById": modified_by,
        "SystemModstamp": salesforce_text(system),
    }


def user_row(person: Person, manager: Person | None, mail: str, active: bool, now: Instant) -> Row:
    joined = person.joined
    changed = person.left or joined
    author = person.salesforce_id or ""
    return {
        "Id": person.salesforce_id,
        "Username": f"{person.first}.{person.last}@brightwater.example.net".lower(),
        "FirstName": person.first,
        "LastName": person.last,
        "Email": mail,
        "Title": TITLES[person.job],
        "Phone": person.phone,
        "Alias": f"{person.first[:1]}{person.last[:7]}".lower(),
        "CommunityNickname": f"{person.first}.{person.last}".lower(),
        "IsActive": active,
        "TimeZoneSidKey": "America/Denver",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "UserType": "Standard",
        "ManagerId": manager.salesforce_id if manager else None,
        "LastLoginDate": salesforce_text(person.left or now - joined % 400_000_000),
        **stamps(joined, author, changed, author, changed),
    }


TITLES = {
    "admin": "Systems Administrator",
    "vp": "VP of Sales",
    "regional": "Regional Manager",
    "lead": "Team Lead",
    "setter": "Field Representative",
    "closer": "Energy Consultant",
    "inside": "Inside Sales",
    "office": "Office",
}


def lead_row(id: str, party: Party, owner: str, status: str, source: str, written: Row) -> Row:
    return {
        "Id": id,
        "IsDeleted": False,
        "MasterRecordId": None,
        "LastName": party.last,
        "FirstName": party.first,
        "RecordType.DeveloperName": "Commercial" if party.business else "Residential",
        "Company": party.company,
        "Street": party.street,
        "City": party.city,
        "State": party.state,
        "PostalCode": party.zip,
        "Country": party.country,
        "Phone": party.phone,
        "MobilePhone": party.mobile,
        "Email": party.mail,
        "Industry": party.industry,
        "LeadSource": source,
        "Status": status,
        "OwnerId": owner,
        "IsConverted": False,
        "ConvertedDate": None,
        "ConvertedAccountId": None,
        "ConvertedContactId": None,
        "ConvertedOpportunityId": None,
        "LastActivityDate": None,
        **written,
    }


def account_row(id: str, party: Party, owner: str, kind: str, source: str, written: Row) -> Row:
    name = party.company if party.business else f"{party.last} Household"
    return {
        "Id": id,
        "IsDeleted": False,
        "MasterRecordId": None,
        "Name": name,
        "Type": kind,
        "RecordType.DeveloperName": "Commercial" if party.business else "Residential",
        "BillingStreet": party.street,
        "BillingCity": party.city,
        "BillingState": party.state,
        "BillingPostalCode": party.zip,
        "BillingCountry": party.country,
        "Phone": party.phone or party.mobile,
        "Industry": party.industry,
        "AccountSource": source,
        "OwnerId": owner,
        "LastActivityDate": None,
        **written,
    }


def contact_row(id: str, account: str, party: Party, owner: str, source: str, written: Row) -> Row:
    return {
        "Id": id,
        "IsDeleted": False,
        "AccountId": account,
        "LastName": party.last,
        "FirstName": party.first,
        "MailingStreet": party.street,
        "MailingCity": party.city,
        "MailingState": party.state,
        "MailingPostalCode": party.zip,
        "MailingCountry": party.country,
        "Phone": party.phone,
        "MobilePhone": party.mobile,
        "Email": party.mail,
        "LeadSource": source,
        "OwnerId": owner,
        "LastActivityDate": None,
        **written,
    }


def history_row(
    id: str, parent: str, of: str, at: Instant, by: str, field: str, kind: str | None, was: Any, now: Any
) -> Row:
    """An entry of field history; `parent` names the column that refers to the record `of`."""
    return {
        "Id": id,
        "IsDeleted": False,
        parent: of,
        "CreatedById": by,
        "CreatedDate": salesforce_text(at),
        "Field": field,
        "DataType": kind,
        "OldValue": was,
        "NewValue": now,
    }


def day(at: Instant) -> str:
    """A date of Denver's."""
    return date_text(at)
