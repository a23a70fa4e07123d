"""SPOTIO stand-in: bulk jobs, mass changes and file exports, all of which go on after their request was answered."""

import csv
import io
import json
from typing import Any

import pytest

from sync.sandbox.spotio.background import LINGER
from sync.sandbox.spotio.jobs import LINES_A_STEP
from tests.sandbox.spotio_client import ADMIN, HOME, MANAGER, OTHER_REP, REP, Office

JOBS = "/api/jobs/dataObjects/bulk"
NDJSON = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def office() -> Office:
    return Office()


def upload(office: Office, job_id: str, *lines: Any, **options: Any) -> Any:
    data = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    options = {"headers": NDJSON} | options
    return office.call("PUT", f"{JOBS}/{job_id}/data", content=data, **options)


def started(office: Office, operation: str, *lines: Any, by: str = ADMIN) -> str:
    job = office.post(JOBS, {"operation": operation, "dataObjectTypeId": 1}, by=by)
    upload(office, job["id"], *lines, by=by)
    office.post(f"{JOBS}/{job['id']}/start", by=by)
    return str(job["id"])


def results(office: Office, job_id: str, by: str = ADMIN) -> tuple[list[Any], list[Any]]:
    """What the result files say once the job is complete: the lines that were taken and those that were refused."""
    while office.get(f"{JOBS}/{job_id}", by=by)["state"] != "JobComplete":
        pass
    read = [office.get(f"{JOBS}/{job_id}/results/{name}", by=by) for name in ("succeeded", "failed")]
    taken, refused = ([json.loads(line) for line in (text or "").splitlines()] for text in read)
    return taken, refused


def feed_kinds(office: Office, record_id: str) -> list[str]:
    return [item["type"] for item in office.feed() if item["dataObject"]["id"] == record_id]


def test_a_bulk_job_walks_through_its_states_and_counts_lines(office: Office) -> None:
    job = office.post(JOBS, {"operation": "create", "dataObjectTypeId": 1})
    assert job["state"] == "Open"
    file = upload(office, job["id"], {"fields": office.fields()}, {"stageId": 99})
    assert (file["partNumber"], file["recordCount"], file["state"]) == (1, 2, "Uploaded")
    upload(
        office, job["id"], {"fields": office.fields()}, headers={"Content-Type": "application/octet-stream"}
    )
    assert office.post(f"{JOBS}/{job['id']}/start")["state"] == "UploadComplete"
    assert [other["id"] for other in office.get(f"{JOBS}/inprogress")] == [job["id"]]
    office.get(f"{JOBS}/{job['id']}/results/succeeded", status=404)
    looks = [office.get(f"{JOBS}/{job['id']}/progress") for _ in range(3)]
    assert [look["state"] for look in looks] == ["InProgress", "Ingested", "JobComplete"]
    last = looks[-1]
    counts = (last["totalRecordsToProcess"], last["recordsProcessed"], last["recordsFailed"])
    assert counts == (3, 2, 1)
    assert [(part["recordsProcessed"], part["recordsFailed"]) for part in last["files"]] == [(1, 1), (1, 0)]
    assert office.get(f"{JOBS}/inprogress") == []
    assert len(office.export()) == 2


def test_records_created_in_bulk_are_like_any_other(office: Office) -> None:
    """Keys are taken in any case; each line tells the id it was given."""
    line = {
        "TypeId": 1,
        "StageId": 2,
        "OwnerId": int(REP),
        "ExternalDataObjectId": "00Q1",
        "CreatedAt": "2026-01-05T10:00:00Z",
        "Pin": {"Address": HOME["address"], "Lat": HOME["lat"], "Lng": HOME["lng"]},
        "Fields": [{"FieldId": office.field_id("Company"), "Value": "Acme"}],
    }
    (taken,), refused = results(office, started(office, "create", line))
    assert refused == []
    assert taken["Data"] == line
    record = office.get(f"/api/DataObjects/{taken['DataObjectId']}", by=REP)
    assert (record["name"], record["stageId"], record["ownerId"]) == ("Acme", "2", REP)
    assert (record["externalDataObjectId"], record["territoryId"]) == ("00Q1", "70")
    assert record["createdAt"].startswith("2026-01-05")
    assert feed_kinds(office, record["id"]) == ["create"]


def test_a_bulk_patch_leaves_other_members_and_other_fields_alone(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Company="Acme", Industry="Retail"), ownerId=int(REP))
    changed = [{"fieldId": office.field_id("Company"), "value": "Bolt"}]
    line = {"id": record["id"], "stageId": 3, "fields": changed, "pin": None}
    results(office, started(office, "patch", line))
    after = office.get(f"/api/DataObjects/{record['id']}")
    values = {field["label"]: field["value"] for field in after["fields"]}
    assert values == {"First Name": "Ana", "Last Name": "Diaz", "Company": "Bolt", "Industry": "Retail"}
    assert (after["ownerId"], after["stageId"], after["pin"]["address"]) == (REP, "3", HOME["address"])
    assert after["updatedAt"] == after["stageUpdatedAt"] > record["updatedAt"]
    assert sorted(feed_kinds(office, record["id"])) == ["create", "transition", "update"]


def test_a_bulk_update_empties_what_a_line_leaves_out(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Industry="Retail"), externalDataObjectId="00Q1")
    results(office, started(office, "update", {"id": record["id"], "fields": office.fields()}))
    after = office.get(f"/api/DataObjects/{record['id']}")
    assert [field["label"] for field in after["fields"]] == ["First Name", "Last Name"]
    assert (after["externalDataObjectId"], after.get("pin")) == (None, None)
    assert (after["stageId"], after["ownerId"]) == (record["stageId"], record["ownerId"])


def test_a_refused_line_fails_alone_and_says_why(office: Office) -> None:
    foreign, own = office.new_lead(ownerId=int(OTHER_REP)), office.new_lead(ownerId=int(REP))
    lines = (
        {"id": own["id"], "stageId": 2},
        {"id": own["id"], "stageId": 77},
        {"id": foreign["id"], "stageId": 2},
        {"id": "0" * 24},
        {"id": own["id"], "typeId": 2},
        {"stageId": 2},
        "[1]",
        "{not json",
    )
    taken, refused = results(office, started(office, "patch", *lines, by=REP), by=REP)
    assert [line["DataObjectId"] for line in taken] == [own["id"]]
    errors = {json.dumps(line["Data"]): line["Error"] for line in refused}
    assert len(errors) == 7
    assert "Stage with id: 77" in errors[json.dumps(lines[1])]
    assert "no access" in errors[json.dumps(lines[2])]
    assert "does not exist" in errors[json.dumps(lines[3])]
    assert "{not json" in [line["Data"] for line in refused]
    assert office.get(f"/api/DataObjects/{foreign['id']}")["stageId"] == "1"


def test_a_job_that_nobody_watches_is_done_all_the_same(office: Office) -> None:
    started(office, "create", {"fields": office.fields()})
    assert office.export() == []
    office.later(seconds=LINGER.total_seconds())
    assert len(office.export()) == 1


def test_a_large_job_takes_several_looks_and_its_progress_says_how_far(office: Office) -> None:
    line = {"fields": office.fields()}
    job = f"{JOBS}/{started(office, 'create', *[line] * (LINES_A_STEP + 1))}"
    looks = [office.get(f"{job}/progress") for _ in range(3)]
    assert [look["recordsProcessed"] for look in looks] == [0, LINES_A_STEP, LINES_A_STEP + 1]
    assert [look["state"] for look in looks] == ["InProgress", "InProgress", "Ingested"]


def test_a_job_of_a_user_suspended_meanwhile_fails_whole(office: Office) -> None:
    job_id = started(office, "create", {"fields": office.fields()}, by=MANAGER)
    office.post(f"/api/users/{MANAGER}/block")
    office.later(seconds=LINGER.total_seconds())
    progress = office.get(f"{JOBS}/{job_id}/progress")
    assert (progress["state"], progress["recordsProcessed"]) == ("Failed", 0)
    assert "not active" in progress["errorMessage"]


def test_what_a_job_cannot_do_is_refused(office: Office) -> None:
    office.post(JOBS, {"operation": "delete", "dataObjectTypeId": 1}, status=400)
    office.post(JOBS, {"operation": "create", "dataObjectTypeId": 9}, status=400)
    job = f"{JOBS}/{office.post(JOBS, {'operation': 'create', 'dataObjectTypeId': 1}, by=REP)['id']}"
    office.post(f"{job}/start", by=REP, status=400)
    office.call("PUT", f"{job}/data", content=b" \n", headers=NDJSON, by=REP, status=400)
    office.get(job, by=OTHER_REP, status=404)
    office.get(job, by=ADMIN)
    upload(office, job.rpartition("/")[2], {"fields": office.fields()}, by=REP)
    office.post(f"{job}/start", by=REP)
    upload(office, job.rpartition("/")[2], {"fields": []}, by=REP, status=400)
    office.call("DELETE", f"{job}/cleanup", json={}, by=REP)
    assert office.get(job, by=REP)["state"] == "Aborted"
    office.later(seconds=LINGER.total_seconds())
    assert office.export() == []
    office.get(f"{JOBS}/00000000-0000-0000-0000-000000000000", status=404)


def test_a_mass_change_of_stage_leaves_a_transition_on_each_record(office: Office) -> None:
    records = [office.new_lead() for _ in range(3)]
    chosen = [record["id"] for record in records[:2]]
    order = {"dataObjectIds": chosen, "stageId": "7", "lossReasons": ["Price"]}
    assert office.post("/api/DataObjects/bulk", order) is None
    waiting = office.get("/api/DataObjects/bulkActions/status")
    assert (waiting["totalCount"], [item["id"] for item in waiting["items"]]) == (2, chosen)
    assert office.get("/api/DataObjects/bulkActions/status")["totalCount"] == 0
    stages = {row["id"]: row["stageId"] for row in office.export()}
    assert [stages[record["id"]] for record in records] == [7, 7, 1]
    moves = [item["transition"] for item in office.feed() if item["type"] == "transition"]
    assert moves == [{"fromStageId": "1", "toStageId": "7", "lossReasons": ["Price"]}] * 2


def test_a_mass_change_takes_only_what_is_selected_and_seen(office: Office) -> None:
    mine = office.new_lead(ownerId=int(REP))
    others = office.new_lead(ownerId=int(OTHER_REP))
    far = office.new_lead(ownerId=int(REP), pin={"address": "x", "lat": 10, "lng": 10})
    corners = [
        {"lat": 39, "lng": -84},
        {"lat": 41, "lng": -84},
        {"lat": 41, "lng": -82},
        {"lat": 39, "lng": -82},
    ]
    order = {"polygon": {"points": corners}, "ownerId": MANAGER}
    office.post("/api/DataObjects/bulk", order, by=REP)
    office.later(seconds=LINGER.total_seconds())
    owners = {row["id"]: str(row["ownerId"]) for row in office.export()}
    assert owners == {mine["id"]: MANAGER, others["id"]: OTHER_REP, far["id"]: REP}
    assert "ownerChanged" in feed_kinds(office, mine["id"])
    office.post("/api/DataObjects/bulk", {"q": "diaz", "singleType": 1, "delete": True}, by=OTHER_REP)
    office.later(seconds=LINGER.total_seconds())
    gone = office.get("/api/DataObjects/deleted")["deletedDataObjects"]
    assert [item["id"] for item in gone] == [others["id"]]
    for wrong in ({"delete": True}, {"q": "x"}, {"q": "x", "delete": True, "stageId": "2"}):
        office.post("/api/DataObjects/bulk", wrong, status=400)


def test_an_appointment_for_each_of_many_records(office: Office) -> None:
    records = [office.new_lead() for _ in range(2)]
    appointment = {"date": "2031-05-01T14:00:00Z", "duration": 30, "ownerId": REP}
    order = {"dataObjectIds": [record["id"] for record in records], "appointment": appointment}
    office.post("/api/v2/appointments/bulk/create", order)
    office.later(seconds=LINGER.total_seconds())
    for record in records:
        (planned,) = office.scan(f"/api/DataObjects/{record['id']}/appointments/upcoming")
        assert (planned["ownerId"], planned["duration"]) == (REP, 30)
        assert office.get(f"/api/DataObjects/{record['id']}")["nextActivityTime"] == planned["date"]


def test_records_moved_to_a_pin_share_it_each_in_its_unit(office: Office) -> None:
    target = office.new_lead()
    moved = office.new_lead(pin={"address": "1 Elm St, Dayton, OH 45402", "lat": 39.75, "lng": -84.19})
    pin = target["pin"]
    order = {"dataObjects": [{"id": moved["id"], "unit": "4B"}], "pinId": int(pin["id"])}
    assert office.post("/api/DataObjects/move", order) is None
    after = office.get(f"/api/DataObjects/{moved['id']}")
    assert (after["pin"], after["addressUnit"], after["territoryId"]) == (pin, "4B", target["territoryId"])
    assert feed_kinds(office, moved["id"]).count("update") == 2
    near = office.get(f"/api/DataObjects/{target['id']}/duplicatesByAddress")
    assert [item["id"] for item in near] == [moved["id"]]
    office.post("/api/DataObjects/move", order | {"pinId": 1}, status=400)
    office.post("/api/DataObjects/move", order, by=OTHER_REP, status=403)


def test_an_export_is_a_file_once_it_is_prepared(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Company="Acme, Inc."))
    office.new_lead(ownerId=int(REP))
    asked = office.post("/api/Exports/dataObjects", {"reportType": "current", "singleType": 1, "q": "acme"})
    assert (asked["state"], asked["url"]) == ("preparing", None)
    export = f"/api/Exports/{asked['id']}"
    looks = [office.uncontracted("GET", export).json() for _ in range(2)]
    assert [look["state"] for look in looks] == ["preparing", "ready"]
    file = office.uncontracted("GET", looks[1]["url"])
    (row,) = csv.DictReader(io.StringIO(file.text))
    assert (row["id"], row["Company"], row["stage"]) == (record["id"], "Acme, Inc.", "New")
    assert office.uncontracted("GET", export, by=REP).status_code == 404
    assert office.uncontracted("GET", looks[1]["url"] + "x").status_code == 404


def test_an_export_of_activities_has_a_row_for_each_that_was_done(office: Office) -> None:
    record = office.new_lead()
    office.visit(record["id"])
    asked = office.post("/api/Exports/activities", {"columns": ["activityType", "result"]})
    office.later(seconds=LINGER.total_seconds())
    url = office.uncontracted("GET", f"/api/exports/{asked['id']}").json()["url"]
    assert office.uncontracted("GET", url).text.split("\r\n")[:3] == [
        "activityType,result",
        "create,",
        "event,Interested",
    ]
    office.post("/api/Exports/activities", {"columns": ["shoeSize"]}, status=422)
    office.post("/api/Exports/dataObjects", {"reportType": "weekly"}, status=422)
