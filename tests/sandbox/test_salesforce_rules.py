"""Rules that an admin sets up and that every save goes through, whichever API brings the record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.salesforce_client import Salesforce, refusal

AUTO_ASSIGN_OFF = {"Sforce-Auto-Assign": "FALSE"}
ALLOW_SAVE = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true"}


def post(salesforce: Salesforce, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    body = {"LastName": "Diaz", "Company": "Home", **fields}
    return salesforce.call("POST", "/sobjects/Lead", json=body, headers=headers or {})


def in_a_collection(salesforce: Salesforce, headers: dict[str, str] | None = None, **fields: Any) -> Any:
    row = {"attributes": {"type": "Lead"}, "LastName": "Diaz", "Company": "Home", **fields}
    answer = salesforce.call("POST", "/composite/sobjects", json={"records": [row]}, headers=headers or {})
    return answer.json()[0]


def queue(salesforce: Salesforce) -> str:
    return str(salesforce.query("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"])


# Validation rules


@pytest.fixture
def phone_needed(salesforce: Salesforce) -> Salesforce:
    salesforce.act(
        "add_validation_rule",
        object="Lead",
        name="Phone_Needed",
        condition="Status = 'Working - Contacted' AND Phone = null",
        message="Note the phone number before you say that you called.",
        field="Phone",
    )
    return salesforce


def test_a_record_that_breaks_a_validation_rule_is_refused_in_the_admins_words(
    phone_needed: Salesforce,
) -> None:
    answer = post(phone_needed, Status="Working - Contacted", LastName="Broken")
    assert refusal(answer) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert answer.json()[0]["message"] == "Note the phone number before you say that you called."
    assert answer.json()[0]["fields"] == ["Phone"]
    assert phone_needed.count("SELECT COUNT() FROM Lead WHERE LastName = 'Broken'", deleted=True) == 0
    assert post(phone_needed, Status="Working - Contacted", Phone="555").status_code == 201


def test_an_update_is_held_to_the_rules_too_and_leaves_nothing_behind(phone_needed: Salesforce) -> None:
    id = post(phone_needed).json()["id"]
    change = {"Status": "Working - Contacted", "Title": "Boss"}
    answer = phone_needed.call("PATCH", f"/sobjects/Lead/{id}", json=change)
    assert refusal(answer) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert phone_needed.read("Lead", id)["Title"] is None
    assert phone_needed.count(f"SELECT COUNT() FROM LeadHistory WHERE LeadId = '{id}'") == 1
    row = in_a_collection(phone_needed, Status="Working - Contacted")
    assert row["errors"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    phone_needed.act("remove_rule", name="Phone_Needed")
    phone_needed.update("Lead", id, **change)


def test_a_rule_whose_condition_is_no_soql_is_not_set_up(salesforce: Salesforce) -> None:
    order = {"action": "add_validation_rule", "object": "Lead", "name": "x", "message": "y"}
    for condition, reason in (("Nope = 1", "INVALID_FIELD"), ("Phone =", "MALFORMED_QUERY")):
        answer = salesforce.http.post("/__sandbox__/act", json={**order, "condition": condition})
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(reason)


def test_everything_that_is_wrong_with_a_record_is_said_at_once(phone_needed: Salesforce) -> None:
    phone_needed.act(
        "add_validation_rule",
        object="Lead",
        name="No_Boss",
        condition="Title = 'Boss'",
        message="Nobody is the boss.",
    )
    broken: dict[str, Any] = {"Status": "Working - Contacted", "Title": "Boss"}
    both = ["Note the phone number before you say that you called.", "Nobody is the boss."]
    answer = post(phone_needed, **broken)
    assert [each["message"] for each in answer.json()] == both
    assert [each["fields"] for each in answer.json()] == [["Phone"], []]
    assert {each["errorCode"] for each in answer.json()} == {"FIELD_CUSTOM_VALIDATION_EXCEPTION"}
    row = in_a_collection(phone_needed, **broken)
    assert [each["message"] for each in row["errors"]] == both
    unfit: dict[str, Any] = {
        "LastName": "x" * 81,
        "Email": "nobody",
        "CleanStatus": "Spotless",
        "AnnualRevenue": 1e19,
    }
    codes = ["STRING_TOO_LONG", "INVALID_EMAIL_ADDRESS", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    codes.append("NUMBER_OUTSIDE_VALID_RANGE")
    assert [each["errorCode"] for each in post(phone_needed, **unfit).json()] == codes
    assert [each["statusCode"] for each in in_a_collection(phone_needed, **unfit)["errors"]] == codes
    assert phone_needed.count("SELECT COUNT() FROM Lead WHERE Title = 'Boss'", deleted=True) == 0


def test_clashes_of_several_unique_fields_are_one_error_that_names_no_field(salesforce: Salesforce) -> None:
    for name in ("Badge__c", "Plate__c"):
        field = {"name": name, "type": "string", "flags": "cunpxq"}
        salesforce.act("add_field", object="Lead", field=field)
    first = post(salesforce, Badge__c="7", Plate__c="x").json()["id"]
    second = post(salesforce, Badge__c="8", Plate__c="y").json()["id"]
    answer = post(salesforce, Badge__c="7", Plate__c="Y").json()
    found = f"Badge__c duplicates value on record with id: {first[:15]}"
    found += f", Plate__c duplicates value on record with id: {second[:15]}"
    message = f"duplicate value found: {found}"
    assert answer == [{"message": message, "errorCode": "DUPLICATE_VALUE", "fields": []}]


# Duplicate rules


@pytest.mark.parametrize(
    ("action", "headers", "saved"),
    [
        ("alert", {}, False),
        ("alert", ALLOW_SAVE, True),
        ("block", {}, False),
        ("block", ALLOW_SAVE, False),
        ("alert", {"Sforce-Duplicate-Rule-Header": "allowSave=false"}, False),
    ],
)
def test_a_duplicate_is_saved_only_over_an_alert_and_only_on_purpose(
    salesforce: Salesforce, action: str, headers: dict[str, str], saved: bool
) -> None:
    salesforce.act(
        "add_duplicate_rule", object="Lead", name="Same_Mail", fields=["Email"], blocks=action == "block"
    )
    first = post(salesforce, Email="ana@example.com").json()["id"]
    answer = post(salesforce, headers, Email="ANA@example.com")
    row = in_a_collection(salesforce, headers, Email="ana@example.com")
    assert (answer.status_code == 201, row["success"]) == (saved, saved)
    if saved:
        return
    assert refusal(answer) == (400, "DUPLICATES_DETECTED")
    error = answer.json()[0]
    assert error["message"] == "Use one of these records?"
    found = error["duplicateResut"]
    assert (found["duplicateRule"], found["allowSave"]) == ("Same_Mail", action == "alert")
    match = found["matchResults"][0]["matchRecords"][0]
    assert (match["record"]["Id"], match["matchConfidence"]) == (first, 100.0)
    assert set(row["errors"][0]) == {"statusCode", "message", "fields"}
    assert salesforce.count("SELECT COUNT() FROM Lead WHERE Email = 'ana@example.com'") == 1


def test_a_lead_may_repeat_a_contact_and_a_blank_repeats_nothing(salesforce: Salesforce) -> None:
    salesforce.act(
        "add_duplicate_rule",
        object="Lead",
        name="Known_Contact",
        against="Contact",
        fields=["Email", ["LastName", "LastName"]],
    )
    contact = salesforce.create("Contact", LastName="Diaz", Email="ana@example.com")
    answer = post(salesforce, Email="ana@example.com")
    result = answer.json()[0]["duplicateResut"]["matchResults"][0]
    assert (result["entityType"], result["matchRecords"][0]["record"]["Id"]) == ("Contact", contact)
    assert post(salesforce).status_code == 201
    assert post(salesforce, Email="ana@example.com", LastName="Other").status_code == 201
    salesforce.delete("Contact", contact)
    assert post(salesforce, Email="ana@example.com").status_code == 201


def test_an_edit_is_compared_only_where_it_changes_what_the_rule_compares(salesforce: Salesforce) -> None:
    one, other = (post(salesforce, Email=f"{name}@example.com").json()["id"] for name in ("a", "b"))
    twin = post(salesforce, Email="a@example.com").json()["id"]
    salesforce.act("add_duplicate_rule", object="Lead", name="Same_Mail", fields=["Email"])
    salesforce.update("Lead", twin, Title="no matter")
    answer = salesforce.call("PATCH", f"/sobjects/Lead/{other}", json={"Email": "a@example.com"})
    assert refusal(answer) == (400, "DUPLICATES_DETECTED")
    matches = answer.json()[0]["duplicateResut"]["matchResults"][0]["matchRecords"]
    assert {each["record"]["Id"] for each in matches} == {one, twin}


# Assignment rules


@pytest.fixture
def web_goes_to_queue(salesforce: Salesforce) -> str:
    entries = [
        {"condition": "LeadSource = 'Web'", "owner": queue(salesforce)},
        {
            "condition": "LeadSource = 'Purchased List'",
            "owner": salesforce.query("SELECT Id FROM User WHERE Alias = 'sync'")[0]["Id"],
        },
    ]
    return str(salesforce.act("add_assignment_rule", object="Lead", name="Web", entries=entries)["id"])


def test_the_active_assignment_rule_applies_unless_it_is_turned_off(
    salesforce: Salesforce, web_goes_to_queue: str
) -> None:
    owner = salesforce.query("SELECT Id FROM User WHERE Alias = 'sync'")[0]["Id"]
    fields = {"LeadSource": "Web", "OwnerId": owner}
    found = {
        name: salesforce.read("Lead", post(salesforce, headers, **fields).json()["id"])["OwnerId"]
        for name, headers in (
            ("nothing", {}),
            ("true", {"Sforce-Auto-Assign": "TRUE"}),
            ("false", AUTO_ASSIGN_OFF),
            ("id", {"Sforce-Auto-Assign": web_goes_to_queue}),
        )
    }
    # The rule overrides even the owner whom the writer named.
    assert found == {
        "nothing": queue(salesforce),
        "true": queue(salesforce),
        "false": owner,
        "id": queue(salesforce),
    }
    kept = in_a_collection(salesforce, AUTO_ASSIGN_OFF, **fields)["id"]
    moved = in_a_collection(salesforce, **fields)["id"]
    owners = [salesforce.read("Lead", id)["OwnerId"] for id in (kept, moved)]
    assert owners == [owner, queue(salesforce)]
    assert refusal(post(salesforce, {"Sforce-Auto-Assign": "maybe"})) == (400, "MALFORMED_ID")


def test_an_update_is_assigned_too_and_its_history_says_so(
    salesforce: Salesforce, web_goes_to_queue: str
) -> None:
    id = post(salesforce).json()["id"]
    salesforce.call("PATCH", f"/sobjects/Lead/{id}", json={"LeadSource": "Web"}, headers=AUTO_ASSIGN_OFF)
    assert salesforce.read("Lead", id)["OwnerId"] != queue(salesforce)
    salesforce.update("Lead", id, Title="Boss")
    assert salesforce.read("Lead", id)["OwnerId"] == queue(salesforce)
    soql = f"SELECT NewValue FROM LeadHistory WHERE LeadId = '{id}' AND Field = 'Owner'"
    assert queue(salesforce) in [each["NewValue"] for each in salesforce.query(soql)]


def test_one_assignment_rule_is_active_and_all_can_be_found(
    salesforce: Salesforce, web_goes_to_queue: str
) -> None:
    owner = salesforce.query("SELECT Id FROM User WHERE Alias = 'sync'")[0]["Id"]
    salesforce.act("add_assignment_rule", object="Lead", name="All", entries=[{"owner": owner}])
    rules = salesforce.query("SELECT Id, Name, Active FROM AssignmentRule WHERE SobjectType = 'Lead'")
    assert {(each["Name"], each["Active"]) for each in rules} == {("Web", False), ("All", True)}
    assert salesforce.read("Lead", post(salesforce, LeadSource="Web").json()["id"])["OwnerId"] == owner
    named = {"Sforce-Auto-Assign": web_goes_to_queue}
    record = post(salesforce, named, LeadSource="Web").json()["id"]
    assert salesforce.read("Lead", record)["OwnerId"] == queue(salesforce)


def test_only_a_queue_among_the_groups_owns_records(salesforce: Salesforce) -> None:
    group = salesforce.create("Group", Name="Choir", Type="Regular")
    assert refusal(post(salesforce, OwnerId=group)) == (400, "INVALID_CROSS_REFERENCE_KEY")
    assert post(salesforce, OwnerId=queue(salesforce)).status_code == 201


def test_a_queue_owns_only_records_of_the_objects_it_is_for(salesforce: Salesforce) -> None:
    mine = salesforce.query(
        f"SELECT SobjectType, Queue.Name FROM QueueSobject WHERE QueueId = '{queue(salesforce)}'"
    )
    assert [each["SobjectType"] for each in mine] == ["Lead"]
    task = {"Subject": "Call", "OwnerId": queue(salesforce)}
    refused = salesforce.call("POST", "/sobjects/Task", json=task)
    assert refused.json() == [
        {
            "message": "Queue not associated with this SObject type",
            "errorCode": "INVALID_OPERATION",
            "fields": [],
        }
    ]
    link = salesforce.create("QueueSobject", QueueId=queue(salesforce), SobjectType="Task")
    salesforce.create("Task", **task)
    salesforce.delete("QueueSobject", link)
    assert refusal(salesforce.call("POST", "/sobjects/Task", json=task)) == (400, "INVALID_OPERATION")
    choir = salesforce.create("Group", Name="Choir", Type="Regular")
    wrong = salesforce.call("POST", "/sobjects/QueueSobject", json={"QueueId": choir, "SobjectType": "Lead"})
    assert refusal(wrong) == (400, "INVALID_CROSS_REFERENCE_KEY")


def test_a_queue_goes_with_what_it_is_for_and_takes_custom_objects(salesforce: Salesforce) -> None:
    salesforce.act("add_object", name="Site__c")
    doors = salesforce.create("Group", Name="Doors", Type="Queue")
    site = {"Name": "North", "OwnerId": doors}
    assert refusal(salesforce.call("POST", "/sobjects/Site__c", json=site)) == (400, "INVALID_OPERATION")
    salesforce.create("QueueSobject", QueueId=doors, SobjectType="Site__c")
    id = salesforce.create("Site__c", **site)
    salesforce.update(
        "Site__c", id, OwnerId=salesforce.query("SELECT Id FROM User WHERE Alias = 'sync'")[0]["Id"]
    )
    salesforce.delete("Group", doors)
    assert salesforce.count(f"SELECT COUNT() FROM QueueSobject WHERE QueueId = '{doors}'") == 0


# Automation


def test_automation_rewrites_what_was_written_and_the_answer_does_not_say_so(salesforce: Salesforce) -> None:
    for name, field, how in (
        ("phones", "Phone", {"case": "phone"}),
        ("capitals", "LastName", {"case": "upper"}),
        ("rate", "Rating", {"value": "Hot", "condition": "AnnualRevenue > 1000"}),
    ):
        salesforce.act("add_field_update", object="Lead", name=name, field=field, **how)
    id = post(salesforce, Phone="303.555.0100", AnnualRevenue=5000, Rating="Cold").json()["id"]
    record = salesforce.read("Lead", id)
    assert (record["Phone"], record["Rating"], record["Name"]) == ("(303) 555-0100", "Hot", "DIAZ")
    assert record["LastModifiedDate"] == record["SystemModstamp"] == record["CreatedDate"]
    salesforce.update("Lead", id, Phone="+1 720 555 0199", AnnualRevenue=1)
    record = salesforce.read("Lead", id)
    assert (record["Phone"], record["Rating"]) == ("(720) 555-0199", "Hot")
    assert salesforce.query("SELECT Phone FROM Lead WHERE Name = 'DIAZ'") == [{"Phone": "(720) 555-0199"}]
    salesforce.update("Lead", id, Phone="call Ana")
    assert salesforce.read("Lead", id)["Phone"] == "call Ana"


def test_validation_sees_what_automation_made_of_a_record(salesforce: Salesforce) -> None:
    salesforce.act("add_field_update", object="Lead", name="rate", field="Rating", value="Cold")
    salesforce.act(
        "add_validation_rule", object="Lead", name="warm", condition="Rating = 'Cold'", message="Too cold."
    )
    assert refusal(post(salesforce, Rating="Hot")) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")


def test_rules_are_gone_after_a_reset(salesforce: Salesforce) -> None:
    salesforce.act("add_validation_rule", object="Lead", name="all", condition="Id != null", message="No.")
    assert post(salesforce).status_code == 400
    salesforce.control("reset", {})
    assert post(salesforce).status_code == 201


# Record types


def test_a_record_type_restricts_a_picklist_further(salesforce: Salesforce) -> None:
    salesforce.act(
        "limit_picklist",
        object="Lead",
        record_type="Residential",
        name="CleanStatus",
        values=["Matched", "Pending"],
    )
    types = salesforce.query("SELECT Id, DeveloperName FROM RecordType WHERE SobjectType = 'Lead'")
    ids = {each["DeveloperName"]: each["Id"] for each in types}
    refused = post(salesforce, RecordTypeId=ids["Residential"], CleanStatus="Skipped")
    assert refusal(refused) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert post(salesforce, RecordTypeId=ids["Residential"], CleanStatus="Pending").status_code == 201
    record = post(salesforce, RecordTypeId=ids["Commercial"], CleanStatus="Skipped").json()["id"]
    moved = salesforce.call("PATCH", f"/sobjects/Lead/{record}", json={"RecordTypeId": ids["Residential"]})
    assert refusal(moved) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    account_type = salesforce.query("SELECT Id FROM RecordType WHERE SobjectType = 'Account'")[0]["Id"]
    assert refusal(post(salesforce, RecordTypeId=account_type)) == (400, "INVALID_CROSS_REFERENCE_KEY")


def test_what_a_record_type_allows_can_be_asked_for(salesforce: Salesforce) -> None:
    salesforce.act(
        "limit_picklist", object="Lead", record_type="Residential", name="CleanStatus", values=["Pending"]
    )
    types = salesforce.query("SELECT Id, DeveloperName FROM RecordType WHERE SobjectType = 'Lead'")
    ids = {each["DeveloperName"]: each["Id"] for each in types}

    def values(type_id: str) -> list[str]:
        path = f"/ui-api/object-info/Lead/picklist-values/{type_id}"
        one = salesforce.get(f"{path}/CleanStatus")["values"]
        assert salesforce.get(path)["picklistFieldValues"]["CleanStatus"]["values"] == one
        return [each["value"] for each in one]

    assert values(ids["Residential"]) == ["Pending"]
    assert len(values(ids["Commercial"])) == len(values("012000000000000AAA")) > 5
    wrong = salesforce.call("GET", f"/ui-api/object-info/Account/picklist-values/{ids['Commercial']}")
    assert refusal(wrong) == (404, "NOT_FOUND")


# Field history


def test_accounts_and_contacts_keep_the_history_of_their_tracked_fields(salesforce: Salesforce) -> None:
    account = salesforce.create("Account", Name="Acme")
    contact = salesforce.create("Contact", LastName="Best", AccountId=account)
    salesforce.update("Account", account, Industry="Energy", Site="not tracked")
    salesforce.update("Contact", contact, Email="best@example.com")
    for sobject, id, expected in (
        ("Account", account, ("Industry", None, "Energy")),
        ("Contact", contact, ("Email", None, "best@example.com")),
    ):
        soql = f"SELECT Field, OldValue, NewValue FROM {sobject}History WHERE {sobject}Id = '{id}'"
        entries = [tuple(entry.values()) for entry in salesforce.query(soql)]
        assert entries == [("created", None, None), expected]


def test_an_admin_tracks_a_field_and_stops_again(salesforce: Salesforce) -> None:
    id = post(salesforce).json()["id"]
    salesforce.update("Lead", id, Title="untracked")
    salesforce.act("track_field", object="Lead", name="Title")
    salesforce.update("Lead", id, Title="Boss")
    salesforce.act("track_field", object="Lead", name="Title", tracked=False)
    salesforce.update("Lead", id, Title="Owner")
    soql = f"SELECT Field, OldValue, NewValue, CreatedById FROM LeadHistory WHERE LeadId = '{id}'"
    found = [each for each in salesforce.query(soql) if each["Field"] == "Title"]
    admin = salesforce.read("Lead", id)["LastModifiedById"]
    assert found == [{"Field": "Title", "OldValue": "untracked", "NewValue": "Boss", "CreatedById": admin}]
