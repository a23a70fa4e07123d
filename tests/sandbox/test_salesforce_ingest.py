"""Bulk API 2.0 ingest: CSV in, job states over time, and a result for every row; read back through REST."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal

RESULTS = ("successfulResults", "failedResults", "unprocessedrecords")


def open_job(salesforce: Salesforce, operation: str, sobject: str = "Lead", **order: Any) -> str:
    body = {"operation": operation, "object": sobject, **order}
    answer = salesforce.call("POST", "/jobs/ingest", json=body)
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["state"] == "Open"
    assert job["contentUrl"] == f"services/data/v62.0/jobs/ingest/{job['id']}/batches"
    return str(job["id"])


def upload(salesforce: Salesforce, job: str, text: str) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = salesforce.call("PUT", f"/jobs/ingest/{job}/batches", content=text.encode(), headers=headers)
    assert answer.status_code == 201, answer.text


def set_state(salesforce: Salesforce, job: str, state: str) -> Any:
    return salesforce.call("PATCH", f"/jobs/ingest/{job}", json={"state": state})


def finish(salesforce: Salesforce, job: str) -> dict[str, Any]:
    states: list[dict[str, Any]] = []
    while not states or states[-1]["state"] not in ("JobComplete", "Failed"):
        states.append(salesforce.get(f"/jobs/ingest/{job}"))
    return dict(states[-1])


def run(salesforce: Salesforce, operation: str, text: str, **order: Any) -> tuple[str, dict[str, Any]]:
    job = open_job(salesforce, operation, **order)
    upload(salesforce, job, text)
    assert set_state(salesforce, job, "UploadComplete").json()["state"] == "UploadComplete"
    return job, finish(salesforce, job)


def rows(salesforce: Salesforce, job: str, which: str, delimiter: str = ",") -> list[dict[str, str]]:
    answer = salesforce.call("GET", f"/jobs/ingest/{job}/{which}")
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text), delimiter=delimiter))


def test_rows_are_inserted_and_each_says_what_became_of_it(salesforce: Salesforce) -> None:
    text = 'LastName,company,Title\nGood,"Two, Inc",\nBad,,Boss\n"Quote ""me""",Three,#N/A\n'
    job, done = run(salesforce, "insert", text)
    assert (done["state"], done["jobType"]) == ("JobComplete", "V2Ingest")
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (3, 1)
    good = rows(salesforce, job, "successfulResults")
    assert [list(row) for row in good] == [["sf__Id", "sf__Created", "LastName", "company", "Title"]] * 2
    assert [(row["sf__Created"], row["company"]) for row in good] == [("true", "Two, Inc"), ("true", "Three")]
    assert salesforce.read("Lead", good[1]["sf__Id"])["LastName"] == 'Quote "me"'
    (bad,) = rows(salesforce, job, "failedResults")
    assert bad["sf__Error"] == "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --"
    assert (bad["sf__Id"], bad["LastName"], bad["Title"]) == ("", "Bad", "Boss")
    assert rows(salesforce, job, "unprocessedrecords") == []


def test_an_empty_cell_leaves_a_field_alone_and_a_mark_blanks_it(salesforce: Salesforce) -> None:
    id = salesforce.create("Lead", LastName="x", Company="y", Title="Boss", Phone="555", Rating="Hot")
    job, _ = run(salesforce, "update", f"Id,Title,Phone,Rating\n{id[:15]},,#N/A,Cold\n")
    assert [row["sf__Created"] for row in rows(salesforce, job, "successfulResults")] == ["false"]
    record = salesforce.read("Lead", id)
    assert (record["Title"], record["Phone"], record["Rating"]) == ("Boss", None, "Cold")


def test_an_upsert_updates_what_is_there_and_creates_the_rest(salesforce: Salesforce) -> None:
    id = salesforce.create("Lead", LastName="x", Company="y", SPOTIO_Id__c="a")
    text = "SPOTIO_Id__c,LastName,Company\na,Changed,y\nb,New,z\n,Nobody,z\n"
    job, _ = run(salesforce, "upsert", text, externalIdFieldName="spotio_id__c")
    found = rows(salesforce, job, "successfulResults")
    assert [(row["sf__Created"], row["SPOTIO_Id__c"]) for row in found] == [("false", "a"), ("true", "b")]
    assert found[0]["sf__Id"] == id
    assert salesforce.read("Lead", id)["LastName"] == "Changed"
    (missing,) = rows(salesforce, job, "failedResults")
    assert missing["sf__Error"].startswith("MISSING_ARGUMENT:SPOTIO_Id__c not specified")


def test_a_parent_is_named_by_its_external_id_in_the_header(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme", SPOTIO_Id__c="42")
    text = "LastName,Account.SPOTIO_Id__c\nBest,42\nLost,43\n"
    job, _ = run(salesforce, "insert", text, sobject="Contact")
    (good,) = rows(salesforce, job, "successfulResults")
    assert salesforce.read("Contact", good["sf__Id"])["AccountId"] == account
    (bad,) = rows(salesforce, job, "failedResults")
    assert "Foreign key external ID: 43 not found" in bad["sf__Error"]


def test_a_delete_fills_the_bin_and_a_hard_delete_leaves_nothing(salesforce: Salesforce) -> None:
    soft, hard = (salesforce.create("Lead", LastName="x", Company="y") for _ in range(2))
    job, _ = run(salesforce, "delete", f"Id\n{soft}\n00Q000000000009EAA\n")
    assert [row["Id"] for row in rows(salesforce, job, "successfulResults")] == [soft]
    (bad,) = rows(salesforce, job, "failedResults")
    assert (bad["sf__Id"], bad["sf__Error"].partition(":")[0]) == (
        "00Q000000000009EAA",
        "INVALID_CROSS_REFERENCE_KEY",
    )
    order = {"operation": "hardDelete", "object": "Lead"}
    refused = salesforce.call("POST", "/jobs/ingest", json=order)
    assert refusal(refused) == (400, "FEATURENOTENABLED")
    admin = salesforce.query("SELECT Id FROM User WHERE Alias = 'aadmin'")[0]["Id"]
    salesforce.act("grant_permission", user_id=admin, permission="BulkApiHardDelete")
    run(salesforce, "hardDelete", f"Id\n{hard}\n")
    kept = salesforce.query(f"SELECT Id FROM Lead WHERE Id IN ('{soft}', '{hard}')", deleted=True)
    assert kept == [{"Id": soft}]


def test_a_job_goes_through_its_states_and_refuses_what_does_not_fit_them(salesforce: Salesforce) -> None:
    job = open_job(salesforce, "insert")
    path = f"/jobs/ingest/{job}"
    assert salesforce.get(path)["state"] == "Open"
    upload(salesforce, job, "LastName,Company\nx,y\n")
    twice = salesforce.call("PUT", f"{path}/batches", content=b"LastName\nx\n")
    assert refusal(twice) == (400, "INVALIDJOBSTATE")
    assert "Found multiple contents for job" in twice.json()[0]["message"]
    assert refusal(salesforce.call("DELETE", path)) == (400, "INVALIDJOBSTATE")
    assert refusal(set_state(salesforce, job, "JobComplete")) == (400, "INVALIDJOBSTATE")
    set_state(salesforce, job, "UploadComplete")
    assert refusal(set_state(salesforce, job, "UploadComplete")) == (400, "INVALIDJOBSTATE")
    assert [salesforce.get(path)["state"] for _ in range(3)] == ["InProgress", "JobComplete", "JobComplete"]
    assert refusal(set_state(salesforce, job, "Aborted")) == (400, "INVALIDJOBSTATE")
    assert job in [each["id"] for each in salesforce.get("/jobs/ingest")["records"]]
    other_version = salesforce.call("GET", f"/services/data/v61.0/jobs/ingest/{job}/failedResults")
    assert other_version.status_code == 409
    assert salesforce.call("DELETE", path).status_code == 204
    assert refusal(salesforce.call("GET", path)) == (404, "NOT_FOUND")


def test_an_aborted_job_keeps_what_it_had_saved_and_names_the_rest(salesforce: Salesforce) -> None:
    job = open_job(salesforce, "insert")
    upload(salesforce, job, "LastName,Company\n" + "".join(f"L{number},Bulk\n" for number in range(2100)))
    set_state(salesforce, job, "UploadComplete")
    while not (look := salesforce.get(f"/jobs/ingest/{job}"))["numberRecordsProcessed"]:
        pass
    assert (look["state"], look["numberRecordsProcessed"]) == ("InProgress", 2000)
    assert set_state(salesforce, job, "Aborted").json()["state"] == "Aborted"
    counts = [len(rows(salesforce, job, which)) for which in RESULTS]
    assert counts == [2000, 0, 100]
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE Company = 'Bulk'") == 2000
    assert list(rows(salesforce, job, "unprocessedrecords")[0]) == ["LastName", "Company"]


@pytest.mark.parametrize(
    ("text", "order", "reason"),
    [
        ("LastName,Nope\nx,y\n", {}, "InvalidBatch : Field name not found : Nope"),
        ("LastName,Boss.Name\nx,y\n", {}, "InvalidBatch : Field name not found : Boss.Name"),
        (
            "LastName,Company\r\nx,y\r\n",
            {},
            "LineEnding is invalid on user data. Current LineEnding setting is LF",
        ),
        ("LastName,Company\nx,y\n", {"lineEnding": "CRLF"}, "Current LineEnding setting is CRLF"),
        ("LastName;Company\nx;y\n", {}, "Field name not found : LastName;Company"),
        ("LastName,Company\nx,y,z\n", {}, "a row has more cells than the header"),
    ],
)
def test_data_that_does_not_fit_fails_the_whole_job(
    salesforce: Salesforce, text: str, order: dict[str, str], reason: str
) -> None:
    job = open_job(salesforce, "insert", **order)
    upload(salesforce, job, text)
    set_state(salesforce, job, "UploadComplete")
    done = finish(salesforce, job)
    assert done["state"] == "Failed"
    assert reason in done["errorMessage"]
    assert rows(salesforce, job, "successfulResults") == []


def test_delimiter_and_line_ending_are_those_of_the_job_both_ways(salesforce: Salesforce) -> None:
    text = 'LastName;Company\r\nx;"two\r\nlines"\r\n'
    job, done = run(salesforce, "insert", text, columnDelimiter="SEMICOLON", lineEnding="CRLF")
    assert done["numberRecordsFailed"] == 0
    answer = salesforce.call("GET", f"/jobs/ingest/{job}/successfulResults").text
    assert answer.startswith('"sf__Id";"sf__Created";"LastName";"Company"\r\n')
    (row,) = rows(salesforce, job, "successfulResults", ";")
    assert salesforce.read("Lead", row["sf__Id"])["Company"] == "two\r\nlines"


def test_a_form_brings_job_and_data_in_one_request(salesforce: Salesforce) -> None:
    files = {
        "job": (None, '{"object": "Lead", "operation": "insert", "contentType": "CSV"}', "application/json"),
        "content": ("content", b"LastName,Company\nOnce,y\n", "text/csv"),
    }
    answer = salesforce.call("POST", "/jobs/ingest", files=files)
    assert answer.json()["state"] == "UploadComplete"
    assert finish(salesforce, answer.json()["id"])["numberRecordsProcessed"] == 1
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE LastName = 'Once'") == 1


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"operation": "conjure", "object": "Lead"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "Nothing__c"}, "INVALIDENTITY"),
        ({"operation": "upsert", "object": "Lead", "externalIdFieldName": "Company"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "Lead", "columnDelimiter": "DOT"}, "INVALIDJOB"),
    ],
)
def test_a_job_that_makes_no_sense_is_not_opened(
    salesforce: Salesforce, order: dict[str, str], code: str
) -> None:
    assert refusal(salesforce.call("POST", "/jobs/ingest", json=order)) == (400, code)


def test_rules_and_rights_hold_for_bulk_and_assignment_only_by_name(salesforce: Salesforce) -> None:
    owner = salesforce.query("SELECT Id FROM User WHERE Alias = 'sync'")[0]["Id"]
    rule = salesforce.act("add_assignment_rule", object="Lead", name="All", entries=[{"owner": owner}])["id"]
    salesforce.act("add_validation_rule", object="Lead", name="x", condition="LastName = 'No'", message="No.")
    salesforce.act("add_duplicate_rule", object="Lead", name="Same_Mail", fields=["Email"])
    text = "LastName,Company,Email\nNo,y,\nA,y,a@example.com\nB,y,a@example.com\n"
    job, _ = run(salesforce, "insert", text)
    errors = [row["sf__Error"].partition(":")[0] for row in rows(salesforce, job, "failedResults")]
    assert errors == ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "DUPLICATES_DETECTED"]
    (plain,) = rows(salesforce, job, "successfulResults")
    assert salesforce.read("Lead", plain["sf__Id"])["OwnerId"] != owner
    job, _ = run(salesforce, "insert", "LastName,Company\nC,y\n", assignmentRuleId=rule)
    (assigned,) = rows(salesforce, job, "successfulResults")
    assert salesforce.read("Lead", assigned["sf__Id"])["OwnerId"] == owner


def test_batches_count_against_the_day(salesforce: Salesforce) -> None:
    before = salesforce.get("/limits")["DailyBulkApiBatches"]["Remaining"]
    run(salesforce, "insert", "LastName,Company\nx,y\n")
    assert salesforce.get("/limits")["DailyBulkApiBatches"]["Remaining"] == before - 1
