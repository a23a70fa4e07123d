"""Pages, their locators, usage and the other things that hold for every answer."""

from __future__ import annotations

import random
import threading
from email.utils import parsedate_to_datetime
from typing import Any

from sync.sandbox.server import Sandbox
from tests.sandbox.salesforce_client import Salesforce, refusal

SMALL_PAGES = {"Sforce-Query-Options": "batchSize=200"}


def filled(salesforce: Salesforce, number: int) -> list[str]:
    """So many new leads of one company, in the order of their names."""
    ids: list[str] = []
    for start in range(0, number, 200):
        rows = [
            {"attributes": {"type": "Lead"}, "LastName": f"L{row:04}", "Company": "Paged"}
            for row in range(start, min(start + 200, number))
        ]
        answer = salesforce.call("POST", "/composite/sobjects", json={"records": rows}).json()
        ids += [row["id"] for row in answer]
    return ids


def first_page(salesforce: Salesforce, soql: str) -> Any:
    return salesforce.call("GET", "/query/", params={"q": soql}, headers=SMALL_PAGES).json()


def test_pages_stay_what_they_were_while_records_change(salesforce: Salesforce) -> None:
    ids = filled(salesforce, 450)
    page = first_page(salesforce, "SELECT Id, LastName FROM Lead WHERE Company = 'Paged' ORDER BY LastName")
    assert (page["totalSize"], page["done"], len(page["records"])) == (450, False, 200)
    salesforce.delete("Lead", ids[210])
    salesforce.update("Lead", ids[211], LastName="Aaa", Company="Elsewhere")
    salesforce.create("Lead", LastName="L0000", Company="Paged")
    second_url = page["nextRecordsUrl"]
    seen = [record["LastName"] for record in page["records"]]
    while not page["done"]:
        page = salesforce.call("GET", page["nextRecordsUrl"]).json()
        assert page["totalSize"] == 450
        seen += [record["LastName"] for record in page["records"]]
    assert "nextRecordsUrl" not in page
    assert seen == [f"L{row:04}" for row in range(450)]
    again = salesforce.call("GET", second_url).json()
    assert [record["LastName"] for record in again["records"]] == [f"L{row:04}" for row in range(200, 400)]


def test_a_locators_rows_stay_those_of_its_beginning_while_another_client_writes(
    salesforce: Salesforce, sandbox: Sandbox
) -> None:
    ids = filled(salesforce, 1_000)
    soql = "SELECT Id, LastName, Title, Owner.Name FROM Lead WHERE Company = 'Paged' ORDER BY LastName"
    before = salesforce.query(soql)
    ended, written = threading.Event(), threading.Event()
    rng = random.Random(1)  # noqa: S311 - no secret

    def write() -> None:
        with Salesforce(sandbox.urls[0], "sync@brightwater.example.com") as other:
            while not ended.is_set():
                made = other.create("Lead", LastName=f"L{rng.randrange(1_000):04}", Company="Paged")
                changed, moved, gone = rng.sample(ids, 3)
                other.call("PATCH", f"/sobjects/Lead/{changed}", json={"LastName": "A", "Title": "changed"})
                other.call("PATCH", f"/sobjects/Lead/{moved}", json={"Company": "Elsewhere"})
                other.call("DELETE", f"/sobjects/Lead/{gone}")
                other.call("DELETE", f"/sobjects/Lead/{made}")
                other.act("purge", id=made)
                written.set()

    # Both are opened before the first write; nothing that comes after it may show in their pages.
    pages = [first_page(salesforce, soql) for _ in range(2)]
    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(30)
        seen: list[list[Any]] = []
        for page in pages:
            records = list(page["records"])
            while not page["done"]:
                written.clear()
                assert written.wait(30)
                page = salesforce.call("GET", page["nextRecordsUrl"]).json()
                assert page["totalSize"] == 1_000
                records += page["records"]
            seen.append([{key: each[key] for key in each if key != "attributes"} for each in records])
    finally:
        ended.set()
        writer.join()
    assert seen == [before, before]
    after = salesforce.query(soql)
    assert {each["Id"] for each in after} < set(ids)
    assert "changed" in {each["Title"] for each in after}


def test_a_page_of_many_says_to_the_letter_what_a_single_answer_says(salesforce: Salesforce) -> None:
    rng = random.Random(2)  # noqa: S311 - no secret
    texts = [
        'She said "no"',
        "back\\slash",
        "tab\tand\nline",
        "Zoë Ørsted 🏠",
        "\u0001\u007f\u2028",
        "</script>",
        "'",
    ]
    user, queue = (
        salesforce.query(soql)[0]["Id"]
        for soql in ("SELECT Id FROM User WHERE Alias = 'sync'", "SELECT Id FROM Group WHERE Type = 'Queue'")
    )
    rows = [
        {
            "attributes": {"type": "Lead"},
            "LastName": rng.choice(texts),
            "Company": "Odd",
            "Description": rng.choice([*texts, None]),
            "Latitude": rng.choice([rng.uniform(-90, 90), 39.739235849999998, None]),
            "Longitude": rng.choice([rng.uniform(-180, 180), 0, 1e-7]),
            "AnnualRevenue": rng.choice([0, 250_000, 123_456_789_012_345_678, None]),
            "NumberOfEmployees": rng.choice([0, 7, None]),
            "IsUnreadByOwner": rng.choice([True, False]),
            "OwnerId": rng.choice([user, queue]),
        }
        for _ in range(400)
    ]
    for start in (0, 200):
        answer = salesforce.call("POST", "/composite/sobjects", json={"records": rows[start : start + 200]})
        assert all(row["success"] for row in answer.json())
    described = salesforce.get("/sobjects/Lead/describe")["fields"]
    names = [field["name"] for field in described if field["type"] != "address"]
    names += [f"Owner.{name}" for name in ("Name", "Type", "Id")]
    # More values than one call of SQLite's function takes, and parents that are there and that are not.
    names += [f"ConvertedAccount.{name}" for name in ("Name", "AnnualRevenue")]
    names += [f"CreatedBy.{name}" for name in ("Name", "Email", "IsActive", "ManagerId")]
    soql = f"SELECT {', '.join(names)} FROM Lead WHERE Company = 'Odd'"
    page = first_page(salesforce, f"{soql} ORDER BY Id")
    paged = page["records"] + salesforce.call("GET", page["nextRecordsUrl"]).json()["records"]
    assert len(paged) == 400
    ids = [each["Id"] for each in paged]
    for start in range(0, 400, 100):
        listed = ", ".join(f"'{id}'" for id in ids[start : start + 100])
        alone = salesforce.get("/query", q=f"{soql} AND Id IN ({listed}) ORDER BY Id")["records"]
        assert alone == paged[start : start + 100]
        assert [list(each) for each in alone] == [list(each) for each in paged[start : start + 100]]


def test_a_composite_looks_into_a_page_of_many(salesforce: Salesforce) -> None:
    filled(salesforce, 201)
    query = {"method": "GET", "referenceId": "found", "httpHeaders": SMALL_PAGES}
    query["url"] = "/services/data/v62.0/query/?q=SELECT+Id+FROM+Lead+WHERE+Company='Paged'+ORDER+BY+LastName"
    change = {"method": "PATCH", "referenceId": "changed", "body": {"Title": "First"}}
    change["url"] = "/services/data/v62.0/sobjects/Lead/@{found.records[0].Id}"
    answer = salesforce.call("POST", "/composite", json={"compositeRequest": [query, change]}).json()
    assert [each["httpStatusCode"] for each in answer["compositeResponse"]] == [200, 204]
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE Title = 'First' AND LastName = 'L0000'") == 1


def test_a_locator_dies_when_it_is_idle_and_when_too_many_are_open(salesforce: Salesforce) -> None:
    filled(salesforce, 201)
    soql = "SELECT Id FROM Lead WHERE Company = 'Paged'"
    oldest = first_page(salesforce, soql)["nextRecordsUrl"]
    others = [first_page(salesforce, soql)["nextRecordsUrl"] for _ in range(10)]
    assert refusal(salesforce.call("GET", oldest)) == (400, "INVALID_QUERY_LOCATOR")
    assert salesforce.call("GET", others[0]).status_code == 200
    salesforce.advance(16 * 60)
    assert refusal(salesforce.call("GET", others[0])) == (400, "INVALID_QUERY_LOCATOR")
    assert refusal(salesforce.call("GET", "/query/01g000000000009AAA-2000")) == (400, "INVALID_QUERY_LOCATOR")


def test_a_locator_belongs_to_the_user_who_asked(salesforce: Salesforce, sandbox: Sandbox) -> None:
    filled(salesforce, 201)
    url = first_page(salesforce, "SELECT Id FROM Lead WHERE Company = 'Paged'")["nextRecordsUrl"]
    with Salesforce(sandbox.urls[0], "sync@brightwater.example.com") as other:
        assert refusal(other.call("GET", url)) == (400, "INVALID_QUERY_LOCATOR")


def test_every_answer_bears_the_sandboxs_time(salesforce: Salesforce) -> None:
    before = parsedate_to_datetime(salesforce.call("GET", "/limits").headers["Date"])
    salesforce.advance(86_400)
    answer = salesforce.call("GET", "/nowhere")
    assert answer.headers.get_list("Date") == [answer.headers["Date"]]
    assert (parsedate_to_datetime(answer.headers["Date"]) - before).total_seconds() >= 86_400


def test_stamps_are_never_later_than_the_answers_date(salesforce: Salesforce) -> None:
    answer = salesforce.call("POST", "/sobjects/Account", json={"Name": "Stamped"})
    stamp = salesforce.read("Account", answer.json()["id"])["SystemModstamp"]
    assert stamp[:19] <= parsedate_to_datetime(answer.headers["Date"]).isoformat()[:19]


def test_calls_are_counted_and_refused_when_they_are_spent(salesforce: Salesforce) -> None:
    used, most = (
        salesforce.call("GET", "/limits").headers["Sforce-Limit-Info"].removeprefix("api-usage=").split("/")
    )
    answer = salesforce.call("GET", "/limits/")
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage={int(used) + 1}/{most}"
    assert answer.json()["DailyApiRequests"] == {"Max": int(most), "Remaining": int(most) - int(used) - 1}
    assert {
        "DailyBulkV2QueryJobs",
        "DailyBulkApiBatches",
        "DailyBulkV2QueryFileStorageMB",
    } <= answer.json().keys()
    salesforce.act("set_limit", max=int(used) + 2)
    assert salesforce.call("GET", "/limits").status_code == 200
    refused = salesforce.call("GET", "/limits")
    assert refusal(refused) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert refused.json()[0]["message"] == "TotalRequests Limit exceeded."
    salesforce.advance(25 * 3600)
    assert salesforce.call("GET", "/limits").status_code == 200


def test_large_answers_are_compressed_for_who_accepts_it(salesforce: Salesforce) -> None:
    path = "/sobjects/Lead/describe"
    plain = salesforce.call("GET", path, headers={"Accept-Encoding": "identity"})
    packed = salesforce.call("GET", path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.json() == plain.json()


def test_paths_are_tolerant_of_case_and_slashes(salesforce: Salesforce, sandbox: Sandbox) -> None:
    for path in (
        "/services/data/v62.0/QUERYALL/",
        "//services//data/v31.0/query",
        "/services/data/v64.0/Query/",
    ):
        answer = salesforce.http.get(sandbox.urls[0] + path, params={"q": "select count() from lead"})
        assert answer.status_code == 200
    pretty = salesforce.call("GET", "/limits", headers={"X-PrettyPrint": "1"})
    assert "\n  " in pretty.text


def test_unknown_objects_are_an_invalid_type_under_tooling_too(salesforce: Salesforce) -> None:
    answer = salesforce.call("GET", "/tooling/query", params={"q": "SELECT Id FROM ApexTrigger"})
    assert refusal(answer) == (400, "INVALID_TYPE")
