"""Whether an org can keep the SPOTIO id: what doctor says is one sentence that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from sync.connectors.salesforce.api import SalesforceApi
from sync.looking.check import Check
from sync.looking.external_id import external_id_check
from sync.sandbox.server import Sandbox
from tests.connectors.test_salesforce import settings_for
from tests.sandbox.salesforce_client import Salesforce


def looked_at(sandbox: Sandbox, set_up: Callable[[Salesforce, str], object]) -> Check:
    """What doctor says of Lead after an administrator did something to it, or to what our user may do."""
    with Salesforce(sandbox.urls[0]) as org:
        set_up(org, sandbox.salesforce.org.integration_user_id)
    with SalesforceApi(settings_for(sandbox)) as api:
        described = api.describe("Lead")
    assert described is not None
    return external_id_check("Lead", described.answer)


def renamed(org: Salesforce, name: str, flags: str = "cunpxql", **more: object) -> None:
    org.act("remove_field", object="Lead", name="SPOTIO_Id__c")
    org.act("add_field", object="Lead", field={"name": name, "type": "string", "flags": flags, **more})


@pytest.mark.rule("L-05")
@pytest.mark.parametrize(
    ("set_up", "says"),
    [
        pytest.param(
            lambda org, us: org.act("remove_field", object="Lead", name="SPOTIO_Id__c"),
            "add SPOTIO_Id__c",
            id="none",
        ),
        pytest.param(
            lambda org, us: org.act("hide_field", object="Lead", name="SPOTIO_Id__c"),
            "that our account sees",
            id="hidden",
        ),
        pytest.param(
            lambda org, us: renamed(org, "SPOTIO_Id__c", "cunp"),
            "not unique and not an external id",
            id="not unique",
        ),
        pytest.param(
            lambda org, us: renamed(org, "Spotio__c", length=10),
            "Lead.Spotio__c .* not long enough",
            id="short",
        ),
        pytest.param(
            lambda org, us: org.act(
                "restrict_field", user_id=us, object="Lead", name="SPOTIO_Id__c", access="read"
            ),
            "may not set SPOTIO_Id__c on a new one",
            id="read only",
        ),
        pytest.param(
            lambda org, us: org.act("restrict_object", user_id=us, object="Lead", allow=["read", "edit"]),
            "may not create Leads",
            id="no right to create",
        ),
    ],
)
def test_what_keeps_the_spotio_id_from_being_held_is_said_with_what_to_do(
    sandbox: Sandbox, set_up: Callable[[Salesforce, str], object], says: str
) -> None:
    check = looked_at(sandbox, set_up)
    assert check.state == "warning"
    assert re.search(says, check.text)
    assert "before a sync to Salesforce is turned on" in check.text


@pytest.mark.rule("L-05")
@pytest.mark.parametrize("name", ["SPOTIO_Id__c", "Spotio_Record__c"])
def test_a_fitting_field_is_found_whatever_else_bears_spotios_name(sandbox: Sandbox, name: str) -> None:
    def set_up(org: Salesforce, _: str) -> None:
        if name != "SPOTIO_Id__c":
            renamed(org, name)
        org.act("add_field", object="Lead", field={"name": "A_SPOTIO_Link__c", "type": "url"})

    check = looked_at(sandbox, set_up)
    assert (check.state, check.text) == (
        "ok",
        f"Lead.{name} holds the SPOTIO id, and our account may set it.",
    )
