"""What one user may see and do: for everybody else nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sync.sandbox.server import Sandbox
from tests.sandbox.salesforce_client import Salesforce, refusal
from tests.sandbox.test_salesforce_soap import convert, results, send

SYNC = "sync@brightwater.example.com"


@pytest.fixture
def user(sandbox: Sandbox) -> Iterator[Salesforce]:
    """The integration's user, whose rights the tests narrow."""
    with Salesforce(sandbox.urls[0], SYNC) as client:
        yield client


@pytest.fixture
def user_id(salesforce: Salesforce) -> str:
    return str(salesforce.query(f"SELECT Id FROM User WHERE Username = '{SYNC}'")[0]["Id"])


def fields(client: Salesforce, sobject: str = "Lead") -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in client.get(f"/sobjects/{sobject}/describe")["fields"]}


def test_a_field_hidden_from_a_user_is_as_if_it_were_not_there(
    salesforce: Salesforce, user: Salesforce, user_id: str
) -> None:
    id = salesforce.create("Lead", LastName="x", Company="y", Title="Owner", Phone="555")
    before = user.call("GET", "/sobjects/Lead/describe").headers["ETag"]
    salesforce.act("restrict_field", object="Lead", name="Title", user_id=user_id, access="none")
    assert "Title" in fields(salesforce)
    assert "Title" not in fields(user)
    changed = user.call("GET", "/sobjects/Lead/describe", headers={"If-None-Match": before})
    assert changed.status_code == 200
    assert "Title" not in user.read("Lead", id)
    assert salesforce.read("Lead", id)["Title"] == "Owner"
    for soql in (
        "SELECT Title FROM Lead",
        "SELECT Id FROM Lead WHERE Title = 'Owner'",
        "SELECT Id FROM Task WHERE WhoId IN (SELECT Id FROM Lead WHERE Title = 'Owner')",
    ):
        answer = user.call("GET", "/query", params={"q": soql})
        assert refusal(answer) == (400, "INVALID_FIELD")
        assert "No such column 'Title' on entity 'Lead'" in answer.json()[0]["message"]
        assert salesforce.call("GET", "/query", params={"q": soql}).status_code == 200
    job = {"operation": "query", "query": "SELECT Title FROM Lead"}
    assert refusal(user.call("POST", "/jobs/query", json=job)) == (400, "INVALID_FIELD")
    for method, path in (("POST", "/sobjects/Lead"), ("PATCH", f"/sobjects/Lead/{id}")):
        answer = user.call(method, path, json={"LastName": "x", "Company": "y", "Title": "Boss"})
        assert refusal(answer) == (400, "INVALID_FIELD")
    everything = user.query("SELECT FIELDS(ALL) FROM Lead LIMIT 1")[0]
    assert ("Title" in everything, "Phone" in everything) == (False, True)
    salesforce.act("restrict_field", object="Lead", name="Title", user_id=user_id, access="edit")
    assert user.read("Lead", id)["Title"] == "Owner"


def test_a_field_that_a_user_may_only_read_cannot_be_written(
    salesforce: Salesforce, user: Salesforce, user_id: str
) -> None:
    id = salesforce.create("Lead", LastName="x", Company="y", Title="Owner")
    salesforce.act("restrict_field", object="Lead", name="Title", user_id=user_id, access="read")
    assert user.read("Lead", id)["Title"] == "Owner"
    title = fields(user)["Title"]
    assert (title["createable"], title["updateable"]) == (False, False)
    answer = user.call("PATCH", f"/sobjects/Lead/{id}", json={"Title": "Boss", "Phone": "1"})
    assert refusal(answer) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert answer.json()[0]["fields"] == ["Title"]
    assert answer.json()[0]["message"].startswith("Unable to create/update fields: Title. Please check")
    user.update("Lead", id, Phone="1")
    salesforce.update("Lead", id, Title="Boss")


@pytest.mark.parametrize(
    ("allowed", "method", "code"),
    [
        (["read", "edit", "delete"], "POST", (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")),
        (["read", "create", "delete"], "PATCH", (403, "INSUFFICIENT_ACCESS_OR_READONLY")),
        (["read", "create", "edit"], "DELETE", (403, "INSUFFICIENT_ACCESS_OR_READONLY")),
        ([], "GET", (404, "NOT_FOUND")),
        ([], "POST", (404, "NOT_FOUND")),
    ],
)
def test_what_a_user_may_not_do_with_an_object_is_refused(
    salesforce: Salesforce,
    user: Salesforce,
    user_id: str,
    allowed: list[str],
    method: str,
    code: tuple[int, str],
) -> None:
    id = salesforce.create("Lead", LastName="x", Company="y")
    salesforce.act("restrict_object", object="Lead", user_id=user_id, allow=allowed)
    path = "/sobjects/Lead" if method == "POST" else f"/sobjects/Lead/{id}"
    body = {"LastName": "x", "Company": "y"}
    assert refusal(user.call(method, path, json=body)) == code
    assert salesforce.call(method, path, json=body).status_code < 300


def test_a_record_that_a_user_only_reads_is_neither_changed_nor_referred_to(
    salesforce: Salesforce, user: Salesforce, user_id: str
) -> None:
    theirs, other = (salesforce.create("Account", Name=name) for name in ("Theirs", "Other"))
    salesforce.act("restrict_record", user_id=user_id, id=theirs, access="read")
    assert user.read("Account", theirs)["Name"] == "Theirs"
    rows = [{"attributes": {"type": "Account"}, "Id": id, "Phone": "1"} for id in (theirs, other)]
    answer = user.call("PATCH", "/composite/sobjects", json={"records": rows}).json()
    assert [row["success"] for row in answer] == [False, True]
    assert answer[0]["errors"][0]["statusCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    for method in ("PATCH", "DELETE"):
        refused = user.call(method, f"/sobjects/Account/{theirs}", json={"Phone": "1"})
        assert refusal(refused) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    contact = {"LastName": "x", "AccountId": theirs}
    refused = user.call("POST", "/sobjects/Contact", json=contact)
    assert refusal(refused) == (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
    assert salesforce.call("POST", "/sobjects/Contact", json=contact).status_code == 201
    salesforce.act("restrict_record", user_id=user_id, id=theirs, access="edit")
    user.update("Account", theirs, Phone="2")


def test_converting_merging_and_restoring_need_the_same_rights(
    salesforce: Salesforce, user: Salesforce, user_id: str
) -> None:
    one, other, gone = (salesforce.create("Lead", LastName="x", Company="y") for _ in range(3))
    salesforce.delete("Lead", gone)
    merge = {"request": {"masterRecord": {"type": "Lead", "Id": one}, "recordToMergeIds": other}}
    salesforce.act("restrict_object", object="Lead", user_id=user_id, allow=["read", "create"])
    found = [
        convert(user, one),
        *results(send(user, "merge", merge)),
        *results(send(user, "undelete", {"ids": gone})),
    ]
    assert [each["success"] for each in found] == ["false"] * 3
    assert {each["errors"]["statusCode"] for each in found} == {"INSUFFICIENT_ACCESS_OR_READONLY"}
    salesforce.act("restrict_object", object="Account", user_id=user_id, allow=["read"])
    salesforce.act(
        "restrict_object", object="Lead", user_id=user_id, allow=["read", "create", "edit", "delete"]
    )
    assert convert(user, one)["errors"]["statusCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    assert results(send(user, "merge", merge))[0]["success"] == "true"
    assert results(send(user, "undelete", {"ids": gone}))[0]["success"] == "true"


def test_an_object_that_a_user_cannot_read_is_nowhere(
    salesforce: Salesforce, user: Salesforce, user_id: str
) -> None:
    salesforce.act("restrict_object", object="Opportunity", user_id=user_id, allow=[])
    assert "Opportunity" not in [each["name"] for each in user.get("/sobjects")["sobjects"]]
    answer = user.call("GET", "/query", params={"q": "SELECT Id FROM Opportunity"})
    assert refusal(answer) == (400, "INVALID_TYPE")
    answer = user.call(
        "GET", "/query", params={"q": "SELECT Id, (SELECT Id FROM Opportunities) FROM Account"}
    )
    assert refusal(answer) == (400, "INVALID_TYPE")
    answer = user.call("GET", "/query", params={"q": "SELECT Opportunity.Name FROM OpportunityContactRole"})
    assert refusal(answer) == (400, "INVALID_FIELD")
    assert user.query("SELECT What.Name FROM Task LIMIT 1") is not None
    salesforce.act(
        "restrict_object", object="Opportunity", user_id=user_id, allow=["read", "create", "edit", "delete"]
    )
    assert user.query("SELECT Id FROM Opportunity LIMIT 1") is not None
