"""Records through the REST API: what a write sets, what it refuses, and what a delete leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal


def lead(salesforce: Salesforce, **fields: Any) -> str:
    return salesforce.create("Lead", **{"LastName": "Diaz", "Company": "Diaz Household", **fields})


def test_a_new_record_has_server_set_stamps_defaults_and_an_18_character_id(salesforce: Salesforce) -> None:
    answer = salesforce.call(
        "POST",
        "/sobjects/lead/",
        json={"LastName": "Diaz", "firstname": " Ana ", "Company": "Home", "City": ""},
    )
    assert answer.status_code == 201
    body = answer.json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    assert answer.headers["Location"] == f"/services/data/v62.0/sobjects/Lead/{body['id']}"
    record = salesforce.read("Lead", body["id"])
    assert (record["Name"], record["Status"], record["City"]) == ("Ana Diaz", "Open - Not Contacted", None)
    assert record["IsConverted"] is False
    assert record["CreatedDate"] == record["LastModifiedDate"] == record["SystemModstamp"]
    assert record["CreatedDate"].endswith(".000+0000")
    assert record["CreatedById"] == record["OwnerId"] == record["LastModifiedById"]
    assert (len(record["Id"]), record["Id"][:3]) == (18, "00Q")


def test_a_single_read_takes_15_characters_and_a_list_of_fields(salesforce: Salesforce) -> None:
    id = lead(salesforce, City="Denver")
    record = salesforce.get(f"/sobjects/Lead/{id[:15]}", fields="City,company,Address")
    assert list(record) == ["attributes", "City", "Company", "Address", "Id"]
    assert (record["Id"], record["Address"]["city"]) == (id, "Denver")


@pytest.mark.parametrize(
    ("sobject", "fields", "code", "message", "named"),
    [
        (
            "Lead",
            {"FirstName": "Ana"},
            "REQUIRED_FIELD_MISSING",
            "[LastName, Company]",
            ["LastName", "Company"],
        ),
        ("Opportunity", {"Name": "x"}, "REQUIRED_FIELD_MISSING", "[StageName, CloseDate]", None),
        ("Lead", {"Nope": 1}, "INVALID_FIELD", "No such column 'Nope' on sobject of type Lead", None),
        ("Lead", {"Title": "x" * 129}, "STRING_TOO_LONG", "Title: data value too large", ["Title"]),
        ("Lead", {"Email": "nobody"}, "INVALID_EMAIL_ADDRESS", "invalid email address: nobody", ["Email"]),
        (
            "Lead",
            {"IsDeleted": True},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update",
            ["IsDeleted"],
        ),
        (
            "Lead",
            {"CreatedDate": "2020-01-01T00:00:00Z"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "CreatedDate",
            None,
        ),
        (
            "Lead",
            {"CleanStatus": "Spotless"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Clean Status: bad value for restricted picklist field: Spotless",
            ["CleanStatus"],
        ),
        (
            "Lead",
            {"OwnerId": "nobody"},
            "MALFORMED_ID",
            "Owner ID: id value of incorrect type: nobody",
            ["OwnerId"],
        ),
        ("Lead", {"OwnerId": "001000000000001AAA"}, "MALFORMED_ID", "incorrect type", ["OwnerId"]),
        (
            "Lead",
            {"OwnerId": "005000000000009AAA"},
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference",
            None,
        ),
        ("Lead", {"NumberOfEmployees": 10**9}, "NUMBER_OUTSIDE_VALID_RANGE", "outside of valid range", None),
        (
            "Lead",
            {"NumberOfEmployees": "many"},
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of int",
            None,
        ),
        ("Lead", {"Phone": 5550100}, "JSON_PARSER_ERROR", "Cannot deserialize instance of string", None),
        ("Contact", {"Birthdate": "31/01/1990"}, "JSON_PARSER_ERROR", "instance of date", None),
        ("Lead", {"id": "00Q000000000001EAA"}, "INVALID_FIELD", "The Id field should not be specified", None),
        (
            "Lead",
            {"OwnerId": None},
            "INVALID_CROSS_REFERENCE_KEY",
            "Owner ID: owner cannot be blank",
            ["OwnerId"],
        ),
        ("LeadHistory", {}, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted", None),
    ],
)
def test_a_write_that_does_not_fit_is_refused_with_salesforces_code(
    salesforce: Salesforce,
    sobject: str,
    fields: dict[str, Any],
    code: str,
    message: str,
    named: list[str] | None,
) -> None:
    complete = {"LastName": "Diaz", "Company": "Home"} if sobject == "Lead" and code[:8] != "REQUIRED" else {}
    complete |= {"LastName": "Diaz"} if sobject == "Contact" else {}
    answer = salesforce.call("POST", f"/sobjects/{sobject}", json={**complete, **fields})
    assert refusal(answer) == (400, code)
    assert message in answer.json()[0]["message"]
    if named is not None:
        assert answer.json()[0]["fields"] == named


def test_a_blank_where_there_is_a_default_is_as_if_nothing_was_said(salesforce: Salesforce) -> None:
    id = lead(salesforce, Status=None)
    assert salesforce.read("Lead", id)["Status"] == "Open - Not Contacted"
    for change, code in (
        ({"Status": None}, "REQUIRED_FIELD_MISSING"),
        ({"OwnerId": ""}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"Id": id, "Title": "x"}, "INVALID_FIELD"),
    ):
        answer = salesforce.call("PATCH", f"/sobjects/Lead/{id}", json=change)
        assert refusal(answer) == (400, code)
    row = {"attributes": {"type": "Lead"}, "Id": id, "LastName": "x", "Company": "y"}
    answer = salesforce.call("POST", "/composite/sobjects", json={"records": [row]}).json()
    assert answer[0]["errors"][0]["message"] == "cannot specify Id in an insert call"


def test_an_inactive_user_cannot_own_a_record(salesforce: Salesforce) -> None:
    user = salesforce.query("SELECT Id FROM User WHERE IsActive = true AND Alias != 'aadmin'")[0]["Id"]
    id = lead(salesforce, OwnerId=user)
    salesforce.act("deactivate_user", id=user)
    answer = salesforce.call(
        "POST", "/sobjects/Lead", json={"LastName": "x", "Company": "y", "OwnerId": user}
    )
    assert refusal(answer) == (400, "INACTIVE_OWNER_OR_USER")
    salesforce.update("Lead", id, Title="still editable")


def test_a_body_that_is_not_json_is_refused(salesforce: Salesforce) -> None:
    assert refusal(salesforce.call("POST", "/sobjects/Lead", content=b"{no")) == (400, "JSON_PARSER_ERROR")
    assert refusal(salesforce.call("POST", "/sobjects/Lead", content=b"[]")) == (400, "JSON_PARSER_ERROR")


def test_an_update_moves_the_stamps_even_when_nothing_differs(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    before = salesforce.read("Lead", id)
    salesforce.advance(60)
    salesforce.update("Lead", id, LastName="Diaz")
    after = salesforce.read("Lead", id)
    assert after["LastModifiedDate"] == after["SystemModstamp"] > before["SystemModstamp"]
    assert after["CreatedDate"] == before["CreatedDate"]


def test_a_required_field_cannot_be_emptied(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    answer = salesforce.call("PATCH", f"/sobjects/Lead/{id}", json={"Company": None})
    assert refusal(answer) == (400, "REQUIRED_FIELD_MISSING")


def test_a_write_guarded_by_a_date_fails_once_the_record_moved(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    read_at = datetime.now(UTC) + timedelta(days=365)
    stale = {"If-Unmodified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}
    fresh = {"If-Unmodified-Since": format_datetime(read_at, usegmt=True)}
    path = f"/sobjects/Lead/{id}"
    assert salesforce.call("PATCH", path, json={"Title": "a"}, headers=stale).status_code == 412
    assert salesforce.call("PATCH", path, json={"Title": "b"}, headers=fresh).status_code == 204
    assert salesforce.read("Lead", id)["Title"] == "b"


def test_conditions_hold_by_date_for_all_and_by_tag_for_accounts(salesforce: Salesforce) -> None:
    past, future = "Mon, 01 Jan 2024 00:00:00 GMT", "Fri, 01 Jan 2044 00:00:00 GMT"
    account, record = salesforce.create("Account", Name="Acme"), lead(salesforce)
    read = salesforce.call("GET", f"/sobjects/Account/{account}")
    tag = read.headers["ETag"]
    cases: list[tuple[str, str, dict[str, str], int]] = [
        ("GET", f"Account/{account}", {"If-None-Match": tag}, 304),
        ("GET", f"Account/{account}", {"If-None-Match": '"other"'}, 200),
        ("GET", f"Account/{account}", {"If-Match": '"other"'}, 412),
        ("GET", f"Lead/{record}", {"If-None-Match": tag, "If-Modified-Since": past}, 200),
        ("GET", f"Lead/{record}", {"If-Modified-Since": future}, 304),
        ("GET", f"Lead/{record}", {"If-Unmodified-Since": past}, 412),
        ("PATCH", f"Lead/{record}", {"If-Match": '"lead rows have no tag"'}, 204),
        ("PATCH", f"Lead/{record}", {"If-Modified-Since": future}, 412),
        ("PATCH", f"Lead/{record}", {"If-Unmodified-Since": "some day"}, 400),
        ("DELETE", f"Lead/{record}", {"If-Unmodified-Since": past}, 204),
        ("PATCH", f"Account/{account}", {"If-Match": tag}, 204),
    ]
    for method, path, headers, status in cases:
        body = {"json": {"Phone": "555"}} if method == "PATCH" else {}
        answer = salesforce.call(method, f"/sobjects/{path}", headers=headers, **body)
        assert answer.status_code == status, (method, path, headers)
    assert "ETag" not in salesforce.call("GET", f"/sobjects/Lead/{lead(salesforce)}").headers
    salesforce.advance(1)
    salesforce.update("Account", account, Phone="556")
    stale = salesforce.call("PATCH", f"/sobjects/Account/{account}", json={}, headers={"If-Match": tag})
    assert refusal(stale) == (412, "PRECONDITION_FAILED")
    assert salesforce.read("Account", account)["Phone"] == "556"


def test_an_upsert_can_be_held_to_updating(salesforce: Salesforce) -> None:
    path = "/sobjects/Lead/SPOTIO_Id__c/nobody?updateOnly=true"
    answer = salesforce.call("PATCH", path, json={"LastName": "x", "Company": "y"})
    assert refusal(answer) == (404, "NOT_FOUND")
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE SPOTIO_Id__c = 'nobody'") == 0


def test_an_unknown_record_object_or_path_is_not_found(salesforce: Salesforce) -> None:
    for path in ("/sobjects/Lead/00Q000000000009AAA", "/sobjects/Nothing/00Q000000000009AAA", "/nowhere"):
        assert refusal(salesforce.call("GET", path)) == (404, "NOT_FOUND")
    assert refusal(salesforce.call("PUT", "/sobjects/Lead")) == (405, "METHOD_NOT_ALLOWED")
    assert refusal(salesforce.call("GET", "/services/data/v65.0/limits")) == (404, "NOT_FOUND")
    assert refusal(salesforce.call("GET", "/services/data/v20.0/limits")) == (410, "UNSUPPORTED_API_VERSION")


def test_a_deleted_record_is_gone_from_query_but_not_from_query_all(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    before = salesforce.read("Lead", id)
    salesforce.advance(5)
    salesforce.delete("Lead", id)
    assert salesforce.count(f"SELECT COUNT() FROM Lead WHERE Id = '{id}'") == 0
    found = salesforce.query(f"SELECT IsDeleted, SystemModstamp FROM Lead WHERE Id = '{id}'", deleted=True)
    assert found[0]["IsDeleted"] is True
    assert found[0]["SystemModstamp"] > before["SystemModstamp"]
    for method in ("GET", "PATCH", "DELETE"):
        answer = salesforce.call(method, f"/sobjects/Lead/{id}", json={"Title": "x"})
        assert refusal(answer) == (404, "ENTITY_IS_DELETED")


def test_deleting_an_account_takes_contacts_opportunities_and_activities_along(
    salesforce: Salesforce,
) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Best", AccountId=account)
    deal = salesforce.create(
        "Opportunity",
        Name="Roof",
        StageName="Prospecting",
        CloseDate="2026-01-31",
        AccountId=account,
        ContactId=contact,
    )
    task = salesforce.create("Task", Subject="Call", WhatId=deal, WhoId=contact)
    salesforce.delete("Account", account)
    for sobject, id in (("Contact", contact), ("Opportunity", deal), ("Task", task)):
        assert salesforce.count(f"SELECT COUNT() FROM {sobject} WHERE Id = '{id}'") == 0
    assert salesforce.count(f"SELECT COUNT() FROM OpportunityContactRole WHERE OpportunityId = '{deal}'") == 0
    salesforce.act("undelete", id=account)
    for sobject, id in (("Account", account), ("Contact", contact), ("Opportunity", deal), ("Task", task)):
        assert salesforce.count(f"SELECT COUNT() FROM {sobject} WHERE Id = '{id}'") == 1


def test_a_unique_external_id_creates_once_and_is_then_refused(salesforce: Salesforce) -> None:
    id = lead(salesforce, SPOTIO_Id__c="6a/b c")
    again = salesforce.call(
        "POST", "/sobjects/Lead", json={"LastName": "x", "Company": "y", "SPOTIO_Id__c": "6A/B C"}
    )
    assert refusal(again) == (400, "DUPLICATE_VALUE")
    assert again.json()[0]["message"].endswith(f"duplicates value on record with id: {id[:15]}")
    assert salesforce.get("/sobjects/Lead/SPOTIO_Id__c/6a%2Fb%20c")["Id"] == id
    salesforce.delete("Lead", id)
    lead(salesforce, SPOTIO_Id__c="6a/b c")


def test_an_upsert_by_external_id_creates_then_updates(salesforce: Salesforce) -> None:
    path = "/sobjects/Lead/SPOTIO_Id__c/7c"
    created = salesforce.call("PATCH", path, json={"LastName": "Diaz", "Company": "Home"})
    assert (created.status_code, created.json()["created"]) == (201, True)
    updated = salesforce.call("PATCH", path, json={"Title": "Owner"})
    assert (updated.status_code, updated.json()["created"]) == (200, False)
    assert updated.json()["id"] == created.json()["id"]
    assert salesforce.read("Lead", created.json()["id"])["Title"] == "Owner"
    unknown = salesforce.call("PATCH", "/sobjects/Lead/Company/Home", json={"Title": "x"})
    assert refusal(unknown) == (404, "NOT_FOUND")
    assert "Provided external ID field does not exist" in unknown.json()[0]["message"]


def test_a_key_that_several_records_have_answers_with_their_urls(salesforce: Salesforce) -> None:
    ids = [lead(salesforce, Email="shared@example.com") for _ in range(2)]
    answer = salesforce.call("GET", "/sobjects/Lead/Email/shared@example.com")
    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v62.0/sobjects/Lead/{id}" for id in ids]


def test_a_parent_can_be_named_by_its_external_id(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme", SPOTIO_Id__c="42")
    contact = salesforce.create("Contact", LastName="Best", Account={"SPOTIO_Id__c": "42"})
    assert salesforce.read("Contact", contact)["AccountId"] == account
    missing = salesforce.call(
        "POST", "/sobjects/Contact", json={"LastName": "x", "Account": {"SPOTIO_Id__c": "43"}}
    )
    assert refusal(missing) == (400, "INVALID_FIELD")
    assert "Foreign key external ID: 43 not found" in missing.json()[0]["message"]


def test_an_opportunitys_stage_says_what_it_means_and_leaves_history(salesforce: Salesforce) -> None:
    deal = salesforce.create(
        "Opportunity", Name="Roof", StageName="Prospecting", CloseDate="2026-01-31", Amount=200
    )
    first = salesforce.read("Opportunity", deal)
    assert (first["Probability"], first["ExpectedRevenue"], first["IsClosed"]) == (10.0, 20.0, False)
    salesforce.update("Opportunity", deal, StageName="Closed Won")
    won = salesforce.read("Opportunity", deal)
    assert (won["Probability"], won["IsClosed"], won["IsWon"]) == (100.0, True, True)
    assert won["ForecastCategoryName"] == "Closed"
    stages = salesforce.query(f"SELECT StageName FROM OpportunityHistory WHERE OpportunityId = '{deal}'")
    assert [each["StageName"] for each in stages] == ["Prospecting", "Closed Won"]
    changes = salesforce.query(
        f"SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{deal}'"
    )
    assert {"Field": "StageName", "OldValue": "Prospecting", "NewValue": "Closed Won"} in changes


def test_a_new_owner_is_tracked_by_name_and_by_id(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    owner = salesforce.query("SELECT Id, Name FROM User WHERE Alias = 'sync'")[0]
    salesforce.update("Lead", id, OwnerId=owner["Id"])
    entries = salesforce.query(f"SELECT Field, DataType, NewValue FROM LeadHistory WHERE LeadId = '{id}'")
    assert [(each["Field"], each["DataType"], each["NewValue"]) for each in entries] == [
        ("created", None, None),
        ("Owner", "Text", owner["Name"]),
        ("Owner", "EntityId", owner["Id"]),
    ]


def test_an_event_knows_its_end_and_an_activity_its_account(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Best", AccountId=account)
    event = salesforce.create(
        "Event", WhoId=contact, StartDateTime="2025-03-01T09:30:00Z", DurationInMinutes=45
    )
    record = salesforce.read("Event", event)
    assert record["EndDateTime"] == "2025-03-01T10:15:00.000+0000"
    assert (record["ActivityDate"], record["AccountId"]) == ("2025-03-01", account)
    salesforce.update("Event", event, EndDateTime="2025-03-01T10:00:00Z")
    assert salesforce.read("Event", event)["DurationInMinutes"] == 30
    short = salesforce.call("POST", "/sobjects/Event", json={"StartDateTime": "2025-03-01T09:30:00Z"})
    assert refusal(short) == (400, "REQUIRED_FIELD_MISSING")


def test_a_closed_task_moves_its_parents_system_stamp_but_not_their_last_modified(
    salesforce: Salesforce,
) -> None:
    id = lead(salesforce)
    salesforce.advance(60)
    task = salesforce.create("Task", WhoId=id, Status="Completed", ActivityDate="2025-03-01")
    assert salesforce.read("Task", task)["IsClosed"] is True
    record = salesforce.read("Lead", id)
    assert record["LastActivityDate"] == "2025-03-01"
    assert record["SystemModstamp"] > record["LastModifiedDate"]


def test_a_task_with_a_lead_cannot_be_about_something_else(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme")
    answer = salesforce.call("POST", "/sobjects/Task", json={"WhoId": lead(salesforce), "WhatId": account})
    assert refusal(answer) == (400, "FIELD_INTEGRITY_EXCEPTION")


def test_a_new_primary_contact_role_clears_the_old_one(salesforce: Salesforce) -> None:
    people = [salesforce.create("Contact", LastName=name) for name in ("One", "Two")]
    deal = salesforce.create(
        "Opportunity", Name="x", StageName="Prospecting", CloseDate="2026-01-31", ContactId=people[0]
    )
    salesforce.create("OpportunityContactRole", OpportunityId=deal, ContactId=people[1], IsPrimary=True)
    soql = f"SELECT ContactId FROM OpportunityContactRole WHERE OpportunityId = '{deal}' AND IsPrimary = true"
    assert salesforce.query(soql) == [{"ContactId": people[1]}]


def test_collections_answer_each_row_by_itself(salesforce: Salesforce) -> None:
    rows = [
        {"attributes": {"type": "Lead"}, "LastName": "One", "Company": "c"},
        {"attributes": {"type": "Lead"}, "LastName": "Two"},
        {"attributes": {"type": "Account"}, "Name": "Three"},
    ]
    answer = salesforce.call("POST", "/composite/sobjects", json={"allOrNone": False, "records": rows})
    assert answer.status_code == 200
    assert [row["success"] for row in answer.json()] == [True, False, True]
    failed = answer.json()[1]
    assert "id" not in failed
    assert failed["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    ids = [row["id"] for row in answer.json() if row["success"]]
    changed = [{"attributes": {"type": "Lead"}, "id": ids[0], "Title": "Boss"}]
    answer = salesforce.call("PATCH", "/composite/sobjects", json={"records": changed})
    assert answer.json() == [{"id": ids[0], "success": True, "errors": []}]
    answer = salesforce.call("DELETE", "/composite/sobjects", params={"ids": ",".join(ids)})
    assert [row["success"] for row in answer.json()] == [True, True]


def test_all_or_none_leaves_nothing_when_one_row_fails(salesforce: Salesforce) -> None:
    kept = lead(salesforce)
    rows = [
        {"attributes": {"type": "Lead"}, "LastName": "Ghost", "Company": "c"},
        {"attributes": {"type": "Lead"}},
    ]
    answer = salesforce.call("POST", "/composite/sobjects", json={"allOrNone": True, "records": rows}).json()
    assert [row["errors"][0]["statusCode"] for row in answer] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE LastName = 'Ghost'", deleted=True) == 0
    params = {"ids": f"{kept},00Q000000000009AAA", "allOrNone": "true"}
    assert not any(
        row["success"] for row in salesforce.call("DELETE", "/composite/sobjects", params=params).json()
    )
    assert salesforce.read("Lead", kept)["IsDeleted"] is False


def test_retrieving_a_list_of_ids_keeps_its_order_and_leaves_gaps(salesforce: Salesforce) -> None:
    ids = [lead(salesforce, Title=title) for title in "ab"]
    salesforce.delete("Lead", ids[0])
    body = {"ids": [ids[1], "00Q000000000009AAA", ids[0]], "fields": ["Title"]}
    first, *rest = salesforce.call("POST", "/composite/sobjects/Lead", json=body).json()
    assert (first["Id"], first["Title"], rest) == (ids[1], "b", [None, None])


def test_a_collection_upsert_tells_created_from_updated(salesforce: Salesforce) -> None:
    row = {"attributes": {"type": "Lead"}, "LastName": "One", "Company": "c", "SPOTIO_Id__c": "u1"}
    path = "/composite/sobjects/Lead/SPOTIO_Id__c"
    for created in (True, False):
        answer = salesforce.call("PATCH", path, json={"records": [row]}).json()
        assert (answer[0]["success"], answer[0]["created"]) == (True, created)


def test_a_collection_writes_no_row_that_it_names_twice(salesforce: Salesforce) -> None:
    id = lead(salesforce)
    rows = [{"attributes": {"type": "Lead"}, "Id": each, "Title": "Boss"} for each in (id, id[:15])]
    answer = salesforce.call("PATCH", "/composite/sobjects", json={"records": rows}).json()
    assert [row["errors"][0]["statusCode"] for row in answer] == ["DUPLICATE_VALUE"] * 2
    rows = [
        {"attributes": {"type": "Lead"}, "LastName": key, "Company": "c", "SPOTIO_Id__c": key}
        for key in "kKl"
    ]
    answer = salesforce.call("PATCH", "/composite/sobjects/Lead/SPOTIO_Id__c", json={"records": rows}).json()
    assert [row["success"] for row in answer] == [False, False, True]
    assert answer[0]["errors"][0]["message"] == "Duplicate external id specified: k"
    assert salesforce.read("Lead", id)["Title"] is None


def test_a_collection_changes_its_object_ten_times_at_most(salesforce: Salesforce) -> None:
    lead_row = {"attributes": {"type": "Lead"}, "LastName": "Mixed", "Company": "c"}
    account_row = {"attributes": {"type": "Account"}, "Name": "Mixed"}
    answer = salesforce.call("POST", "/composite/sobjects", json={"records": [lead_row, account_row] * 5})
    ids = [row["id"] for row in answer.json()]
    assert all(ids)
    refused = salesforce.call("POST", "/composite/sobjects", json={"records": [lead_row, account_row] * 6})
    assert refused.status_code == 400
    assert "Cannot have more than 10 chunks" in refused.json()[0]["message"]
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE LastName = 'Mixed'") == 5
    sorted_rows = [lead_row] * 6 + [account_row] * 6
    assert salesforce.call("POST", "/composite/sobjects", json={"records": sorted_rows}).status_code == 200
    gone = salesforce.call("DELETE", "/composite/sobjects", params={"ids": ",".join(ids)})
    assert [row["success"] for row in gone.json()] == [True] * 10


def test_a_row_that_an_undone_upsert_had_created_still_says_so(salesforce: Salesforce) -> None:
    rows = [
        {"attributes": {"type": "Lead"}, "LastName": "One", "Company": "c", "SPOTIO_Id__c": "n1"},
        {"attributes": {"type": "Lead"}, "SPOTIO_Id__c": "n2"},
    ]
    body = {"records": rows, "allOrNone": True}
    first, second = salesforce.call("PATCH", "/composite/sobjects/Lead/SPOTIO_Id__c", json=body).json()
    assert (first["success"], first["created"], "id" in first) == (False, True, False)
    assert second["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE SPOTIO_Id__c = 'n1'") == 0


def test_a_batch_answers_each_request_with_its_own_status(salesforce: Salesforce) -> None:
    requests = [
        {"method": "GET", "url": "v62.0/sobjects/Lead/describe"},
        {"method": "GET", "url": "v62.0/sobjects/Nothing/describe"},
        {"method": "POST", "url": "v62.0/sobjects/Account", "richInput": {"Name": "Batched"}},
    ]
    answer = salesforce.call("POST", "/composite/batch", json={"batchRequests": requests}).json()
    assert answer["hasErrors"] is True
    assert [each["statusCode"] for each in answer["results"]] == [200, 404, 201]
    assert salesforce.count("SELECT COUNT() FROM Account WHERE Name = 'Batched'") == 1


def test_replication_lists_what_changed_and_what_was_deleted(salesforce: Salesforce) -> None:
    kept, gone = lead(salesforce), lead(salesforce)
    salesforce.delete("Lead", gone)
    salesforce.advance(120)
    now = datetime.fromisoformat(salesforce.http.get("/__sandbox__/clock").json()["now"])
    window = {"start": (now - timedelta(minutes=10)).isoformat(), "end": now.isoformat()}
    updated = salesforce.get("/sobjects/Lead/updated/", **window)
    assert kept in updated["ids"]
    assert gone not in updated["ids"]
    deleted = salesforce.get("/sobjects/Lead/deleted", **window)
    assert gone in [each["id"] for each in deleted["deletedRecords"]]
    assert deleted["earliestDateAvailable"] < deleted["latestDateCovered"]
    short = salesforce.call("GET", "/sobjects/Lead/updated", params={**window, "start": window["end"]})
    assert refusal(short) == (400, "INVALID_REPLICATION_DATE")
