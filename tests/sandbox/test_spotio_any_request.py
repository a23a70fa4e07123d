"""Whatever a client sends, an operation answers as the published document says and never fails by itself."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sync.sandbox.spotio.http import Route
from tests.sandbox.spotio_client import ADMIN, MANAGER, REP, Office, contract
from tests.sandbox.spotio_contract import DOCUMENT
from tests.sandbox.spotio_requests import Document, Drawn

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="the published document is not at hand")
EXAMPLES = 10
"""Requests for each operation in a run."""


@pytest.fixture(scope="module")
def document(office: Office) -> Document:
    return Document(known_values(office))


@pytest.fixture(scope="module")
def office() -> Office:
    """A company with one of everything; each request is taken back before the next one."""
    office = Office()
    lead = office.new_lead(fields=office.fields(Company="Acme", Interests=["New roof"]))
    office.visit(lead["id"])
    repeated = {"periodicity": "weeks", "interval": 1, "repeatOn": ["monday"]}
    appointment = {
        "dataObjectId": lead["id"],
        "date": "2031-05-05T14:00:00Z",
        "recurringDefinition": repeated,
    }
    office.post("/api/v2/appointments", appointment)
    office.post("/api/v2/filters", {"title": "All"})
    office.post("/api/Webhooks", {"callback": "http://127.0.0.1:9/x", "scopes": ["lead.added"]})
    office.tenant.store.update("users", REP, {"externalSystemUserId": "0050"})
    office.tenant.save()
    return office


def known_values(office: Office) -> dict[str, list[str]]:
    """What ids and other values mean something here, by member, parameter or part of the path."""

    def of(*tables: str) -> list[str]:
        return [row["id"] for table in tables for row in office.tenant.store.rows(table)]

    job = office.post("/api/jobs/dataObjects/bulk", {"operation": "create", "dataObjectTypeId": 1})
    visit = office.tenant.workflow.template("Visit")
    known = {
        "records parentid dataobjectid withchildren dataobjectsids": of("records"),
        "dataobjects": [*of("records"), "1", "3"],
        "dataobjectids": [*of("records"), "1"],
        "users ownerid userid userids usersids impersonateduserid": of("users"),
        "teams teamid teamids teamsids groups": of("teams"),
        "territories territoryid territoryids territoriesids": of("territories"),
        "filters filterid changefilter": of("filters"),
        "activities activityid byactivity": of("activities"),
        "appointments": of("appointments"),
        "webhooks": of("endpoints"),
        "bulk": [job["id"]],
        "typeid dataobjecttypeid singletype related": ["1", "3"],
        "stageid stageids movetostage fromstage tostage active": ["2", "7"],
        "fields fieldid customfieldid includecustomfieldids": ["20", "22", "100004"],
        "activitytemplateid activitytemplates": [visit.id, "101"],
        "resultid": [result.id for result in visit.results],
        "pinid": [row["pin"]["id"] for row in office.tenant.store.rows("records")],
        "stages stagesgroup": ["active", "lost"],
        "operation": ["create", "update", "patch"],
        "clientid": [office.standin.client_id],
        "secret": [office.standin.secret],
        "callback": ["http://127.0.0.1:9/hook"],
        "scopes": ["lead.added", "activity.done"],
        "path": ["/stageId", "/fields/0/value", "/ownerId", "/parent/stageId", "/children/-"],
        "op": ["replace", "add", "test", "remove"],
        "sortby": ["-updatedAt", "time"],
        "name title firstname lastname": ["North"],
        "email": ["new@example.com"],
        "role": ["Sales", "name"],
        "type": ["event", "singleChoice", "text"],
        "id": ["0050"],
    }
    return {name: values for names, values in known.items() for name in names.split()}


def send(office: Office, drawn: Drawn, by: str) -> None:
    options: dict[str, Any] = {"params": drawn.query}
    if drawn.content_type is not None:
        options |= {"content": json.dumps(drawn.body), "headers": {"Content-Type": drawn.content_type}}
    answer = asyncio.run(office.request(drawn.method, drawn.path, by=by, **options))
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    known = contract()
    assert known is not None
    known.check(drawn.method, drawn.path.rstrip("/"), answer.status_code, answer.json() if is_json else None)


def routes() -> list[Route]:
    return [route for route in Office().standin.routes if route.documented] if DOCUMENT.exists() else []


@pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.method} {route.path}")
def test_any_request_is_answered_as_the_document_says(
    office: Office, document: Document, route: Route
) -> None:
    requests = document.requests(route.method, route.path)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=requests, by=st.sampled_from([ADMIN, ADMIN, MANAGER, REP]))
    def ask(drawn: Drawn, by: str) -> None:
        office.tenant.reset()
        send(office, drawn, by)

    ask()
