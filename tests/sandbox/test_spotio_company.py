"""SPOTIO stand-in: tokens, people, teams, territories and the workflow."""

import base64
import json
from typing import Any

import pytest

from tests.sandbox.spotio_client import ADMIN, INVITED, MANAGER, OTHER_REP, REP, Office


@pytest.fixture
def office() -> Office:
    return Office()


def key(office: Office, **more: Any) -> dict[str, Any]:
    return {"clientId": office.standin.client_id, "secret": office.standin.secret} | more


def user(office: Office, user_id: str) -> Any:
    return next(item for item in office.get("/api/users") if item["id"] == user_id)


def test_a_key_buys_a_token_of_thirty_days(office: Office) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = office.call("POST", "/api/users/apitoken", content=json.dumps(key(office)), headers=headers)
    payload = answer["accessToken"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["exp"] - claims["iat"] == 30 * 86_400
    bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
    office.get("/api/users", headers=bearer)
    office.later(days=31)
    office.get("/api/users", headers=bearer, status=401)


@pytest.mark.parametrize("bearer", ["", "Bearer", "Bearer nonsense", "Bearer a.b.c", "Basic dXNlcg=="])
def test_nothing_opens_without_a_token(office: Office, bearer: str) -> None:
    assert office.get("/api/workflow", headers={"Authorization": bearer}, status=401) is None


def test_a_wrong_secret_is_refused(office: Office) -> None:
    errors = office.post("/api/users/apitoken", key(office) | {"secret": "guess"}, status=401)["errors"]
    assert set(errors) == {"_"}


def test_a_key_can_act_as_another_user(office: Office) -> None:
    record = office.new_lead(by=OTHER_REP)
    token = office.post("/api/users/apitoken", key(office, impersonatedUserId=int(REP)))["accessToken"]
    path = f"/api/DataObjects/{record['id']}"
    office.get(path, headers={"Authorization": f"Bearer {token}"}, status=403)


def test_suspending_the_keys_owner_ends_the_integration(office: Office) -> None:
    token = office.post("/api/users/apitoken", key(office))["accessToken"]
    assert office.post(f"/api/users/{ADMIN}/block", by=MANAGER) is True
    office.get("/api/users", headers={"Authorization": f"Bearer {token}"}, by=MANAGER, status=401)
    office.post("/api/users/apitoken", key(office), by=MANAGER, status=401)
    office.standin.act("unsuspend", {"id": ADMIN})
    office.get("/api/users", headers={"Authorization": f"Bearer {token}"})


def test_a_key_sees_less_when_its_maker_loses_the_role(office: Office) -> None:
    office.new_lead(by=REP)
    token = {"Authorization": f"Bearer {office.post('/api/users/apitoken', key(office))['accessToken']}"}
    assert len(office.get("/api/Exports/dataObjects/data", headers=token)["items"]) == 1
    row = office.standin.state("users", None)["users"][0]
    office.put(f"/api/users/{ADMIN}", row | {"role": "Sales"})
    assert office.get("/api/Exports/dataObjects/data", headers=token)["items"] == []
    office.post("/api/users/apitoken", key(office))


def test_an_invited_user_becomes_active_by_accepting(office: Office) -> None:
    request = {
        "firstName": "New",
        "lastName": "Hire",
        "email": "new@example.com",
        "role": "Sales",
        "teamsIds": ["1"],
    }
    invited = office.post("/api/Users", request)
    assert (invited["status"], invited["teamsIds"]) == ("invited", ["1"])
    office.post(f"/api/users/{invited['id']}/block", status=422)
    office.later(days=2)
    assert office.post(f"/api/users/{invited['id']}/invite")["invitationAcceptedAt"] is None
    office.standin.act("accept_invite", {"id": invited["id"]})
    assert user(office, invited["id"])["status"] == "active"
    office.post("/api/Users", request, status=422)
    logs = office.get("/api/Teams/logs", params={"teamId": "1"})["items"]
    assert [(log["userId"], log["action"]) for log in logs] == [(invited["id"], "added")]


def test_a_suspended_user_shows_as_suspended_until_put_back(office: Office) -> None:
    office.post(f"/api/users/{REP}/block", by=MANAGER)
    assert (user(office, REP)["status"], user(office, REP)["suspended"]) == ("suspended", True)
    row = office.standin.state("users", None)["users"][2]
    assert office.put(f"/api/users/{REP}", row | {"suspended": False, "lastName": "Steel"}) is True
    assert (user(office, REP)["status"], user(office, REP)["lastName"]) == ("active", "Steel")


def test_sales_people_change_themselves_and_not_what_they_may_do(office: Office) -> None:
    own = {"firstName": "Rae", "lastName": "Steel", "email": "rae@example.com"}
    office.put(f"/api/users/{REP}", own, by=REP)
    office.put(f"/api/users/{REP}", own | {"role": "Admin"}, by=REP, status=403)
    office.put(f"/api/users/{OTHER_REP}", own, by=REP, status=403)
    users = {user["id"]: user for user in office.get("/api/users")}
    assert (users[REP]["lastName"], users[REP]["role"]) == ("Steel", "Sales")


def test_users_are_found_in_every_list(office: Office) -> None:
    assert len(office.get("/api/users")) == 5
    assert [item["id"] for item in office.get("/api/users/details", params={"teamId": "1"})] == [MANAGER, REP]
    active = office.get(
        "/api/v2/users/list", params={"statuses": "active", "roles": "sales,manager", "pageSize": 2}
    )
    assert [item["id"] for item in active["items"]] == [MANAGER, REP]
    rest = {"statuses": "active", "roles": "sales,manager", "pageSize": 2, "scrollId": active["scrollId"]}
    assert [item["id"] for item in office.get("/api/v2/users/list", params=rest)["items"]] == [OTHER_REP]
    assert office.get("/api/users/externalSystemUserId", params={"id": f"005{INVITED}"})["id"] == INVITED
    office.get("/api/users/externalSystemUserId", params={"id": "nobody"}, status=422)


def test_teams_nest_and_lose_members(office: Office) -> None:
    child = office.post("/api/Teams", {"name": "West 2", "parentId": "1", "usersIds": [OTHER_REP]})
    assert office.get("/api/Teams/users")["1"] == [MANAGER, REP, OTHER_REP]
    office.put(f"/api/Teams/{child['id']}/addUsers", {"usersIds": [REP]})
    assert office.put(f"/api/Teams/{child['id']}", {"name": "Far west", "usersIds": []})["name"] == "Far west"
    assert office.get("/api/Teams/users")["1"] == [MANAGER, REP]
    counts = {team["name"]: team["userCount"] for team in office.get("/api/Teams/list")}
    assert counts == {"West": 2, "Far west": 0}
    office.delete(f"/api/Teams/{child['id']}")
    assert len(office.get("/api/Teams/all")) == 1
    office.get(f"/api/Teams/{child['id']}", status=404)
    office.post("/api/Teams", {"name": "Mine"}, by=REP, status=403)


def test_a_record_belongs_to_the_territory_that_holds_its_pin(office: Office) -> None:
    request = {"title": "North", "parentId": "70", "zips": ["43085"], "userIds": [REP]}
    north = office.post("/api/Territories", request)
    pin = {"lat": 40.1, "lng": -83.0, "address": "1 High St, Worthington, OH 43085"}
    record = office.new_lead(pin=pin)
    assert record["territoryId"] == north["id"]
    assert [item["title"] for item in record["territories"]] == ["North", "Downtown"]
    assert office.set(record["id"], "pin", pin | {"lat": 10.0, "address": "Elsewhere"})["territoryId"] is None
    changed = office.put(
        f"/api/Territories/{north['id']}", request | {"id": int(north["id"]), "title": "Far north"}
    )
    assert changed["updatedAt"] > north["updatedAt"]
    assert {item["title"] for item in office.get("/api/Territories/all")} == {"Downtown", "Far north"}
    shape = office.get("/api/Territories/70/geojson")["geometry"]["coordinates"][0][0]
    assert shape[0] == shape[-1] == [-83.1, 39.9]
    office.get("/api/Territories/999", status=404)


def test_the_workflow_describes_types_stages_fields_and_results(office: Office) -> None:
    workflow = office.get("/api/workflow")
    assert workflow["userSettings"]["verifiedDistance"] == 100.0
    lead = next(kind for kind in workflow["dataObjects"] if kind["name"] == "Lead")
    assert [stage["name"] for stage in lead["stages"]["won"]["stages"]] == ["Sold"]
    assert lead["stages"]["lost"]["stages"][0]["lossReasons"]
    by_role = {field.get("systemRole"): field["id"] for field in lead["fields"]}
    assert int(by_role["email"]) > 100_000
    visit = next(template for template in workflow["activities"] if template.get("systemRole") == "visit")
    assert "Not Home" in [result["name"] for result in visit["activityResults"]]
    assert office.get("/api/workflow/dataObjects/full") == workflow["dataObjects"]
    won = office.get("/api/workflow/categorization")["wonResult"]
    assert (won["type"], won["stageId"]) == ("stageChange", lead["stages"]["won"]["stages"][0]["id"])


def test_an_administrator_adds_renames_and_removes_fields(office: Office) -> None:
    path = "/api/workflow/dataobjects/1/fields"
    made = office.post(
        path, {"name": "Pets", "type": "SingleChoice", "activeOptions": ["Dog", "Cat"], "index": 0}
    )
    assert (made["type"], office.get(path)[0]["name"]) == ("singleChoice", "Pets")
    record = office.new_lead(fields=[*office.fields(), {"fieldId": made["id"], "value": "Dog"}])
    office.later(minutes=1)
    changed = office.put(f"{path}/{made['id']}", {"name": "Animals", "activeOptions": ["Cat"]})
    assert (changed["name"], changed["removedOptions"]) == ("Animals", ["Dog"])
    assert changed["updatedAt"] > made["updatedAt"]
    kept = [{"fieldId": made["id"], "value": "Dog"}, *office.fields()]
    office.set(record["id"], "fields", kept)
    office.post("/api/DataObjects", {"dataObject": {"typeId": 1, "fields": kept}}, status=400)
    office.delete(f"{path}/{made['id']}")
    assert all(field["fieldId"] != made["id"] for field in office.export()[0]["fields"])
    office.post(path, {"name": "Mine", "type": "text"}, by=MANAGER, status=403)


def test_native_integrations_show_on_the_fields_they_use(office: Office) -> None:
    email = office.field_id("Email")
    assert office.get(f"/api/workflow/dataobjects/fields/{email}/integrations") == []
    office.lead.field("Email").integrations = ["salesforceV2"]
    used = office.get(f"/api/workflow/dataobjects/fields/{email}/integrations")
    assert used == [{"dataObjectTypeId": "1", "integrations": ["salesforceV2"]}]


def test_stages_are_added_renamed_and_emptied_before_they_go(office: Office) -> None:
    path = "/api/workflow/dataObjects/1/stages"
    made = office.post(f"{path}/active", {"name": "Nurture", "index": 1})
    assert [stage["name"] for stage in office.get(path)["active"]["stages"]][:3] == [
        "New",
        "Nurture",
        "Attempted",
    ]
    assert office.put(f"{path}/active/{made['id']}", {"name": "Nurturing"})["name"] == "Nurturing"
    record = office.new_lead(stageId=int(made["id"]))
    office.delete(f"{path}/active/{made['id']}", status=400)
    office.delete(f"{path}/active/{made['id']}", json={"moveToStage": "2"})
    assert office.get(f"/api/DataObjects/{record['id']}")["stageId"] == "2"
    assert office.feed()[0]["transition"]["toStageId"] == "2"
    office.post(f"{path}/lost", {"name": "Gone"}, status=400)
    office.put(f"{path}/won/1", {"name": "New"}, status=404)


def test_templates_keep_the_results_that_were_used(office: Office) -> None:
    path = "/api/workflow/activityTemplates"
    results = [{"name": "Good", "active": True}, {"name": "Bad", "active": True}]
    made = office.post(path, {"name": "Inspection", "type": "Event", "activityResults": results, "index": 9})
    good = made["activityResults"][0]
    changed = office.put(f"{path}/{made['id']}", {"name": "Check", "active": True, "activityResults": [good]})
    assert [(result["name"], result["active"]) for result in changed["activityResults"]] == [
        ("Good", True),
        ("Bad", False),
    ]
    office.put(f"{path}/1", {"name": "Visit", "active": False}, status=400)
    office.delete(f"{path}/1", status=400)
    office.delete(f"{path}/{made['id']}")
    assert made["id"] not in [template["id"] for template in office.get(path)]


def test_unknown_paths_methods_bodies_and_types_have_their_status(office: Office) -> None:
    office.delete("/api/users", status=405)
    headers = {"Content-Type": "text/plain"}
    office.call("POST", "/api/v2/activities", content="x", headers=headers, status=415)
    headers = {"Content-Type": "application/json"}
    office.call("POST", "/api/v2/activities", content="{", headers=headers, status=400)
    office.call("POST", "/api/v2/activities", content="[]", headers=headers, status=400)
    office.get("/api/DataObjectsSearch", params={"perPage": "many"}, status=400)
    office.get("/api/Exports/dataObjects/data", params={"updatedAfter": "then"}, status=422)
