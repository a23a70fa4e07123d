"""SOAP: signing in, conversion, merge and undelete; what they change is read back through REST."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx
import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal

ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<env:Header>{header}</env:Header><env:Body>{body}</env:Body></env:Envelope>"""
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ADMIN = "admin@brightwater.example.com"


def xml(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(xml(name, each) for each in value)
    if isinstance(value, dict):
        return f"<urn:{name}>{''.join(xml(key, each) for key, each in value.items())}</urn:{name}>"
    return f"<urn:{name}>{escape(str(value))}</urn:{name}>"


def send(
    salesforce: Salesforce,
    operation: str,
    arguments: dict[str, Any],
    headers: dict[str, Any] | None = None,
    version: str = "62.0",
) -> httpx.Response:
    token = salesforce.http.headers["Authorization"].removeprefix("Bearer ")
    given = {"SessionHeader": {"sessionId": token}, **(headers or {})}
    header = "".join(xml(name, value) for name, value in given.items())
    content = ENVELOPE.format(header=header, body=xml(operation, arguments))
    return salesforce.http.post(
        f"/services/Soap/u/{version}",
        content=content,
        headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": operation},
    )


def parsed(answer: httpx.Response) -> ElementTree.Element:
    return ElementTree.fromstring(answer.content)  # noqa: S314 - our own server wrote it


def plain(element: ElementTree.Element) -> Any:
    """An element as text, None, or a dictionary whose repeated names are lists."""
    if element.get(NIL) == "true":
        return None
    if not len(element):
        return element.text
    found: dict[str, Any] = {}
    for child in element:
        name = child.tag.rpartition("}")[2]
        value = plain(child)
        found[name] = (
            [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
            if (name in found)
            else value
        )
    return found


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [plain(each) for each in parsed(answer).iter() if each.tag.endswith("}result")]


def fault(answer: httpx.Response) -> tuple[str, str, str]:
    """A fault's code, its text and the type of its detail."""
    assert answer.status_code == 500
    root = parsed(answer)
    detail = next(each for each in root.iter() if each.tag == "detail")[0]
    code, text = (
        next(each.text or "" for each in root.iter() if each.tag == name)
        for name in ("faultcode", "faultstring")
    )
    assert plain(detail)["exceptionCode"] == code.removeprefix("sf:")
    return code, text, detail.tag.rpartition("}")[2]


def convert(salesforce: Salesforce, lead: str, headers: dict[str, Any] | None = None, **order: Any) -> Any:
    leads = {"leadId": lead, "convertedStatus": "Closed - Converted", **order}
    return results(send(salesforce, "convertLead", {"leadConverts": leads}, headers))[0]


def a_lead(salesforce: Salesforce, **fields: Any) -> str:
    values = {
        "FirstName": "Ana",
        "LastName": "Diaz",
        "Company": "Diaz & Sons",
        "Email": "ana@example.com",
        "Phone": "555",
        "City": "Denver",
        "LeadSource": "Web",
        "AnnualRevenue": 1000,
        **fields,
    }
    return salesforce.create("Lead", **values)


# Signing in


def test_a_user_signs_in_with_name_and_password_and_uses_rest(salesforce: Salesforce) -> None:
    answer = send(salesforce, "login", {"username": ADMIN, "password": "sandboxTOKEN"})
    found = results(answer)[0]
    assert found["userId"] == found["userInfo"]["userId"]
    assert found["userInfo"]["userName"] == ADMIN
    assert found["serverUrl"].startswith(
        f"{salesforce.http.base_url}/services/Soap/u/62.0/00D".replace("//s", "/s")
    )
    bearer = {"Authorization": f"Bearer {found['sessionId']}"}
    assert salesforce.call("GET", "/limits", headers=bearer).status_code == 200
    wrong = send(salesforce, "login", {"username": ADMIN, "password": "guess"})
    assert fault(wrong) == (
        "sf:INVALID_LOGIN",
        "INVALID_LOGIN: Invalid username, password, security token; or user locked out.",
        "LoginFault",
    )


def test_faults_have_a_type_and_a_code(salesforce: Salesforce) -> None:
    stranger = send(salesforce, "undelete", {}, {"SessionHeader": {"sessionId": "00D!nobody"}})
    code, text, kind = fault(stranger)
    assert (code, kind) == ("sf:INVALID_SESSION_ID", "UnexpectedErrorFault")
    assert text.startswith("INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")
    retired = send(salesforce, "login", {}, version="65.0")
    assert fault(retired)[0] == "sf:UNSUPPORTED_API_VERSION"
    assert fault(send(salesforce, "makeCoffee", {}))[0] == "sf:INVALID_OPERATION"
    garbage = salesforce.http.post("/services/Soap/u/62.0", content=b"<!DOCTYPE x><x/>")
    assert fault(garbage)[0] == "sf:INVALID_SOAP"
    malformed = send(
        salesforce,
        "convertLead",
        {"leadConverts": {"leadId": "x"}},
        {"AssignmentRuleHeader": {"assignmentRuleId": "x"}},
    )
    assert fault(malformed)[2] == "InvalidIdFault"


def test_what_a_call_does_not_take_is_refused_and_not_passed_over(salesforce: Salesforce) -> None:
    kept, lost = a_lead(salesforce), a_lead(salesforce, LastName="Roe")
    order = {"masterRecord": {"type": "Lead", "Id": kept}, "recordToMergeIds": lost}
    answer = send(salesforce, "merge", {"mergeRequests": order})
    assert answer.status_code == 500
    told = {each.tag: each.text for each in parsed(answer).iter()}
    assert told["faultcode"] == "soapenv:Client"
    assert (
        told["faultstring"] == "Element {urn:partner.soap.sforce.com}mergeRequests invalid at this location"
    )
    assert salesforce.read("Lead", lost)["LastName"] == "Roe"


def test_a_soap_call_counts_against_the_day_and_says_so(salesforce: Salesforce) -> None:
    before = salesforce.get("/limits")["DailyApiRequests"]["Remaining"]
    answer = send(salesforce, "getUserInfo", {})
    assert "<type>API REQUESTS</type>" in answer.text
    assert salesforce.get("/limits")["DailyApiRequests"]["Remaining"] == before - 2
    send(salesforce, "logout", {})
    assert salesforce.call("GET", "/limits").status_code == 401


# Conversion


def test_a_lead_becomes_an_account_a_contact_and_an_opportunity(salesforce: Salesforce) -> None:
    lead = a_lead(salesforce)
    tasks = [
        salesforce.create("Task", WhoId=lead, Subject="Call", Status=each)
        for each in ("Completed", "Not Started")
    ]
    salesforce.advance(60)
    made = convert(salesforce, lead)
    assert (made["success"], made["leadId"]) == ("true", lead)
    record = salesforce.read("Lead", lead)
    assert record["IsConverted"] is True
    assert record["Status"] == "Closed - Converted"
    assert record["ConvertedDate"] == record["SystemModstamp"][:10]
    assert record["LastModifiedDate"] == record["SystemModstamp"] > record["CreatedDate"]
    for name in ("Account", "Contact", "Opportunity"):
        assert record[f"Converted{name}Id"] == made[f"{name.lower()}Id"]
    account = salesforce.read("Account", made["accountId"])
    assert (account["Name"], account["BillingCity"], account["AnnualRevenue"]) == (
        "Diaz & Sons",
        "Denver",
        1000,
    )
    contact = salesforce.read("Contact", made["contactId"])
    assert (contact["Name"], contact["Email"], contact["MailingCity"]) == (
        "Ana Diaz",
        "ana@example.com",
        "Denver",
    )
    assert contact["AccountId"] == account["Id"]
    deal = salesforce.read("Opportunity", made["opportunityId"])
    assert (deal["Name"], deal["StageName"], deal["LeadSource"]) == ("Diaz & Sons", "Prospecting", "Web")
    role = f"SELECT ContactId, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '{deal['Id']}'"
    assert salesforce.query(role) == [{"ContactId": contact["Id"], "IsPrimary": True}]
    for id in tasks:
        task = salesforce.read("Task", id)
        assert (task["WhoId"], task["WhatId"], task["AccountId"]) == (
            contact["Id"],
            deal["Id"],
            account["Id"],
        )
    history = salesforce.query(f"SELECT Field FROM LeadHistory WHERE LeadId = '{lead}'")
    assert {"Field": "leadConverted"} in history


def test_a_converted_lead_can_neither_be_edited_nor_converted_again(salesforce: Salesforce) -> None:
    lead = a_lead(salesforce)
    convert(salesforce, lead)
    edited = salesforce.call("PATCH", f"/sobjects/Lead/{lead}", json={"Title": "x"})
    assert refusal(edited) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")
    again = convert(salesforce, lead)
    assert (again["success"], again["accountId"]) == ("false", None)
    assert again["errors"]["statusCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_lead_joins_records_that_are_there_and_fills_only_their_blanks(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Known", Phone="1")
    contact = salesforce.create("Contact", LastName="Known", AccountId=account, LeadSource="Other")
    lead = a_lead(salesforce)
    made = convert(salesforce, lead, accountId=account, contactId=contact, doNotCreateOpportunity="true")
    assert (made["accountId"], made["contactId"], made["opportunityId"]) == (account, contact, None)
    kept = salesforce.read("Account", account)
    assert (kept["Name"], kept["Phone"], kept["BillingCity"]) == ("Known", "1", "Denver")
    person = salesforce.read("Contact", contact)
    assert (person["LastName"], person["Email"], person["LeadSource"]) == (
        "Known",
        "ana@example.com",
        "Other",
    )
    other = a_lead(salesforce, Phone="556")
    convert(salesforce, other, accountId=account, contactId=contact, overwriteLeadSource="true")
    assert salesforce.read("Contact", contact)["LeadSource"] == "Web"


def test_custom_fields_are_carried_over_where_the_admin_mapped_them(salesforce: Salesforce) -> None:
    for sobject in ("Lead", "Account"):
        salesforce.act("add_field", object=sobject, field={"name": "Roof__c", "type": "string"})
    salesforce.act("map_lead_field", field="Roof__c", to="Account", to_field="Roof__c")
    made = convert(salesforce, a_lead(salesforce, Roof__c="slate", SPOTIO_Id__c="s1"), opportunityName="Roof")
    account = salesforce.read("Account", made["accountId"])
    assert (account["Roof__c"], account["SPOTIO_Id__c"]) == ("slate", None)
    assert salesforce.read("Opportunity", made["opportunityId"])["Name"] == "Roof"


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"convertedStatus": "Working - Contacted"}, "INVALID_STATUS"),
        ({"leadId": "00Q000000000009AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"leadId": "nonsense"}, "MALFORMED_ID"),
        ({"accountId": "001000000000009AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"accountId": "003000000000009AAA"}, "MALFORMED_ID"),
    ],
)
def test_a_conversion_that_cannot_be_done_changes_nothing(
    salesforce: Salesforce, order: dict[str, Any], code: str
) -> None:
    lead = a_lead(salesforce)
    accounts = salesforce.count("SELECT COUNT() FROM Account", deleted=True)
    made = convert(salesforce, lead, **order)
    assert (made["success"], made["errors"]["statusCode"]) == ("false", code)
    assert salesforce.read("Lead", lead)["IsConverted"] is False
    assert salesforce.count("SELECT COUNT() FROM Account", deleted=True) == accounts


def test_a_queues_lead_needs_a_person_to_own_what_it_becomes(salesforce: Salesforce) -> None:
    queue = salesforce.query("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"]
    lead = a_lead(salesforce, OwnerId=queue)
    refused = convert(salesforce, lead)["errors"]
    assert refused["statusCode"] == "INVALID_ID_FIELD"
    assert refused["message"].startswith("Converted objects can only be owned by users.")
    owner = salesforce.query(f"SELECT Id FROM User WHERE Username = '{ADMIN}'")[0]["Id"]
    made = convert(salesforce, lead, ownerId=owner)
    assert salesforce.read("Account", made["accountId"])["OwnerId"] == owner


def test_rules_hold_in_a_conversion_too(salesforce: Salesforce) -> None:
    salesforce.create("Contact", LastName="Twin", Email="ana@example.com")
    salesforce.act("add_duplicate_rule", object="Contact", name="Same_Mail", fields=["Email"])
    lead = a_lead(salesforce)
    assert convert(salesforce, lead)["errors"]["statusCode"] == "DUPLICATES_DETECTED"
    assert convert(salesforce, lead, {"DuplicateRuleHeader": {"allowSave": "true"}})["success"] == "true"


@pytest.mark.parametrize(("all_or_none", "converted"), [("true", False), ("false", True)])
def test_several_conversions_are_done_each_or_all(
    salesforce: Salesforce, all_or_none: str, converted: bool
) -> None:
    good, bad = a_lead(salesforce), a_lead(salesforce)
    orders = [
        {"leadId": good, "convertedStatus": "Closed - Converted"},
        {"leadId": bad, "convertedStatus": "Nope"},
    ]
    headers = {"AllOrNoneHeader": {"allOrNone": all_or_none}}
    first, second = results(send(salesforce, "convertLead", {"leadConverts": orders}, headers))
    assert (first["success"], second["success"]) == (str(converted).lower(), "false")
    if not converted:
        assert first["errors"]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert salesforce.read("Lead", good)["IsConverted"] is converted


# Merge and undelete


def test_a_merge_keeps_one_record_sets_its_fields_and_moves_what_hung_on_the_others(
    salesforce: Salesforce,
) -> None:
    winner, *losers = (salesforce.create("Account", Name=name, Phone="1") for name in "ABC")
    contact = salesforce.create("Contact", LastName="Best", AccountId=losers[0])
    order = {
        "masterRecord": {"type": "Account", "fieldsToNull": "Phone", "Id": winner, "Site": "kept"},
        "recordToMergeIds": losers,
    }
    found = results(send(salesforce, "merge", {"request": order}))[0]
    assert (found["id"], found["success"]) == (winner, "true")
    assert found["mergedRecordIds"] == losers
    assert contact in found["updatedRelatedIds"]
    record = salesforce.read("Account", winner)
    assert (record["Site"], record["Phone"]) == ("kept", None)
    assert salesforce.read("Contact", contact)["AccountId"] == winner
    soql = "SELECT Id FROM Account WHERE IsDeleted = true AND MasterRecordId = '{}'"
    gone = salesforce.query(soql.format(winner), deleted=True)
    assert sorted(each["Id"] for each in gone) == sorted(losers)


@pytest.mark.parametrize("wrong", ["itself", "other object", "nowhere", "too many"])
def test_a_merge_that_makes_no_sense_is_refused(salesforce: Salesforce, wrong: str) -> None:
    ids = [salesforce.create("Account", Name=name) for name in "ABCD"]
    losers = {
        "itself": ids[:1],
        "other object": [salesforce.create("Contact", LastName="x")],
        "nowhere": ["001000000000009AAA"],
        "too many": ids[1:],
    }[wrong]
    order = {"masterRecord": {"type": "Account", "Id": ids[0]}, "recordToMergeIds": losers}
    found = results(send(salesforce, "merge", {"request": order}))[0]
    assert found["success"] == "false"
    assert salesforce.count("SELECT COUNT() FROM Account WHERE MasterRecordId != null", deleted=True) == 0


def test_undelete_brings_a_record_back_with_what_went_along(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Best", AccountId=account)
    salesforce.delete("Account", account)
    found = results(send(salesforce, "undelete", {"ids": [account, account]}))
    assert [each["success"] for each in found] == ["true", "false"]
    assert found[1]["errors"]["statusCode"] == "UNDELETE_FAILED"
    assert salesforce.read("Contact", contact)["AccountId"] == account
