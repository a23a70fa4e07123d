"""Bulk API 2.0 queries: the same records as a query gives, as CSV pages of a job that takes a while."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal


def start(salesforce: Salesforce, soql: str, operation: str = "query", **order: Any) -> str:
    body = {"operation": operation, "query": soql, **order}
    answer = salesforce.call("POST", "/jobs/query", json=body)
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert (job["state"], job["id"][:3], job["object"]) == ("UploadComplete", "750", "Lead")
    return str(job["id"])


def finish(salesforce: Salesforce, job: str) -> dict[str, Any]:
    states: list[dict[str, Any]] = []
    while not states or states[-1]["state"] not in ("JobComplete", "Failed"):
        states.append(salesforce.get(f"/jobs/query/{job}"))
    assert [each["state"] for each in states][:1] == ["InProgress"]
    return dict(states[-1])


def results(salesforce: Salesforce, job: str, **params: str) -> tuple[list[dict[str, str]], Any]:
    answer = salesforce.call("GET", f"/jobs/query/{job}/results", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert int(answer.headers["Sforce-NumberOfRecords"]) == len(rows)
    return rows, answer.headers


def as_csv(value: Any) -> str:
    """A value of a REST answer as Bulk writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("+0000", "Z") if str(value).endswith(".000+0000") else str(value)


def test_a_bulk_query_returns_what_a_query_returns(salesforce: Salesforce) -> None:
    salesforce.create("Lead", LastName='Quote " and, comma', Company="two\nlines", AnnualRevenue=12345)
    described = salesforce.get("/sobjects/Lead/describe")["fields"]
    names = [field["name"] for field in described if field["type"] != "address"]
    soql = f"SELECT {', '.join(names)} FROM Lead"
    expected = [
        {name: as_csv(record[name]) for name in names} for record in salesforce.query(soql, deleted=True)
    ]
    job = start(salesforce, soql, "queryAll")
    done = finish(salesforce, job)
    assert done["numberRecordsProcessed"] == len(expected)
    rows, headers = results(salesforce, job)
    assert headers["Sforce-Locator"] == "null"
    assert sorted(rows, key=lambda row: row["Id"]) == sorted(expected, key=lambda row: row["Id"])


def test_result_pages_have_headers_and_can_be_read_again(salesforce: Salesforce) -> None:
    job = start(salesforce, "SELECT Id, LastName FROM Lead")
    finish(salesforce, job)
    everything, _ = results(salesforce, job)
    found: list[dict[str, str]] = []
    params = {"maxRecords": "25"}
    while params.get("locator") != "null":
        salesforce.create("Lead", LastName="Late", Company="Late")
        page, headers = results(salesforce, job, **params)
        assert results(salesforce, job, **params)[0] == page
        found += page
        params["locator"] = headers["Sforce-Locator"]
    assert found == everything
    assert "Late" not in {row["LastName"] for row in found}


def test_every_cell_is_quoted_and_line_ends_are_as_ordered(salesforce: Salesforce) -> None:
    salesforce.create("Lead", LastName="Only", Company="Here")
    soql = "SELECT LastName, Title FROM Lead WHERE Company = 'Here'"
    job = start(salesforce, soql, lineEnding="CRLF", columnDelimiter="PIPE")
    finish(salesforce, job)
    text = salesforce.call("GET", f"/jobs/query/{job}/results").text
    assert text == '"LastName"|"Title"\r\n"Only"|""\r\n'


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("SELECT Id, Address FROM Lead", "Selecting compound data not supported in Bulk Query"),
        ("SELECT COUNT(Id) FROM Lead", "not supported in Bulk Query"),
        ("SELECT COUNT() FROM Lead", "not supported in Bulk Query"),
        ("SELECT Id, (SELECT Id FROM Tasks) FROM Lead", "not supported in Bulk Query"),
        ("SELECT Id FROM Lead LIMIT 5 OFFSET 5", "not supported in Bulk Query"),
        ("SELECT TYPEOF Owner WHEN User THEN Name END FROM Lead", "TYPEOF is not supported in Bulk Query"),
        ("SELECT Nope FROM Lead", "No such column 'Nope'"),
    ],
)
def test_what_bulk_cannot_do_is_refused_at_once(salesforce: Salesforce, soql: str, message: str) -> None:
    answer = salesforce.call("POST", "/jobs/query", json={"operation": "query", "query": soql})
    assert answer.status_code == 400
    assert message in answer.json()[0]["message"]


def test_a_job_can_be_aborted_listed_and_deleted(salesforce: Salesforce) -> None:
    job = start(salesforce, "SELECT Id FROM Lead")
    path = f"/jobs/query/{job}"
    assert refusal(salesforce.call("GET", f"{path}/results")) == (400, "INVALIDJOBSTATE")
    assert refusal(salesforce.call("DELETE", path)) == (400, "INVALIDJOBSTATE")
    assert salesforce.call("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert job in [each["id"] for each in salesforce.get("/jobs/query")["records"]]
    assert salesforce.call("DELETE", path).status_code == 204
    assert refusal(salesforce.call("GET", path)) == (404, "NOT_FOUND")


def test_results_belong_to_the_version_of_their_job(salesforce: Salesforce) -> None:
    job = start(salesforce, "SELECT Id FROM Lead")
    finish(salesforce, job)
    assert salesforce.call("GET", f"/services/data/v61.0/jobs/query/{job}/results").status_code == 409


def test_a_job_whose_field_disappears_meanwhile_fails_with_a_reason(salesforce: Salesforce) -> None:
    salesforce.act("add_field", object="Lead", field={"name": "Roof__c", "type": "string"})
    job = start(salesforce, "SELECT Id, Roof__c FROM Lead")
    salesforce.act("remove_field", object="Lead", name="Roof__c")
    done = finish(salesforce, job)
    assert done["state"] == "Failed"
    assert done["errorMessage"].startswith("INVALID_FIELD")
