"""What doctor says of the fields that a published sync needs, and of their history."""

from __future__ import annotations

from typing import Any

import pytest

from tests.syncs.conftest import Opener
from tests.syncs.office import Office


@pytest.fixture
def office(open_office: Opener) -> Office:
    office = open_office()
    office.publish(lambda sync: sync["outbound"].update(on=True))
    return office


def looks(office: Office, code: int = 0) -> dict[str, Any]:
    """What doctor says, by what it looked at."""
    return {check["name"]: check for check in office.run("doctor", code=code)["checks"]}


@pytest.mark.requirement("SF-16", "CO-02")
def test_the_fields_of_a_published_sync_are_looked_at_one_by_one(office: Office) -> None:
    said = looks(office)["salesforce doors fields"]
    assert said["state"] == "ok"
    assert "can be read and written as it needs" in said["text"]
    us = office.sandbox.salesforce.org.integration_user_id
    office.salesforce.act("restrict_field", user_id=us, object="Lead", name="Phone", access="read")
    office.salesforce.act("restrict_field", user_id=us, object="Lead", name="Email", access="none")
    said = looks(office, code=1)["salesforce doors fields"]
    assert said["state"] == "failed"
    assert "Lead.Phone may not be set on a new one or changed" in said["text"]
    assert "Lead.Email is not there, or our account does not see it" in said["text"]
    assert "permission set" in said["text"]


def test_a_field_whose_history_is_not_kept_is_named_until_it_is(office: Office) -> None:
    said = looks(office)["salesforce Lead history"]
    assert said["state"] == "warning"
    assert "No history is kept of " in said["text"]
    assert "LastName" in said["text"]
    assert "Phone" not in said["text"]
    for name in said["text"].removeprefix("No history is kept of ").partition(" of Lead")[0].split(", "):
        office.salesforce.act("track_field", object="Lead", name=name)
    said = looks(office)["salesforce Lead history"]
    assert said["state"] == "ok"
    assert "A history is kept of all" in said["text"]


def test_doctor_says_who_we_are_where_and_how_many_calls_are_left(office: Office) -> None:
    said = looks(office)
    assert "sync@brightwater.example.com" in said["salesforce"]["text"]
    assert "Brightwater Home Energy (Enterprise Edition" in said["salesforce org"]["text"]
    assert "are left to Fieldline, 1,000 to others" in said["salesforce calls"]["text"]
    allowance = int(office.salesforce.get("/limits")["DailyApiRequests"]["Max"])
    used = allowance - int(office.salesforce.get("/limits")["DailyApiRequests"]["Remaining"])
    office.salesforce.act("set_limit", max=used + 1040)
    assert looks(office)["salesforce calls"]["state"] == "warning"
    office.salesforce.act("set_limit", max=allowance)
