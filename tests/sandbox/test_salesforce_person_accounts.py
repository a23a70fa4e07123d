"""Person accounts: an account that is a person, the contact beside it, and a lead without a company."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal
from tests.sandbox.test_salesforce_soap import convert, results, send


@pytest.fixture
def org(salesforce: Salesforce) -> Salesforce:
    salesforce.act("enable_person_accounts")
    return salesforce


def person(org: Salesforce, **fields: Any) -> dict[str, Any]:
    return org.read("Account", org.create("Account", **{"FirstName": "Ana", "LastName": "Diaz", **fields}))


def test_person_accounts_are_not_there_until_they_are_turned_on(salesforce: Salesforce) -> None:
    answer = salesforce.call("POST", "/sobjects/Account", json={"LastName": "Diaz"})
    assert refusal(answer) == (400, "INVALID_FIELD")
    salesforce.act("enable_person_accounts")
    names = {each["name"] for each in salesforce.get("/sobjects/Account/describe")["fields"]}
    assert {"IsPersonAccount", "PersonContactId", "PersonEmail", "PersonMailingCity", "LastName"} <= names
    again = salesforce.http.post("/__sandbox__/act", json={"action": "enable_person_accounts"})
    assert again.status_code == 400
    everything = salesforce.query("SELECT FIELDS(ALL) FROM Account LIMIT 200")
    assert not any(each["IsPersonAccount"] for each in everything)
    salesforce.control("reset", {})
    assert "IsPersonAccount" not in {
        each["name"] for each in salesforce.get("/sobjects/Contact/describe")["fields"]
    }


def test_a_person_has_a_name_of_its_own_and_a_contact_beside_it(org: Salesforce) -> None:
    account = person(org, PersonEmail="ana@example.com", Phone="555", PersonMailingCity="Denver")
    assert (account["Name"], account["IsPersonAccount"]) == ("Ana Diaz", True)
    kind = org.query(f"SELECT RecordType.IsPersonType FROM Account WHERE Id = '{account['Id']}'")
    assert kind[0]["RecordType"]["IsPersonType"] is True
    contact = org.read("Contact", account["PersonContactId"])
    assert (contact["Name"], contact["Email"], contact["Phone"]) == ("Ana Diaz", "ana@example.com", "555")
    assert (contact["MailingCity"], contact["AccountId"]) == ("Denver", account["Id"])
    assert contact["IsPersonAccount"] is True
    org.advance(60)
    org.update("Account", account["Id"], LastName="Best", PersonEmail=None)
    assert org.read("Account", account["Id"])["Name"] == "Ana Best"
    changed = org.read("Contact", contact["Id"])
    assert (changed["Name"], changed["Email"]) == ("Ana Best", None)
    assert changed["SystemModstamp"] > contact["SystemModstamp"]
    org.delete("Account", account["Id"])
    assert org.count(f"SELECT COUNT() FROM Contact WHERE Id = '{contact['Id']}'") == 0


def test_what_belongs_to_the_other_kind_of_account_is_refused(org: Salesforce) -> None:
    company = org.create("Account", Name="Acme")
    human = person(org)
    for id, fields in (
        (company, {"LastName": "x"}),
        (human["Id"], {"Name": "x"}),
        (company, {"PersonEmail": "a@b.co"}),
    ):
        answer = org.call("PATCH", f"/sobjects/Account/{id}", json=fields)
        assert refusal(answer) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
        assert answer.json()[0]["message"].startswith("Account: bad field names on insert/update call")
    answer = org.call("PATCH", f"/sobjects/Contact/{human['PersonContactId']}", json={"Email": "a@b.co"})
    assert refusal(answer) == (400, "FIELD_INTEGRITY_EXCEPTION")
    answer = org.call("DELETE", f"/sobjects/Contact/{human['PersonContactId']}")
    assert refusal(answer) == (400, "FIELD_INTEGRITY_EXCEPTION")
    nameless = {"RecordTypeId": human["RecordTypeId"]}
    assert refusal(org.call("POST", "/sobjects/Account", json=nameless)) == (400, "REQUIRED_FIELD_MISSING")


def test_a_lead_without_a_company_becomes_a_person(org: Salesforce) -> None:
    lead = org.create("Lead", FirstName="Ana", LastName="Diaz", Email="ana@example.com", City="Denver")
    task = org.create("Task", WhoId=lead, Subject="Call")
    made = convert(org, lead)
    account = org.read("Account", made["accountId"])
    assert (account["IsPersonAccount"], account["Name"], account["PersonEmail"]) == (
        True,
        "Ana Diaz",
        "ana@example.com",
    )
    assert made["contactId"] == account["PersonContactId"]
    assert org.count(f"SELECT COUNT() FROM Contact WHERE AccountId = '{account['Id']}'") == 1
    role = org.query(
        f"SELECT ContactId FROM OpportunityContactRole WHERE OpportunityId = '{made['opportunityId']}'"
    )
    assert role == [{"ContactId": account["PersonContactId"]}]
    assert org.read("Task", task)["WhoId"] == account["PersonContactId"]
    company = convert(org, org.create("Lead", LastName="Best", Company="Acme"))
    assert org.read("Account", company["accountId"])["IsPersonAccount"] is False


def test_two_persons_merge_into_one_but_not_with_a_company(org: Salesforce) -> None:
    kept, lost = person(org), person(org, LastName="Twin")
    task = org.create("Task", WhoId=lost["PersonContactId"], Subject="Call")
    order = {"masterRecord": {"type": "Account", "Id": kept["Id"]}, "recordToMergeIds": [lost["Id"]]}
    assert results(send(org, "merge", {"request": order}))[0]["success"] == "true"
    assert org.read("Task", task)["WhoId"] == kept["PersonContactId"]
    contacts = org.query(f"SELECT Id FROM Contact WHERE AccountId = '{kept['Id']}'")
    assert contacts == [{"Id": kept["PersonContactId"]}]
    order["recordToMergeIds"] = [org.create("Account", Name="Acme")]
    assert results(send(org, "merge", {"request": order}))[0]["success"] == "false"
