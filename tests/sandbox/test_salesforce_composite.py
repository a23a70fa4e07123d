"""Several requests in one call: composite, graphs and trees; what they did is read back with a query."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal

ROOT = "/services/data/v62.0"
UNDONE = "The transaction was rolled back since another operation in the same transaction failed."


def request(reference: str, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
    return {"referenceId": reference, "method": method, "url": f"{ROOT}{path}", "body": body, **more}


def composite(salesforce: Salesforce, requests: list[dict[str, Any]], all_or_none: bool = False) -> Any:
    body = {"allOrNone": all_or_none, "compositeRequest": requests}
    answer = salesforce.call("POST", "/composite", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["compositeResponse"]


ACCOUNT = request("account", "POST", "/sobjects/Account", {"Name": "Linked", "Site": "here"})
CONTACT = request("person", "POST", "/sobjects/Contact", {"LastName": "Best", "AccountId": "@{account.id}"})
BROKEN = request("broken", "POST", "/sobjects/Contact", {"FirstName": "Nobody"})


def made(salesforce: Salesforce) -> tuple[int, int]:
    return (
        salesforce.count("SELECT COUNT() FROM Account WHERE Name = 'Linked'", deleted=True),
        salesforce.count("SELECT COUNT() FROM Contact WHERE Account.Name = 'Linked'", deleted=True),
    )


def test_a_request_uses_what_an_earlier_one_answered(salesforce: Salesforce) -> None:
    read = request("read", "GET", "/sobjects/Account/@{account.id}?fields=Name,Site")
    asked = request("asked", "GET", "/query?q=SELECT+Name+FROM+Contact+WHERE+AccountId='@{account.id}'")
    edited = request("edited", "PATCH", "/sobjects/Contact/@{person.id}", {"Title": "@{read.Site}"})
    found = request("found", "GET", "/sobjects/Contact/@{person.id}?fields=Title")
    entries = composite(salesforce, [ACCOUNT, CONTACT, read, asked, edited, found])
    assert [each["httpStatusCode"] for each in entries] == [201, 201, 200, 200, 204, 200]
    assert [each["referenceId"] for each in entries][:2] == ["account", "person"]
    assert entries[0]["httpHeaders"]["Location"].endswith(entries[0]["body"]["id"])
    assert entries[3]["body"]["records"][0]["Name"] == "Best"
    assert (entries[4]["body"], entries[5]["body"]["Title"]) == (None, "here")
    assert made(salesforce) == (1, 1)


def test_one_call_is_counted_however_many_it_holds(salesforce: Salesforce) -> None:
    before = salesforce.get("/limits")["DailyApiRequests"]["Remaining"]
    composite(salesforce, [ACCOUNT, CONTACT])
    assert salesforce.get("/limits")["DailyApiRequests"]["Remaining"] == before - 2


def test_without_all_or_none_only_what_needs_a_failed_one_is_halted(salesforce: Salesforce) -> None:
    needy = request("needy", "POST", "/sobjects/Task", {"WhoId": "@{broken.id}"})
    entries = composite(salesforce, [BROKEN, needy, ACCOUNT, CONTACT])
    assert [each["httpStatusCode"] for each in entries] == [400, 400, 201, 201]
    assert entries[0]["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    halted = entries[1]["body"][0]
    assert halted["errorCode"] == "PROCESSING_HALTED"
    assert halted["message"].startswith("Invalid reference specified. No value for broken.id")
    assert made(salesforce) == (1, 1)


def test_with_all_or_none_nothing_stays_and_only_the_culprit_says_why(salesforce: Salesforce) -> None:
    entries = composite(salesforce, [ACCOUNT, CONTACT, BROKEN, request("never", "GET", "/limits")], True)
    codes = [each["body"][0]["errorCode"] for each in entries]
    assert codes == ["PROCESSING_HALTED", "PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert entries[0]["body"][0]["message"] == UNDONE
    assert {each["httpStatusCode"] for each in entries} == {400}
    assert made(salesforce) == (0, 0)


def test_a_collections_failed_row_undoes_the_whole_composite(salesforce: Salesforce) -> None:
    rows = [{"attributes": {"type": "Account"}, "Name": "Linked"}, {"attributes": {"type": "Account"}}]
    many = request("many", "POST", "/composite/sobjects", {"records": rows})
    entries = composite(salesforce, [many, ACCOUNT], True)
    assert [each["httpStatusCode"] for each in entries] == [200, 400]
    assert [row["success"] for row in entries[0]["body"]] == [True, False]
    assert made(salesforce) == (0, 0)


def test_headers_steer_all_requests_and_each_its_own(salesforce: Salesforce) -> None:
    owner = salesforce.query("SELECT Id FROM User WHERE Alias = 'sync'")[0]["Id"]
    salesforce.act("add_assignment_rule", object="Lead", name="All", entries=[{"owner": owner}])
    fields = {"LastName": "x", "Company": "y"}
    plain = request("plain", "POST", "/sobjects/Lead", fields)
    assigned = request(
        "assigned", "POST", "/sobjects/Lead", fields, httpHeaders={"Sforce-Auto-Assign": "true"}
    )
    answer = salesforce.call(
        "POST",
        "/composite",
        json={"compositeRequest": [plain, assigned]},
        headers={"Sforce-Auto-Assign": "FALSE"},
    )
    ids = [each["body"]["id"] for each in answer.json()["compositeResponse"]]
    assert [salesforce.read("Lead", id)["OwnerId"] == owner for id in ids] == [False, True]


def test_too_many_requests_or_references_that_are_not_unique_are_refused(salesforce: Salesforce) -> None:
    many = [request(f"r{number}", "GET", "/limits") for number in range(26)]
    nameless = [{**ACCOUNT, "referenceId": []}]
    for requests, code in (
        (many, "LIMIT_EXCEEDED"),
        ([ACCOUNT, ACCOUNT], "INVALID_INPUT"),
        (nameless, "INVALID_INPUT"),
        ([{**ACCOUNT, "httpHeaders": 5}], "JSON_PARSER_ERROR"),
        ("none", "JSON_PARSER_ERROR"),
    ):
        answer = salesforce.call("POST", "/composite", json={"compositeRequest": requests})
        assert refusal(answer) == (400, code)


# Graphs


def test_each_graph_is_done_as_a_whole_or_not_at_all(salesforce: Salesforce) -> None:
    graphs = [
        {"graphId": "good", "compositeRequest": [CONTACT, ACCOUNT]},
        {"graphId": "bad", "compositeRequest": [ACCOUNT, BROKEN, CONTACT]},
    ]
    good, bad = salesforce.call("POST", "/composite/graph", json={"graphs": graphs}).json()["graphs"]
    assert (good["graphId"], good["isSuccessful"]) == ("good", True)
    entries = good["graphResponse"]["compositeResponse"]
    # Answers come in the order of the requests, though the account had to be made first.
    assert [each["referenceId"] for each in entries] == ["person", "account"]
    assert salesforce.read("Contact", entries[0]["body"]["id"])["AccountId"] == entries[1]["body"]["id"]
    assert (bad["graphId"], bad["isSuccessful"]) == ("bad", False)
    codes = [each["body"][0]["errorCode"] for each in bad["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert made(salesforce) == (1, 1)


def test_a_graph_that_turns_in_a_circle_fails(salesforce: Salesforce) -> None:
    one = request("one", "POST", "/sobjects/Account", {"Name": "Linked", "ParentId": "@{two.id}"})
    two = request("two", "POST", "/sobjects/Account", {"Name": "Linked", "ParentId": "@{one.id}"})
    graphs = [{"graphId": "circle", "compositeRequest": [one, two]}]
    (circle,) = salesforce.call("POST", "/composite/graph", json={"graphs": graphs}).json()["graphs"]
    assert circle["isSuccessful"] is False
    assert made(salesforce) == (0, 0)


def test_a_call_holds_five_hundred_nodes_at_most(salesforce: Salesforce) -> None:
    nodes = [request(f"r{number}", "GET", "/limits") for number in range(251)]
    graphs = [{"graphId": name, "compositeRequest": nodes} for name in "ab"]
    assert refusal(salesforce.call("POST", "/composite/graph", json={"graphs": graphs})) == (
        400,
        "LIMIT_EXCEEDED",
    )


# Trees


def tree(name: str, contacts: list[dict[str, Any]]) -> dict[str, Any]:
    records = [
        {"attributes": {"type": "Contact", "referenceId": f"c{number}"}, **fields}
        for number, fields in enumerate(contacts)
    ]
    attributes = {"type": "Account", "referenceId": "a"}
    return {"records": [{"attributes": attributes, "Name": name, "Contacts": {"records": records}}]}


def test_a_tree_creates_parents_and_children(salesforce: Salesforce) -> None:
    answer = salesforce.call(
        "POST", "/composite/tree/Account", json=tree("Linked", [{"LastName": "A"}, {"LastName": "B"}])
    )
    assert answer.status_code == 201
    assert answer.json()["hasErrors"] is False
    assert [each["referenceId"] for each in answer.json()["results"]] == ["a", "c0", "c1"]
    assert made(salesforce) == (1, 2)


def test_a_tree_with_a_wrong_record_leaves_nothing(salesforce: Salesforce) -> None:
    answer = salesforce.call(
        "POST", "/composite/tree/Account", json=tree("Linked", [{"LastName": "A"}, {"FirstName": "B"}])
    )
    assert answer.status_code == 400
    assert answer.json()["hasErrors"] is True
    (wrong,) = answer.json()["results"]
    assert (wrong["referenceId"], wrong["errors"][0]["statusCode"]) == ("c1", "REQUIRED_FIELD_MISSING")
    assert made(salesforce) == (0, 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"records": [{"Name": "x", "Bosses": {"records": [{"Name": "y"}]}}]}, "INVALID_FIELD"),
        ({"records": [{"Name": "x"}] * 201}, "LIMIT_EXCEEDED"),
        ({"rows": []}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_tree_that_makes_no_sense_is_refused(salesforce: Salesforce, body: Any, code: str) -> None:
    assert refusal(salesforce.call("POST", "/composite/tree/Account", json=body)) == (400, code)
