"""SPOTIO stand-in: what the sandbox's controls see and do."""

from typing import Any

import pytest

from sync.sandbox.standin import Refused
from tests.sandbox.spotio_client import ADMIN, MANAGER, REP, Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_the_state_has_every_object_in_the_wires_form(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Industry="Retail"))
    office.visit(record["id"])
    office.post("/api/v2/appointments", {"dataObjectId": record["id"], "date": "2031-05-01T14:00:00Z"})
    state = office.standin.state(None, None)
    assert list(state) == ["dataObjects", "activities", "appointments", "users", "teams", "territories"]
    single = office.get(f"/api/DataObjects/{record['id']}")
    del single["parentsInfo"]
    assert state["dataObjects"] == [single]
    assert [(row["type"], row["done"]) for row in state["activities"]] == [
        ("create", True),
        ("event", True),
        ("event", False),
    ]
    assert state["appointments"][0]["activityId"] == state["activities"][2]["id"]


def test_the_state_since_a_moment_holds_only_what_changed(office: Office) -> None:
    old, new = office.new_lead(), office.new_lead()
    office.later(hours=1)
    since = office.clock.now()
    office.set(new["id"], "stageId", 2)
    rows = office.standin.state("dataObjects", since)["dataObjects"]
    assert [row["id"] for row in rows] == [new["id"]]
    assert old["id"] != new["id"]
    office.delete(f"/api/DataObjects/{new['id']}")
    assert office.standin.state("dataObjects", since) == {"dataObjects": []}
    assert len(office.standin.state("activities", None)["activities"]) == 1


def test_a_reset_brings_everything_back_and_keeps_tokens(office: Office) -> None:
    record = office.new_lead()
    office.standin.save()
    token = office.standin.token("rae@example.com")
    before = office.standin.state(None, None)
    office.set(record["id"], "stageId", 6)
    office.delete(f"/api/DataObjects/{record['id']}")
    office.post("/api/workflow/dataObjects/1/stages/active", {"name": "Nurture"})
    office.standin.reset()
    assert office.standin.state(None, None) == before
    assert "Nurture" not in [stage.name for stage in office.tenant.workflow.type("Lead").stages]
    office.get("/api/users", headers={"Authorization": f"Bearer {token}"})


def test_a_restored_record_comes_back_with_its_history(office: Office) -> None:
    record = office.new_lead()
    office.visit(record["id"])
    office.delete(f"/api/DataObjects/{record['id']}")
    office.standin.act("restore_record", {"id": record["id"]})
    back = office.get(f"/api/DataObjects/{record['id']}")
    assert (back["visitsCount"], back["updatedAt"] > record["updatedAt"]) == (1, True)
    assert len(office.feed()) == 2
    assert office.get("/api/DataObjects/deleted")["deletedDataObjects"] == []


def test_a_hidden_record_is_kept_from_the_keys_user_alone_and_keeps_its_stamps(office: Office) -> None:
    record, other = office.new_lead(), office.new_lead()
    address = f"/api/DataObjects/{record['id']}"

    def listed() -> list[str]:
        return [item["id"] for item in office.get("/api/Exports/dataObjects/data")["items"]]

    office.standin.act("hide_record", {"id": record["id"]})
    assert listed() == [other["id"]]
    office.get(address, status=403)
    office.delete(address, status=403)
    assert office.get(address, by=MANAGER)["id"] == record["id"]
    assert office.get("/api/DataObjects/deleted")["deletedDataObjects"] == []
    office.standin.act("show_record", {"id": record["id"]})
    assert listed() == [record["id"], other["id"]]
    assert office.get(address)["updatedAt"] == record["updatedAt"]


def test_a_purged_record_is_nowhere(office: Office) -> None:
    first, second = office.new_lead(), office.new_lead()
    for record in (first, second):
        office.delete(f"/api/DataObjects/{record['id']}")
    assert office.standin.act("purge", {"id": first["id"]}) == {"purged": 1}
    listed = office.get("/api/DataObjects/deleted")["deletedDataObjects"]
    assert [item["id"] for item in listed] == [second["id"]]
    assert office.standin.act("purge", {}) == {"purged": 1}
    with pytest.raises(Refused, match="does not exist"):
        office.standin.act("restore_record", {"id": second["id"]})


def test_a_merge_leaves_one_record_with_all_activities_and_no_blank_that_another_filled(
    office: Office,
) -> None:
    winner = office.new_lead(fields=office.fields(Company="Acme"))
    loser = office.new_lead(fields=office.fields(Company="Bolt", Email="ana@example.com"))
    office.visit(loser["id"])
    office.standin.act("merge_records", {"winner": winner["id"], "losers": [loser["id"]]})
    office.get(f"/api/DataObjects/{loser['id']}", status=404)
    merged = office.get(f"/api/DataObjects/{winner['id']}")
    values = {field["label"]: field["value"] for field in merged["fields"]}
    assert (values["Company"], values["Email"], merged["visitsCount"]) == ("Acme", "ana@example.com", 1)


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("fly", {}, "log_visit_mobile"),
        ("delete_activity", {}, "id is missing"),
        ("delete_activity", {"id": "12"}, "does not exist"),
        ("accept_invite", {"id": ADMIN}, "no open invitation"),
        ("unsuspend", {"id": REP}, "not suspended"),
        ("merge_records", {"winner": "x", "losers": []}, "does not exist"),
        ("log_visit_mobile", {"dataObjectId": "x", "userId": REP}, "does not exist"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    office: Office, action: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        office.standin.act(action, arguments)


def test_tokens_are_for_active_users_only(office: Office) -> None:
    with pytest.raises(Refused, match="no active SPOTIO user"):
        office.standin.token("ines@example.com")
    with pytest.raises(Refused, match="dataObjects"):
        office.standin.state("leads", None)
