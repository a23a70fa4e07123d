"""SPOTIO stand-in: records."""

from typing import Any

import pytest

from tests.sandbox.spotio_client import ADMIN, HOME, MANAGER, OTHER_REP, REP, Office


@pytest.fixture
def office() -> Office:
    return Office()


def kinds(items: list[Any]) -> list[str]:
    return [item["type"] for item in items]


def test_a_new_record_has_a_name_a_place_and_the_callers_ownership(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Email="ana@example.com", Value="1250.5"))
    assert record["name"] == "Ana Diaz"
    assert (record["ownerId"], record["stageId"], record["typeId"]) == (ADMIN, "1", "1")
    assert record["emails"] == ["ana@example.com"]
    assert record["value"] == 1250.5
    assert record["territoryId"] == "70"
    assert record["territories"] == [{"id": 70, "title": "Downtown", "parentId": None, "global": False}]
    assert (record["pin"]["street"], record["pin"]["zip"]) == ("Broad St", "43215")


def test_an_address_without_a_position_is_always_the_same_place(office: Office) -> None:
    pins = [office.new_lead(pin={"address": "8466 St Helena Hwy, Rutherford, CA"})["pin"] for _ in range(2)]
    assert (pins[0]["lat"], pins[0]["lng"]) == (pins[1]["lat"], pins[1]["lng"])
    assert pins[0]["lat"] != 0


def test_ids_are_text_in_a_single_read_and_numbers_in_the_export(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Interests=["EV charger", "New roof"]))
    exported = office.export()[0]
    assert (exported["typeId"], exported["stageId"], exported["ownerId"]) == (1, 1, int(ADMIN))
    assert exported["id"] == record["id"]
    rows = [row["value"] for row in exported["fields"] if str(row["fieldId"]) == office.field_id("Interests")]
    assert rows == ["EV charger", "New roof"]
    single = [item for item in record["fields"] if item["fieldId"] == office.field_id("Interests")]
    assert single[0]["values"] == ["EV charger", "New roof"]


def test_paths_query_names_and_member_names_are_read_in_any_case(office: Office) -> None:
    request = {"DataObject": {"TypeId": "1", "StageId": "1", "Fields": office.fields()}}
    record = office.post("/API/dataobjects", request)
    assert office.get(f"/api/dataObjects/{record['id']}")["name"] == "Ana Diaz"
    assert office.get("/api/dataobjectssearch", params={"PERPAGE": 1})["totalCount"] == 1


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"stageId": 99}, "stageId"),
        ({"ownerId": 99}, "ownerId"),
        ({"typeId": 99}, "typeId"),
        ({"parentId": "0" * 24}, "parentId"),
        ({"fields": [{"fieldId": "999", "value": "x"}]}, "999"),
        ({"fields": [{"fieldId": "23", "value": "much"}]}, "23"),
        ({"fields": [{"fieldId": "20", "value": "Alchemy"}]}, "20"),
        ({"fields": [{"fieldId": "24", "value": "soon"}]}, "24"),
        ({"pin": "somewhere"}, "pin"),
    ],
)
def test_a_bad_member_is_named_in_the_answer(office: Office, members: dict[str, Any], member: str) -> None:
    request = {"dataObject": {"typeId": 1, "fields": office.fields()} | members}
    assert list(office.post("/api/DataObjects", request, status=400)["errors"]) == [member]
    assert office.export() == []


def test_a_stage_change_leaves_a_transition_and_moves_three_stamps(office: Office) -> None:
    record = office.new_lead()
    office.later(hours=1)
    sold = office.lead.stage("Sold").id
    after = office.set(record["id"], "stageId", int(sold), by=MANAGER)
    assert (after["stageId"], after["stageUpdatedById"]) == (sold, MANAGER)
    assert after["updatedAt"] == after["stageUpdatedAt"] > record["updatedAt"]
    newest = office.feed()[0]
    assert newest["type"] == "transition"
    assert newest["transition"] == {"fromStageId": "1", "toStageId": sold, "lossReasons": []}
    assert newest["ownerId"] == MANAGER


def test_an_owner_change_leaves_its_trace_and_the_day_of_assignment(office: Office) -> None:
    record = office.new_lead()
    after = office.set(record["id"], "ownerId", int(REP))
    assert after["dateOfAssignment"] > record["dateOfAssignment"]
    assert after["stageUpdatedAt"] == record["stageUpdatedAt"]
    assert office.feed()[0]["ownerChanged"] == {
        "previousDataObjectOwnerId": ADMIN,
        "newDataObjectOwnerId": REP,
    }


def test_a_patch_of_fields_replaces_the_whole_list_and_notes_each_difference(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Industry="Retail", Company="Acme"))
    after = office.set(record["id"], "fields", office.fields(Last_Name="Novak", Company="Acme"))
    assert {item["label"]: item["value"] for item in after["fields"]} == {
        "First Name": "Ana",
        "Last Name": "Novak",
        "Company": "Acme",
    }
    updates = [item["dataObject"]["fieldDiff"] for item in office.feed() if item["type"] == "update"]
    differences = {(item["reference"], item["oldValue"], item["newValue"]) for item in updates}
    assert differences == {
        (office.field_id("Last Name"), "Diaz", "Novak"),
        (office.field_id("Industry"), "Retail", None),
    }


def test_one_value_in_the_list_of_fields_can_be_patched_by_its_place(office: Office) -> None:
    record = office.new_lead()
    operations = [
        {"op": "test", "path": "/fields/1/value", "value": "Diaz"},
        {"op": "replace", "path": "/fields/1/value", "value": "Novak"},
        {"op": "add", "path": "/fields/-", "value": {"fieldId": office.field_id("Company"), "value": "Acme"}},
    ]
    after = office.patch(f"/api/DataObjects/{record['id']}/jsonp", operations)
    assert after["name"] == "Ana Novak"
    assert len(after["fields"]) == 3


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/nothing", "value": 1},
        {"op": "test", "path": "/stageId", "value": "7"},
        {"op": "remove", "path": "/fields/9"},
        {"op": "frobnicate", "path": "/stageId"},
        {"op": "replace", "path": "stageId", "value": 1},
        "replace",
    ],
)
def test_a_patch_that_cannot_be_done_changes_nothing(office: Office, operation: Any) -> None:
    record = office.new_lead()
    operations = [{"op": "replace", "path": "/stageId", "value": 2}, operation]
    office.patch(f"/api/DataObjects/{record['id']}/jsonp", operations, status=400)
    assert office.get(f"/api/DataObjects/{record['id']}") == record


def test_an_accepted_patch_moves_updated_at_even_when_it_changes_nothing(office: Office) -> None:
    record = office.new_lead()
    after = office.set(record["id"], "stageId", 1)
    assert after["updatedAt"] > record["updatedAt"]
    assert kinds(office.feed()) == ["create"]


def test_required_fields_of_a_stage_can_be_left_unchecked(office: Office) -> None:
    office.lead.field("Phone").stage_constraints = ["5"]
    record = office.new_lead()
    errors = office.set(record["id"], "stageId", 5, status=400)["errors"]
    assert errors == {office.field_id("Phone"): "Phone is required."}
    path = f"/api/DataObjects/{record['id']}/jsonp?validateRequiredFields=false"
    assert office.patch(path, [{"op": "replace", "path": "/stageId", "value": 5}])["stageId"] == "5"


def test_a_stage_change_and_its_reasons_go_in_one_call(office: Office) -> None:
    record = office.new_lead()
    lost = office.lead.stage("Not interested").id
    body = {
        "dataObject": [{"op": "replace", "path": "/stageId", "value": lost}],
        "activity": {"type": "transition", "notes": "moved", "transition": {"lossReasons": ["Price"]}},
    }
    office.patch(f"/api/DataObjects/{record['id']}/jsonp/withActivity", body)
    newest = office.feed()[0]
    assert (newest["transition"]["lossReasons"], newest["notes"]) == (["Price"], "moved")
    visit: dict[str, object] = {"done": True, **office.result("Visit", "Come back")}
    body = {
        "dataObject": {"operations": [{"op": "replace", "path": "/stageId", "value": 1}]},
        "activity": visit,
    }
    office.patch(f"/api/DataObjects/{record['id']}/jsonp/withActivity", body)
    assert kinds(office.feed()) == ["event", "transition", "transition", "create"]


def test_updated_after_is_strict_and_the_oldest_change_comes_first(office: Office) -> None:
    first, second = office.new_lead(), office.new_lead()
    office.set(first["id"], "source", "Import")
    feed = office.export()
    assert [item["id"] for item in feed] == [second["id"], first["id"]]
    assert [item["id"] for item in office.export(updatedAfter=feed[0]["updatedAt"])] == [first["id"]]
    assert office.export(updatedAfter=feed[1]["updatedAt"]) == []


def test_a_scan_keeps_its_rows_while_others_write(office: Office) -> None:
    office.tenant.load("dataObjects", _many_rows(450))
    page = office.get("/api/Exports/dataObjects/data")
    seen = [item["id"] for item in page["items"]]
    office.set(seen[0], "stageId", 2)
    office.new_lead()
    office.delete(f"/api/DataObjects/{450 - 1:024x}")
    while page["scrollId"] is not None:
        page = office.get("/api/Exports/dataObjects/data", params={"scrollId": page["scrollId"]})
        seen += [item["id"] for item in page["items"]]
    assert len(seen) == len(set(seen)) == 449


def test_a_cursor_can_be_asked_twice_and_expires(office: Office) -> None:
    office.tenant.load("dataObjects", _many_rows(300))
    first = office.get("/api/Exports/dataObjects/data")
    cursor = {"scrollId": first["scrollId"]}
    again = [office.get("/api/Exports/dataObjects/data", params=cursor)["items"] for _ in range(2)]
    assert again[0] == again[1]
    office.get("/api/DataObjectsSearch", params=cursor, status=400)
    office.later(hours=1)
    office.get("/api/Exports/dataObjects/data", params=cursor, status=400)


def _many_rows(count: int) -> list[dict[str, Any]]:
    stamp = "2026-01-01T08:00:00.1234567+00:00"
    return [
        {
            "id": f"{n:024x}",
            "typeId": "1",
            "stageId": "1",
            "ownerId": REP if n % 2 else ADMIN,
            "fields": {"100003": f"Number {n}"},
            "updatedAt": stamp,
        }
        for n in range(count)
    ]


def test_records_with_one_stamp_are_all_told(office: Office) -> None:
    office.tenant.load("dataObjects", _many_rows(450))
    assert len({item["id"] for item in office.export(updatedAfter="2026-01-01T08:00:00.1234566Z")}) == 450
    assert office.export(updatedAfter="2026-01-01T08:00:00.1234567Z") == []


def test_search_pages_are_sized_sorted_and_counted(office: Office) -> None:
    office.tenant.load("dataObjects", _many_rows(120))
    assert len(office.get("/api/DataObjectsSearch")["items"]) == 50
    page = office.get("/api/DataObjectsSearch", params={"perPage": 500, "sortBy": "-updatedAt"})
    assert (len(page["items"]), page["totalCount"]) == (100, 120)
    office.set(f"{7:024x}", "stageId", 3)
    found = office.get("/api/DataObjectsSearch", params={"sortBy": "-updatedat", "perPage": 1})["items"]
    assert found[0]["id"] == f"{7:024x}"
    assert office.get("/api/DataObjectsSearch", params={"stageId": 3})["totalCount"] == 1
    assert office.get("/api/DataObjectsSearch", params={"q": "number 11"})["totalCount"] == 11
    office.get("/api/DataObjectsSearch", params={"sortBy": "beauty"}, status=400)


def test_search_shows_custom_fields_parents_and_external_ids_only_when_asked(office: Office) -> None:
    account = office.tenant.workflow.type("Account")
    company = [{"fieldId": account.field("Company").id, "value": "Acme"}]
    parent = office.post("/api/DataObjects", {"dataObject": {"typeId": 2, "fields": company}})
    deal = [{"fieldId": "30", "value": "Roof"}, {"fieldId": "100007", "value": "9000"}]
    child = {"typeId": 3, "parentId": parent["id"], "fields": deal, "externalDataObjectId": "006A"}
    created = office.post("/api/DataObjects", {"dataObject": child})
    assert created["parentsInfo"] == [{"id": parent["id"], "name": "Acme"}]
    plain = office.get("/api/DataObjectsSearch", params={"singleType": 3})["items"][0]
    assert plain["fields"] == []
    assert plain.keys() & {"parent", "ownerExternalUserId"} == set()
    asked = {"singleType": 3, "includeCustomFieldIds": "30", "includeParentData": True}
    asked["includeOwnerExternalUserId"] = True
    found = office.get("/api/DataObjectsSearch", params=asked)["items"][0]
    assert found["fields"] == [{"fieldId": "30", "value": "Roof", "values": None}]
    assert (found["parent"]["name"], found["ownerExternalUserId"]) == ("Acme", f"005{ADMIN}")
    related = office.get(f"/api/DataObjects/{parent['id']}/related/3")["items"]
    assert [item["id"] for item in related] == [created["id"]]


def test_a_deleted_record_is_listed_as_deleted_and_gone_elsewhere(office: Office) -> None:
    record = office.new_lead()
    office.visit(record["id"])
    office.delete(f"/api/DataObjects/{record['id']}")
    office.get(f"/api/DataObjects/{record['id']}", status=404)
    assert office.export() == office.feed() == []
    gone = office.scan("/api/DataObjects/deleted", "deletedDataObjects")
    assert [(item["id"], item["deletedById"]) for item in gone] == [(record["id"], ADMIN)]
    since = {"startDate": gone[0]["deletedAt"]}
    assert len(office.scan("/api/DataObjects/deleted", "deletedDataObjects", **since)) == 1
    office.later(seconds=1)
    late = {"startDate": office.clock.now().isoformat()}
    assert office.scan("/api/DataObjects/deleted", "deletedDataObjects", **late) == []


def test_a_record_deleted_for_good_is_not_listed(office: Office) -> None:
    record = office.new_lead()
    office.delete(f"/api/DataObjects/{record['id']}", json={"mode": "delete", "permanently": True})
    assert office.scan("/api/DataObjects/deleted", "deletedDataObjects") == []


def test_children_go_with_their_parent_or_to_another_one(office: Office) -> None:
    company = office.tenant.workflow.type("Account").field("Company").id
    parents = [
        office.post(
            "/api/DataObjects", {"dataObject": {"typeId": 2, "fields": [{"fieldId": company, "value": name}]}}
        )["id"]
        for name in ("Acme", "Bolt")
    ]
    deal = {"typeId": 3, "parentId": parents[0], "fields": [{"fieldId": "30", "value": "Roof"}]}
    child = office.post("/api/DataObjects", {"dataObject": deal})["id"]
    move = {"mode": "deleteAndReassign", "newParentId": parents[1]}
    office.delete(f"/api/DataObjects/{parents[0]}", json=move)
    assert office.get(f"/api/DataObjects/{child}")["parentsInfo"][0]["name"] == "Bolt"
    office.delete(f"/api/DataObjects/{parents[1]}")
    office.get(f"/api/DataObjects/{child}", status=404)


def test_sales_people_see_what_they_own_or_help_with(office: Office) -> None:
    own = office.new_lead(by=REP)
    helped = office.new_lead(by=OTHER_REP, collaboratorIds=[int(REP)])
    other = office.new_lead(by=OTHER_REP)
    office.get(f"/api/DataObjects/{other['id']}", by=REP, status=403)
    assert office.get(f"/api/DataObjects/{helped['id']}", by=REP)["access"] == "editable"
    seen = office.get("/api/DataObjectsSearch", by=REP)["items"]
    assert {item["id"] for item in seen} == {own["id"], helped["id"]}
    exported = office.get("/api/Exports/dataObjects/data", by=REP)["items"]
    assert {item["id"] for item in exported} == {own["id"], helped["id"]}
    ids = f"{own['id']},{other['id']}"
    many = office.get("/api/DataObjects/many", params={"dataObjectsIds": ids}, by=REP)
    assert [item["id"] for item in many] == [own["id"]]


def test_records_at_one_address_are_duplicates_of_each_other(office: Office) -> None:
    first, second = office.new_lead(), office.new_lead()
    office.new_lead(pin=HOME | {"address": "200 Broad St, Columbus, OH 43215"})
    found = office.get(f"/api/DataObjects/{first['id']}/duplicatesByAddress")
    assert [item["id"] for item in found] == [second["id"]]


def test_a_created_at_of_the_past_back_dates_the_record_but_not_its_change(office: Office) -> None:
    record = office.new_lead(createdAt="2020-01-01T00:00:00Z", updatedAt="2020-01-01T00:00:00Z")
    assert record["createdAt"] == "2020-01-01T00:00:00+00:00"
    assert record["updatedAt"] > "2026"
