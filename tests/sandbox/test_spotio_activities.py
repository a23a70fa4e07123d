"""SPOTIO stand-in: activities, appointments and filters."""

from typing import Any

import pytest

from sync.sandbox.spotio.stamps import ticks
from tests.sandbox.spotio_client import ADMIN, HOME, MANAGER, OTHER_REP, REP, Office

NEAR, FAR = {"lat": 39.9613, "lng": -82.9988}, {"lat": 39.99, "lng": -82.9988}


@pytest.fixture
def office() -> Office:
    return Office()


def record_of(office: Office, record: Any) -> Any:
    return office.get(f"/api/DataObjects/{record['id']}")


def test_a_logged_visit_counts_on_its_record_without_moving_updated_at(office: Office) -> None:
    record = office.new_lead(by=REP)
    visit = office.visit(record["id"], "Interested", by=REP, notes="call back")
    after = record_of(office, record)
    assert after["updatedAt"] == record["updatedAt"]
    assert (after["visitsCount"], after["lastVisitDate"], after["lastVisitNote"]) == (
        1,
        visit["date"],
        "call back",
    )
    assert after["lastVisitResultId"] == office.result("Visit", "Interested")["resultId"]
    exported = office.export()[0]
    assert (exported["visitsCount"], exported["lastActivityOwnerId"]) == (1, int(REP))
    office.post(
        "/api/v2/activities", {"dataObjectId": record["id"], "done": True} | office.result("Call", "Reached")
    )
    assert record_of(office, record)["callsCount"] == office.export()[0]["callCount"] == 1


def test_api_visits_read_verified_without_a_distance(office: Office) -> None:
    office.visit(office.new_lead()["id"], activityLat=FAR["lat"], activityLng=FAR["lng"])
    visit = office.feed()[0]
    assert (visit["verified"], visit["distance"]) == (True, None)


@pytest.mark.parametrize(("place", "verified"), [(NEAR, True), (FAR, False)])
def test_mobile_visits_are_measured(office: Office, place: dict[str, float], verified: bool) -> None:
    record = office.new_lead()
    told = office.standin.act("log_visit_mobile", {"dataObjectId": record["id"], "userId": REP, **place})
    visit = office.feed()[0]
    assert (visit["id"], visit["verified"]) == (told["id"], verified)
    assert visit["distance"] == told["distance"] > 0
    assert record_of(office, record)["lastLocationStatus"] == ("verified" if verified else "unverified")


def test_a_mobile_visit_without_a_pin_or_a_place_is_not_verified(office: Office) -> None:
    unplaced = office.new_lead(pin=None)
    for record, place in ((unplaced, NEAR), (office.new_lead(), {})):
        told = office.standin.act("log_visit_mobile", {"dataObjectId": record["id"], "userId": REP, **place})
        assert (told["verified"], told["distance"]) == (False, None)
        assert record_of(office, record)["lastLocationStatus"] == "unknown"


def test_a_visit_uploaded_late_bears_its_own_date(office: Office) -> None:
    record = office.new_lead()
    office.visit(record["id"])
    arguments = {"dataObjectId": record["id"], "userId": REP, "date": "2026-01-05T10:00:00-05:00"}
    office.standin.act("log_visit_mobile", arguments)
    window = {"StartDate": "2026-01-05T15:00:00Z", "EndDate": "2026-01-05T15:00:00Z"}
    visits = office.feed(**window)
    assert [visit["date"] for visit in visits] == ["2026-01-05T15:00:00+00:00"]
    assert visits[0]["createdAt"] > visits[0]["date"]
    assert record_of(office, record)["lastVisitDate"] > visits[0]["date"]


def test_planned_activities_are_not_in_the_feed_until_done(office: Office) -> None:
    record = office.new_lead()
    planned = office.visit(record["id"], done=False, date="2031-05-01T10:00:00Z")
    assert [item["type"] for item in office.feed()] == ["create"]
    assert record_of(office, record)["nextActivityTime"] == "2031-05-01T10:00:00+00:00"
    done = office.patch(f"/api/v2/activities/{planned['id']}", {"done": True})
    assert done["done"] is True
    assert office.feed()[0]["id"] == planned["id"]
    assert record_of(office, record)["nextActivityTime"] is None
    office.put(f"/api/v2/activities/{planned['id']}", {"notes": "late"}, status=422)


def test_an_edit_moves_the_activitys_updated_at_only(office: Office) -> None:
    visit = office.visit(office.new_lead()["id"])
    before = office.feed()[0]
    office.later(days=3)
    sold = office.result("Visit", "Sold")["resultId"]
    headers = {"Content-Type": "application/merge-patch+json"}
    office.call(
        "PATCH", f"/api/v2/activities/{visit['id']}", content=f'{{"resultId": "{sold}"}}', headers=headers
    )
    after = office.feed()[0]
    assert (after["resultId"], after["date"], after["createdAt"]) == (
        sold,
        before["date"],
        before["createdAt"],
    )
    assert after["updatedAt"] > before["updatedAt"]


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"dataObjectId": "0" * 24}, "dataObjectId"),
        ({"resultId": "21"}, "resultId"),
        ({"activityTemplateId": "77", "resultId": None}, "activityTemplateId"),
        ({"activityTemplateId": None, "resultId": None}, "activityTemplateId"),
        ({"title": "x" * 129}, "title"),
        ({"notes": "x" * 513}, "notes"),
        ({"type": "transition"}, "type"),
        ({"date": "yesterday"}, "date"),
        ({"ownerId": "99"}, "ownerId"),
    ],
)
def test_a_bad_activity_is_refused_by_member(office: Office, members: dict[str, Any], member: str) -> None:
    request = {
        "dataObjectId": office.new_lead()["id"],
        "done": True,
        **office.result("Visit", "Sold"),
        **members,
    }
    assert list(office.post("/api/v2/activities", request, status=422)["errors"]) == [member]


def test_sales_people_write_only_where_they_have_a_part(office: Office) -> None:
    record = office.new_lead(by=OTHER_REP)
    visit = office.visit(record["id"], by=OTHER_REP)
    made = appointment(office, record, ownerId=OTHER_REP)
    request = {"dataObjectId": record["id"], "done": True} | office.result("Visit", "Sold")
    office.post("/api/v2/activities", request, by=REP, status=403)
    office.patch(f"/api/v2/activities/{visit['id']}", {"notes": "mine"}, by=REP, status=403)
    office.patch(f"/api/v2/appointments/{made['id']}", {"title": "mine"}, by=REP, status=403)
    planned = {"dataObjectId": record["id"], "date": "2031-05-01T14:00:00Z"}
    office.post("/api/v2/appointments", planned, by=REP, status=403)
    assert (
        office.post("/api/v2/appointments/multiple", {"appointments": [planned]}, by=REP)["failureCount"] == 1
    )
    for path in ("related", "duplicatesByAddress"):
        office.get(f"/api/DataObjects/{record['id']}/{path}", by=REP, status=403)
    office.set(record["id"], "stageId", 2, by=REP, status=403)
    office.delete(f"/api/DataObjects/{record['id']}", by=REP, status=403)


def test_notes_need_no_template(office: Office) -> None:
    record = office.new_lead()
    office.post("/api/v2/activities", {"dataObjectId": record["id"], "isNote": True, "notes": "gate code 12"})
    newest = office.feed()[0]
    assert (newest["type"], newest["isNote"], newest["notes"]) == ("note", True, "gate code 12")


def test_many_activities_are_logged_together_or_not_at_all(office: Office) -> None:
    visit = {"dataObjectId": office.new_lead()["id"], "done": True} | office.result("Visit", "Sold")
    ids = office.post("/api/v2/activities/many", [visit, visit])
    assert [int(item["id"]) for item in office.feed()][:2] == ids[::-1]
    office.post("/api/v2/activities/many", [visit, visit | {"ownerId": 99}], status=422)
    assert len(office.feed()) == 3


def test_a_filter_finds_activities_by_when_they_were_touched(office: Office) -> None:
    record = office.new_lead()
    old = office.visit(record["id"], date="2020-01-01T00:00:00Z")
    office.visit(record["id"], date="2020-01-02T00:00:00Z")
    office.later(hours=1)
    edited_after = office.clock.now().isoformat()
    office.patch(f"/api/v2/activities/{old['id']}", {"notes": "edited"})
    content = {"dateField": "ActivityUpdatedAt", "startDate": edited_after, "periodShortcut": "CUSTOM"}
    made = office.post("/api/v2/filters", content)
    assert made["id"].startswith("Filter-")
    assert [item["id"] for item in office.feed(FilterId=made["id"])] == [old["id"]]
    flat = office.post("/api/Exports/activities/data/flexible", {"filterId": made["id"]})
    assert [item["id"] for item in flat["items"]] == [old["id"]]
    office.get("/api/v2/activities/feed", params={"FilterId": "Filter-0-0-"}, status=404)


def test_a_filter_finds_records_by_stage_date_people_and_fields(office: Office) -> None:
    sold = office.new_lead(fields=office.fields(Industry="Retail"), by=REP)
    other = office.new_lead(fields=office.fields(Industry="Chemicals"))
    office.later(hours=1)
    changed_after = office.clock.now().isoformat()
    office.set(sold["id"], "stageId", office.lead.stage("Sold").id)

    def found(**content: Any) -> list[str]:
        filter_id = office.post("/api/v2/filters", content)["id"]
        items = office.get("/api/DataObjectsSearch", params={"filterId": filter_id, "sortBy": "updatedat"})[
            "items"
        ]
        return [item["id"] for item in items]

    assert found(dateField="StageUpdatedAt", startDate=changed_after) == [sold["id"]]
    assert found(dateField="DataObjectUpdatedAt", endDate=changed_after) == [other["id"]]
    assert found(usersIds=[REP]) == found(teamIds=["1"]) == found(stageIds=["6"]) == [sold["id"]]
    assert found(dataObjectTypeIds=["2"]) == []
    industry = {"customFieldId": office.field_id("Industry")}
    assert found(customFields=[industry | {"selectedValues": ["Chemicals"]}]) == [other["id"]]
    like = {"conditionType": "Contain", "values": ["RET"]}
    assert found(customFields=[industry | {"textFilter": like}]) == [sold["id"]]
    assert found(customFields=[{"customFieldId": "22", "noValue": True}]) == [other["id"], sold["id"]]
    assert found(activityTemplateIds=["1"]) == []
    recent = {"periodShortcut": "LAST30DAYS", "timezone": "Pacific/Auckland"}
    assert found(dateField="DataObjectCreatedAt", **recent) == [other["id"], sold["id"]]
    assert found(dateField="LastVisitDate", **recent) == []
    office.post("/api/v2/filters", {"dateField": "Birthday"}, status=422)
    office.post("/api/v2/filters", {"periodShortcut": "SOMEDAY"}, status=422)
    office.post("/api/v2/filters", {"lastLocationStatusIds": ["lost"]}, status=422)


def test_titled_filters_are_listed_and_can_be_deleted(office: Office) -> None:
    office.post("/api/v2/filters", {"stageIds": ["1"]})
    kept = office.post("/api/v2/filters", {"title": "New ones", "stageIds": ["1"]})
    assert [item["title"] for item in office.get("/api/Filters")] == ["New ones"]
    assert office.get(f"/api/v2/filters/{kept['id']}")["stageIds"] == ["1"]
    assert office.delete(f"/api/Filters/{kept['id']}") is True
    assert office.get("/api/Filters") == []


def test_the_flat_exports_speak_in_names_and_count(office: Office) -> None:
    record = office.new_lead(fields=office.fields(Company="Acme"))
    office.standin.act("log_visit_mobile", {"dataObjectId": record["id"], "userId": REP, **NEAR})
    office.set(record["id"], "fields", office.fields(Company="Bolt"))
    office.set(record["id"], "ownerId", int(REP))
    office.set(record["id"], "stageId", 4)
    flat = office.post("/api/Exports/activities/data/flexible", {})["items"]
    assert (flat[-1]["fromStage"], flat[-1]["toStage"]) == ("New", "Pitched")
    assert (flat[-2]["previousDataObjectOwner"], flat[-2]["newDataObjectOwner"]) == ("Ada Moss", "Rae Stone")
    visit = next(item for item in flat if item["activityTemplateType"] == "Visit")
    assert visit["owner"] == "Rae Stone"
    assert visit["distanceFromTheDataObjectInFeet"] > 3
    plain = office.post("/api/Exports/activities/data", {})
    assert plain["totalCount"] == len(plain["activityList"]) == 5
    change = next(item for item in plain["activityList"] if item["activityType"] == "update")
    assert (change["field"]["name"], change["field"]["previousValue"], change["company"]) == (
        "Company",
        "Acme",
        "Bolt",
    )
    assert office.post("/api/Exports/activities/data", {"userIds": [OTHER_REP]})["totalCount"] == 0


def test_sales_people_get_ghosts_only_when_they_ask(office: Office) -> None:
    office.visit(office.new_lead(by=OTHER_REP)["id"], by=OTHER_REP)
    own = office.visit(office.new_lead(by=REP)["id"], by=REP)
    seen = office.get("/api/v2/activities/feed", by=REP)["items"]
    assert {item["access"] for item in seen} == {"full"}
    assert own["id"] in {item["id"] for item in seen}
    with_ghosts = office.get("/api/v2/activities/feed", params={"includeGhosts": True}, by=REP)["items"]
    assert {item["access"] for item in with_ghosts} == {"full", "ghost"}


def test_history_shows_what_was_done_on_one_record(office: Office) -> None:
    record = office.new_lead()
    visit = office.visit(record["id"])
    office.visit(office.new_lead()["id"])
    path = f"/api/DataObjects/{record['id']}/activities"
    assert [item["type"] for item in office.scan(f"{path}/historical")] == ["event", "create"]
    only = office.post(f"{path}/historical", {"activityTemplateIds": ["1"]})
    assert [item["id"] for item in only["items"]] == [visit["id"]]
    assert office.get(f"{path}/{visit['id']}")["id"] == visit["id"]


def test_custom_field_values_come_into_the_feed_when_asked(office: Office) -> None:
    office.new_lead(fields=office.fields(Industry="Retail"))
    asked = office.feed(IncludeCustomFieldIds="*")[0]["dataObject"]["fields"]
    assert {field["label"] for field in asked} == {"First Name", "Last Name", "Industry"}
    one = office.feed(IncludeCustomFieldIds=office.field_id("Industry"))[0]["dataObject"]["fields"]
    assert [field["value"] for field in one] == ["Retail"]
    assert "fields" not in office.feed()[0]["dataObject"]


def appointment(office: Office, record: Any, **members: Any) -> Any:
    request = {"dataObjectId": record["id"], "date": "2031-05-01T14:00:00Z", "title": "Roof", "duration": 60}
    return office.post("/api/v2/appointments", request | members)


def test_an_appointment_has_an_activity_that_is_done_with_it(office: Office) -> None:
    record = office.new_lead()
    made = appointment(office, record, ownerId=REP)
    planned = office.get(f"/api/v2/activities/{made['activityId']}")
    assert (planned["done"], planned["ownerId"], planned["appointmentId"]) == (False, REP, made["id"])
    assert office.get(f"/api/v2/appointments/byActivity/{made['activityId']}")["id"] == made["id"]
    assert [item["id"] for item in office.scan(f"/api/DataObjects/{record['id']}/appointments/upcoming")] == [
        made["id"]
    ]
    assert len(office.feed()) == 1
    office.patch(f"/api/v2/appointments/{made['id']}", {"done": True}, by=MANAGER)
    assert office.feed()[0]["id"] == made["activityId"]
    read = office.get(f"/api/v2/appointments/{made['id']}")
    assert (read["done"], read["updatedById"]) == (True, int(MANAGER))
    assert office.scan(f"/api/DataObjects/{record['id']}/appointments/upcoming") == []


def test_a_rescheduled_appointment_moves_its_activity_and_the_records_next_time(office: Office) -> None:
    record = office.new_lead()
    made = appointment(office, record)
    office.put(f"/api/v2/appointments/{made['id']}", {"date": "2031-06-01T14:00:00Z", "title": "Later"})
    assert office.get(f"/api/v2/activities/{made['activityId']}")["date"] == "2031-06-01T14:00:00+00:00"
    assert record_of(office, record)["nextActivityTime"] == "2031-06-01T14:00:00+00:00"
    office.patch(f"/api/v2/activities/{made['activityId']}", {"date": "2031-07-01T14:00:00Z"})
    assert office.get(f"/api/v2/appointments/{made['id']}")["date"] == "2031-07-01T14:00:00+00:00"


def test_a_series_is_virtual_until_an_occurrence_is_touched(office: Office) -> None:
    record = office.new_lead()
    start = office.clock.now().date().isoformat() + "T14:00:00Z"
    series = {"periodicity": "Weeks", "interval": 1, "count": 4, "timezone": "America/New_York"}
    made = appointment(office, record, date=start, recurringDefinition=series)
    path = f"/api/DataObjects/{record['id']}/appointments/upcoming"
    upcoming = office.scan(path)
    first, second = upcoming[0], upcoming[1]
    assert len(upcoming) == 4
    assert first["id"] == made["id"]
    definition = made["recurringDefinition"]["id"]
    assert second["id"] == f"{made['id']}-{definition}-{ticks(second['originalStartDate'])}"
    assert second["activityId"] is None
    assert office.get(f"/api/v2/appointments/{second['id']}")["date"] == second["date"]

    saved = office.patch(
        f"/api/v2/appointments/{second['id']}", {"title": "Moved", "intention": "SingleFromRecurring"}
    )
    assert saved["id"].isdecimal()
    assert saved["activityId"] is not None
    office.get(f"/api/v2/appointments/{second['id']}", status=404)
    after = office.scan(path)
    assert [item["id"] for item in after][:2] == [made["id"], saved["id"]]
    assert after[1]["originalStartDate"] == second["originalStartDate"]
    assert [item["id"] for item in after][2:] == [item["id"] for item in upcoming][2:]


def test_a_series_can_be_changed_whole_or_from_one_day_on(office: Office) -> None:
    record = office.new_lead()
    day = office.clock.now().date().isoformat()
    made = appointment(
        office,
        record,
        date=f"{day}T14:00:00Z",
        recurringDefinition={"periodicity": "days", "interval": 1, "count": 5},
    )
    path = f"/api/DataObjects/{record['id']}/appointments/upcoming"
    change = {"intention": "allFromRecurring", "date": f"{day}T15:00:00Z", "title": "All"}
    office.patch(f"/api/v2/appointments/{made['id']}", change)
    upcoming = office.scan(path)
    assert {item["date"][11:16] for item in upcoming} == {"15:00"}
    assert {item["title"] for item in upcoming} == {"All"}
    third = upcoming[2]
    rest = {"intention": "AllInFutureFromRecurring", "title": "Rest"}
    office.patch(f"/api/v2/appointments/{third['id']}", rest)
    assert [item["title"] for item in office.scan(path)] == ["All", "All", "Rest", "Rest", "Rest"]


def test_an_appointment_can_become_a_series_and_one_of_it_can_go(office: Office) -> None:
    record = office.new_lead()
    day = office.clock.now().date().isoformat()
    made = appointment(office, record, date=f"{day}T14:00:00Z")
    series = {"periodicity": "months", "interval": 1, "count": 2}
    office.patch(f"/api/v2/appointments/{made['id']}", {"recurringDefinition": series})
    path = f"/api/DataObjects/{record['id']}/appointments/upcoming"
    first, second = office.scan(path)
    assert (first["id"], second["activityId"]) == (made["id"], None)
    office.standin.act("delete_appointment", {"id": second["id"]})
    assert [item["id"] for item in office.scan(path)] == [made["id"]]
    office.get(f"/api/v2/appointments/{second['id']}", status=404)


@pytest.mark.parametrize("action", ["delete_appointment", "delete_activity"])
def test_a_series_outlives_its_first_appointment(office: Office, action: str) -> None:
    record = office.new_lead()
    series = {"periodicity": "days", "interval": 1, "count": 4}
    start = office.clock.now().date().isoformat() + "T14:00:00Z"
    made = appointment(office, record, date=start, title="Roof", recurringDefinition=series)
    path = f"/api/DataObjects/{record['id']}/appointments/upcoming"
    before = office.scan(path)
    office.standin.act(action, {"id": made["id" if action == "delete_appointment" else "activityId"]})
    after = office.scan(path)
    assert [item["date"] for item in after] == [item["date"] for item in before[1:]]
    assert {item["title"] for item in after} == {"Roof"}
    assert after[0]["activityId"] is not None
    for item in after:
        assert office.get(f"/api/v2/appointments/{item['id']}")["date"] == item["date"]
    office.get(f"/api/v2/appointments/{before[2]['id']}", status=404)


def test_what_no_api_offers_is_done_by_the_controls(office: Office) -> None:
    record = office.new_lead()
    kept, dropped = appointment(office, record), appointment(office, record)
    office.standin.act("cancel_appointment", {"id": kept["id"]})
    cancelled = office.feed()[0]
    assert cancelled["resultId"] == office.result("Appointment", "Cancelled")["resultId"]
    office.standin.act("delete_appointment", {"id": dropped["id"]})
    office.get(f"/api/v2/appointments/{dropped['id']}", status=404)
    office.get(f"/api/v2/activities/{dropped['activityId']}", status=404)
    visit = office.visit(record["id"])
    office.standin.act("delete_activity", {"id": visit["id"]})
    assert record_of(office, record)["visitsCount"] == 0


def test_of_several_appointments_some_may_fail(office: Office) -> None:
    good = {"dataObjectId": office.new_lead()["id"], "date": "2031-05-01T14:00:00Z"}
    answer = office.post("/api/v2/appointments/multiple", {"appointments": [good, good | {"ownerId": "99"}]})
    assert (answer["successCount"], answer["failureCount"]) == (1, 1)
    assert answer["results"][1]["errors"][0]["code"] == "ownerId"
    assert len(office.standin.state("appointments", None)["appointments"]) == 1
    office.post("/api/v2/appointments/multiple", {"appointments": [good] * 21}, status=422)


def test_the_feed_tells_where_a_record_is(office: Office) -> None:
    office.new_lead(by=ADMIN)
    about = office.feed()[0]["dataObject"]
    assert (about["lat"], about["lng"], about["address"]) == (HOME["lat"], HOME["lng"], HOME["address"])
