"""SPOTIO stand-in: records with their children, what native integrations leave behind, and types as they are configured."""

from typing import Any

import pytest

from sync.sandbox.standin import Refused
from tests.sandbox.spotio_client import ADMIN, OTHER_REP, REP, Office

FAMILY = "/api/DataObjects/withChildren"


@pytest.fixture
def office() -> Office:
    return Office()


def account(office: Office, *children: str, **members: Any) -> Any:
    """An account named Acme, with a deal of each of these names."""
    company = office.tenant.workflow.type("Account").field("Company").id
    parent = {"typeId": 2, "fields": [{"fieldId": company, "value": "Acme"}]} | members
    deals = [{"typeId": 3, "fields": deal_fields(name)} for name in children]
    return office.post(FAMILY, {"dataObject": {"parent": parent, "children": deals}})


def deal_fields(name: str) -> list[dict[str, str]]:
    return [{"fieldId": "30", "value": name}]


def test_a_family_is_made_in_one_call_and_read_apart(office: Office) -> None:
    family = account(office, "Roof", "Battery", ownerId=int(REP))
    assert [child["name"] for child in family["children"]] == ["Roof", "Battery"]
    for child in family["children"]:
        alone = office.get(f"/api/DataObjects/{child['id']}", by=REP)
        assert alone["ownerId"] == REP
        assert [parent["id"] for parent in alone["parentsInfo"]] == [family["parent"]["id"]]
    assert office.get(f"{FAMILY}/{family['parent']['id']}") == family
    ids = {"dataObjectsIds": family["parent"]["id"]}
    assert office.get(f"{FAMILY}/many", params=ids) == [family]
    office.get(f"{FAMILY}/{family['parent']['id']}", by=OTHER_REP, status=403)


def test_a_family_is_made_whole_or_not_at_all(office: Office) -> None:
    deals = [{"typeId": 3, "fields": deal_fields("Roof")}, {"typeId": 3, "fields": []}]
    family = {"parent": {"typeId": 2}, "children": deals}
    answer = office.post(FAMILY, {"dataObject": family}, status=400)
    assert set(answer["errors"]) == {"30"}
    assert office.export() == []


def test_a_patch_of_a_family_changes_adds_and_removes_children(office: Office) -> None:
    family = account(office, "Roof", "Battery")
    parent, (roof, battery) = family["parent"], family["children"]
    operations = [
        {"op": "replace", "path": "/parent/stageId", "value": 2},
        {"op": "replace", "path": "/children/0/fields", "value": deal_fields("New roof")},
        {"op": "remove", "path": "/children/1"},
        {"op": "add", "path": "/children/-", "value": {"typeId": 3, "fields": deal_fields("Charger")}},
    ]
    after = office.patch(f"{FAMILY}/{parent['id']}/jsonp", operations)
    assert after["parent"]["stageId"] == "2"
    assert [child["name"] for child in after["children"]] == ["New roof", "Charger"]
    assert after["children"][0]["id"] == roof["id"]
    gone = office.get("/api/DataObjects/deleted")["deletedDataObjects"]
    assert [item["id"] for item in gone] == [battery["id"]]
    kinds = [(item["type"], item["dataObject"]["id"]) for item in office.feed()]
    assert ("transition", parent["id"]) in kinds
    assert ("update", roof["id"]) in kinds


def test_a_patch_of_a_family_brings_its_activity(office: Office) -> None:
    parent = account(office)["parent"]
    move = [{"op": "replace", "path": "/parent/stageId", "value": 4}]
    reasons = {"type": "transition", "transition": {"lossReasons": ["Cancelled"]}}
    path = f"{FAMILY}/{parent['id']}/jsonp/withActivity"
    office.patch(path, {"dataObject": {"operations": move}, "activity": reasons})
    office.patch(path, {"dataObject": [], "activity": {"done": True, **office.result("Call", "Reached")}})
    newest, moved = office.feed()[:2]
    assert moved["transition"]["lossReasons"] == ["Cancelled"]
    assert newest["activityTemplateId"] == office.result("Call", "Reached")["activityTemplateId"]
    office.patch(
        f"{FAMILY}/{parent['id']}/jsonp", [{"op": "add", "path": "/parent/x", "value": 1}], status=400
    )


def test_a_merge_counts_what_it_brings_even_when_it_fills_no_blank(office: Office) -> None:
    winner, loser = office.new_lead(), office.new_lead()
    office.visit(loser["id"])
    office.standin.act("merge_records", {"winner": winner["id"], "losers": [loser["id"]]})
    assert office.get(f"/api/DataObjects/{winner['id']}")["visitsCount"] == 1


def test_a_native_integration_shows_on_fields_users_and_records(office: Office) -> None:
    record = office.new_lead()
    arguments = {
        "typeId": "1",
        "fields": [office.field_id("Company")],
        "users": {REP: "0051"},
        "dataObjects": {record["id"]: "00Q1"},
    }
    office.standin.act("set_native_integration", arguments)
    field = f"/api/workflow/dataObjects/fields/{office.field_id('Company')}/integrations"
    assert office.get(field) == [{"dataObjectTypeId": "1", "integrations": ["SalesforceV2"]}]
    users = {user["id"]: user for user in office.get("/api/users")}
    assert (users[REP]["isInSalesforce"], users[REP]["externalSystemUserId"]) == (True, "0051")
    assert not users[ADMIN]["isInSalesforce"]
    (row,) = office.export(updatedAfter=record["updatedAt"])
    assert row["externalDataObjectId"] == "00Q1"
    office.standin.act("set_native_integration", {"typeId": "1", "on": False})
    assert office.get(field) == []
    with pytest.raises(Refused, match="Type with id: 9"):
        office.standin.act("set_native_integration", {"typeId": "9"})


def test_a_type_is_made_given_fields_used_and_only_goes_when_it_is_empty(office: Office) -> None:
    made = office.post("/api/workflow/dataObjects", {"name": "Site", "parentId": "2", "parentRequired": True})
    fields = f"/api/workflow/dataObjects/{made['id']}/fields"
    name = next(field for field in office.get(f"{fields}/available") if field["systemRole"] == "company")
    moved = office.post(f"{fields}/{name['id']}/move", {"index": 0, "role": "name"})
    assert (moved["field"]["name"], moved["field"]["role"]) == ("Company", "name")
    assert name["id"] not in [field["id"] for field in office.get(f"{fields}/available")]
    parent = account(office)["parent"]
    request = {"typeId": int(made["id"]), "parentId": parent["id"]}
    site = office.post(
        "/api/DataObjects", {"dataObject": request | {"fields": [{"fieldId": name["id"], "value": "Plant"}]}}
    )
    assert (site["name"], site["stageId"]) == ("Plant", "1")
    office.delete(f"/api/workflow/dataObjects/{made['id']}", status=400)
    office.post(f"{fields}/{name['id']}/move", {"active": False})
    assert office.get(f"/api/DataObjects/{site['id']}")["fields"] == []
    office.delete(f"/api/DataObjects/{site['id']}")
    office.put("/api/workflow/dataObjects/default", {"dataObjectId": made["id"]})
    assert office.get("/api/workflow")["userSettings"]["defaultDataObjectId"] == made["id"]
    office.delete(f"/api/workflow/dataObjects/{made['id']}", status=400)
    office.put("/api/workflow/dataObjects/default", {"dataObjectId": "1"})
    renamed = office.put(f"/api/workflow/dataObjects/{made['id']}", {"name": "Place", "scoringType": "churn"})
    assert (renamed["name"], renamed["scoringType"], renamed["parentRequired"]) == ("Place", "churn", False)
    office.delete(f"/api/workflow/dataObjects/{made['id']}")
    assert "Place" not in [kind["name"] for kind in office.get("/api/workflow/dataObjects")]
    office.post("/api/workflow/dataObjects", {"name": "Site"}, by=REP, status=403)


def test_a_field_can_leave_several_types_at_once(office: Office) -> None:
    industry = office.field_id("Industry")
    lead = office.new_lead(fields=office.fields(Industry="Retail"))
    path = f"/api/workflow/dataObjects/fields/{industry}/deleteReference"
    office.post(path, {"dataObjectIds": [1, 9]}, status=400)
    office.post(path, {"dataObjectIds": [1, 2]})
    assert industry not in [
        field["fieldId"] for field in office.get(f"/api/DataObjects/{lead['id']}")["fields"]
    ]
    for kind in office.get("/api/workflow/dataObjects/full"):
        assert industry not in [field["id"] for field in kind["fields"]]


def test_a_group_of_stages_is_switched_off_once_its_records_have_moved(office: Office) -> None:
    lead = office.new_lead(stageId=6)
    won = "/api/workflow/dataObjects/1/stages/won"
    office.put(won, {"active": False}, status=400)
    group = office.put(won, {"active": False, "migrations": [{"fromStage": "6", "toStage": "5"}]})
    assert group["active"] is False
    assert office.get(f"/api/DataObjects/{lead['id']}")["stageId"] == "5"
    assert [item["type"] for item in office.feed()] == ["transition", "create"]
    assert office.put(won, {"active": True})["active"] is True


def test_a_stage_moves_to_another_group(office: Office) -> None:
    stages = "/api/workflow/dataObjects/1/stages"
    moved = office.post(f"{stages}/active/5/move", {"index": 0, "stagesGroup": "won"})
    assert moved["name"] == "Appointment set"
    groups = office.get(stages)
    assert [stage["id"] for stage in groups["won"]["stages"]] == ["5", "6"]
    assert "5" not in [stage["id"] for stage in groups["active"]["stages"]]


def test_users_are_searched_by_name_team_and_flag_and_counted(office: Office) -> None:
    found = office.post("/api/users/search", {"groups": ["1"], "pageSize": 1})
    assert ([user["firstName"] for user in found["items"]], found["scrollId"]) == (["Max"], 1)
    rest = office.get("/api/users/search", params={"groups": "1", "pageSize": 1, "scrollId": 1})
    assert ([user["firstName"] for user in rest["items"]], rest["scrollId"]) == (["Rae"], None)
    assert office.get("/api/users/search/totalCount", params={"name": "o"}) == {"userCount": 3}
    assert office.post("/api/users/search/totalCount", {"hasSpotioPhone": True}) == {"userCount": 0}
    assert office.post("/api/users/search/totalCount", {"territoryGlobalAccess": True}) == {"userCount": 0}


def test_filters_are_shared_with_those_they_name(office: Office) -> None:
    made = office.post("/api/v2/filters", {"title": "Mine", "stageIds": ["1"]})
    assert office.get("/api/v2/filters/shared", by=REP) == []
    for sharing in ({"visibility": "public"}, {"visibility": "byTeam", "teamsIds": ["1"]}):
        change = {"title": "Ours", "sharingOptions": sharing}
        changed = office.put(f"/api/Filters/changeFilter/{made['id']}", change)
        assert (changed["title"], changed["stageIds"]) == ("Ours", ["1"])
        shared = office.get("/api/v2/filters/shared", by=REP)
        assert shared == [{"id": made["id"], "title": "Ours", "createdById": ADMIN}]
    assert office.get("/api/v2/filters/shared", by=OTHER_REP) == []
    office.put(f"/api/Filters/changeFilter/{made['id']}", {"title": "Theirs"}, by=REP, status=403)
    office.delete(f"/api/Filters/{made['id']}", by=REP, status=403)
    visits = next(option for option in office.get("/api/v2/filters/options") if option["name"] == "Visit")
    assert "Not Home" in [value["name"] for value in visits["options"]]


def test_teams_are_deleted_together(office: Office) -> None:
    made = [office.post("/api/Teams", {"name": name, "usersIds": []})["id"] for name in ("East", "North")]
    office.delete("/api/Teams/many", json={"teamsIds": [*made, "99"]}, status=404)
    assert len(office.get("/api/Teams/all")) == 3
    office.delete("/api/Teams/many", json={"teamsIds": made})
    assert [team["name"] for team in office.get("/api/Teams/all")] == ["West"]
