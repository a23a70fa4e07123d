"""Every operation the stand-in offers is one of the published contract and answers in its shapes."""

import re

import pytest

from tests.sandbox.spotio_client import OTHER_REP, Office, contract
from tests.sandbox.spotio_contract import DOCUMENT, anonymous

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="the published document is not at hand")


def test_every_route_of_the_stand_in_is_an_operation_of_the_contract() -> None:
    known = contract()
    assert known is not None
    routes = [route for route in Office().standin.routes if route.documented]
    offered = {(route.method.lower(), anonymous(route.path)) for route in routes}
    assert offered - known.operations() == set()


def test_every_read_answers_in_its_declared_shape() -> None:
    office = Office()
    company = office.tenant.workflow.type("Account").field("Company").id
    fields = [{"fieldId": company, "value": "Acme"}]
    parent = office.post(
        "/api/DataObjects", {"dataObject": {"typeId": 2, "fields": fields, "pin": {"address": "x"}}}
    )
    lead = office.new_lead(
        fields=office.fields(
            Interests=["New roof"],
            Qualified_at="2026-01-02T03:04:05.6789Z",
            Monthly_bill="120",
            Phone="6145550100",
        ),
        collaboratorIds=[int(OTHER_REP)],
    )
    unplaced = office.new_lead(pin=None)
    office.post(
        "/api/DataObjects",
        {
            "dataObject": {
                "typeId": 3,
                "parentId": parent["id"],
                "fields": [{"fieldId": "30", "value": "Roof"}],
            }
        },
    )
    visit = office.visit(lead["id"], direction="out", email="ana@example.com")
    office.standin.act(
        "log_visit_mobile", {"dataObjectId": lead["id"], "userId": OTHER_REP, "lat": 40, "lng": -83}
    )
    repeated = {"periodicity": "weeks", "interval": 1, "repeatOn": ["monday"], "until": "2032-01-01"}
    request = {"dataObjectId": lead["id"], "date": "2026-05-01T14:00:00Z", "recurringDefinition": repeated}
    made = office.post("/api/v2/appointments", request)
    office.set(lead["id"], "stageId", 7)
    office.set(lead["id"], "ownerId", int(OTHER_REP))
    office.set(lead["id"], "fields", office.fields())
    office.delete(f"/api/DataObjects/{unplaced['id']}")
    filter_id = office.post("/api/v2/filters", {"title": "All", "dateField": "ActivityDate"})["id"]
    office.post(
        "/api/Webhooks", {"callback": "http://127.0.0.1:9/x", "scopes": ["lead.added"], "customHeaders": []}
    )
    job = office.post("/api/jobs/dataObjects/bulk", {"operation": "create", "dataObjectTypeId": 1})
    bulk = f"/api/jobs/dataObjects/bulk/{job['id']}"
    office.call("PUT", f"{bulk}/data", content=b"{}", headers={"Content-Type": "application/x-ndjson"})
    office.post(f"{bulk}/start")
    while office.get(bulk)["state"] != "JobComplete":
        pass
    paths = {
        "/api/DataObjects/{id}": lead["id"],
        "/api/DataObjects/{id}/related/{typeId}": f"{parent['id']}/3",
        "/api/v2/activities/{id}": visit["id"],
        "/api/DataObjects/{id}/activities/{activityId}": f"{lead['id']}/{visit['id']}",
        "/api/v2/appointments/byActivity/{id}": made["activityId"],
        "/api/v2/appointments/{id}": made["id"],
        "/api/v2/filters/{id}": filter_id,
        "/api/jobs/dataObjects/bulk/{id}": job["id"],
        "/api/jobs/dataObjects/bulk/{id}/progress": job["id"],
        "/api/jobs/dataObjects/bulk/{id}/results/succeeded": job["id"],
        "/api/jobs/dataObjects/bulk/{id}/results/failed": job["id"],
        "/api/Teams/{id}": "1",
        "/api/Territories/{id}": "70",
        "/api/Territories/{id}/geojson": "70",
    }
    reads = [route for route in office.standin.routes if route.method == "GET" and route.documented]
    for route in reads:
        path = route.path
        for value in paths.get(path, lead["id"]).split("/") if "{id}" in path else ["1", "100006"]:
            path = re.sub(r"\{\w+\}", value, path, count=1)
        if "fields/{fieldId}" in route.path:
            path = route.path.replace("{fieldId}", office.field_id("Email"))
        params = {
            "id": "005501",
            "dataObjectsIds": f"{lead['id']},{parent['id']}",
            "includeActivities": "true",
        }
        params["includeParentData"] = "true"
        office.get(path, params=params)
    office.post("/api/DataObjectsSearch", {"queryText": "ana", "includeCustomFieldIds": "22", "perPage": 10})
    office.post("/api/DataObjectsSearch/simple", {"dataObjectIds": [lead["id"]], "typeId": 1})
    known = contract()
    assert known is not None
    offered = [anonymous(route.path) for route in reads]
    checked = {anonymous(path) for method, path in known.checked if method == "GET"}
    assert set(offered) - checked == set()
