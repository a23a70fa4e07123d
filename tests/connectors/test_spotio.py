"""SPOTIO's connector: signing in, refusals in its own words, and scans to their true end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from sync.connectors.spotio import tables
from sync.connectors.spotio.api import CursorLostError, SpotioApi
from sync.errors import PermissionMissingError, SignInError, UnreachableError
from sync.sandbox.server import Sandbox
from sync.settings import SpotioSettings
from tests.connectors.conftest import Fault
from tests.connectors.scripted import Asked, Says, Script, Scripted


def settings_for(sandbox: Sandbox, **other: object) -> SpotioSettings:
    env = sandbox.env
    own = {"url": env["FIELDLINE_SPOTIO__URL"], "client_id": env["FIELDLINE_SPOTIO__CLIENT_ID"]}
    fast = {"secret": env["FIELDLINE_SPOTIO__SECRET"], "requests_per_second": 500}
    return SpotioSettings.model_validate({**own, **fast, **other})


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[SpotioApi]:
    with SpotioApi(settings_for(sandbox)) as api:
        yield api


def over(script: Script) -> Scripted:
    """A SPOTIO that lets everybody in and answers everything else as `script` says."""

    def answer(asked: Asked) -> Says:
        return Says(200, b'{"accessToken": "t"}') if asked.path.endswith("apitoken") else script(asked)

    return Scripted(answer)


def client_of(server: Scripted) -> SpotioApi:
    return SpotioApi(
        SpotioSettings(url=server.url, client_id="c", secret=SecretStr("s"), requests_per_second=500)
    )


def test_a_wrong_key_is_refused_naming_the_settings_and_never_the_secret(sandbox: Sandbox) -> None:
    with SpotioApi(settings_for(sandbox, **{"secret": "hush"})) as api, pytest.raises(SignInError) as raised:
        api.users()
    assert "FIELDLINE_SPOTIO__CLIENT_ID" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_an_address_where_nobody_answers_is_said_at_once(sandbox: Sandbox) -> None:
    with (
        SpotioApi(settings_for(sandbox, url="http://127.0.0.1:9")) as api,
        pytest.raises(UnreachableError, match="FIELDLINE_SPOTIO__URL"),
    ):
        api.users()


@pytest.mark.parametrize(
    "trouble", [{"action": "status", "status": 503}, {"action": "drop_before"}, {"action": "drop_after"}]
)
@pytest.mark.parametrize("path", ["apitoken", "users$"])
def test_passing_trouble_at_any_step_is_waited_out(
    api: SpotioApi, fault: Fault, path: str, trouble: dict[str, object]
) -> None:
    fault(1, path, **trouble)
    assert len(api.users()) > 5


def test_what_the_key_may_not_do_is_said_with_what_to_give(api: SpotioApi, fault: Fault) -> None:
    fault(1, "workflow", action="status", status=403)
    with pytest.raises(PermissionMissingError, match="Admin"):
        api.workflow()


def test_a_key_that_is_refused_in_the_middle_is_renewed_once(api: SpotioApi, fault: Fault) -> None:
    assert api.users()
    fault(1, "Teams", action="status", status=401)
    assert api.teams()


def test_what_is_not_there_is_none_and_no_error(api: SpotioApi) -> None:
    assert api.record("0" * 24) is None
    assert api.activity("1") is None
    assert api.appointment("1") is None
    assert api.upcoming_appointments("0" * 24) == []


def test_what_the_tenant_takes_for_won_and_lost_is_read_as_two_rows(api: SpotioApi, sandbox: Sandbox) -> None:
    workflow = sandbox.spotio.tenant.workflow
    won, lost = tables.categorization_rows(api.categorization())
    assert (won["id"], won["type"], won["dataObjectTypeId"]) == ("won", "stageChange", "1")
    assert won["stageId"] == workflow.type("Lead").stage("Sold").id
    assert (lost["id"], lost["stageId"]) == ("lost", workflow.type("Lead").stage("Not interested").id)


def test_the_companys_currency_and_time_zone_are_one_row_of_the_workflow(api: SpotioApi) -> None:
    workflow = api.workflow()
    [company] = tables.rows_table(tables.COMPANY, tables.company_rows(workflow)).to_pylist()
    told = workflow["userSettings"]
    assert (company["id"], company["currency"], company["timezone"]) == ("company", "USD", told["timezone"])
    assert tables.company_rows({**workflow, "userSettings": None}) == []


def test_a_tenant_that_never_said_what_won_means_has_no_rows(api: SpotioApi, fault: Fault) -> None:
    fault(1, "categorization", action="status", status=404)
    assert tables.categorization_rows(api.categorization()) == []


def test_a_scan_ends_at_a_null_cursor_and_not_at_an_empty_page() -> None:
    pages = {
        "": {"scrollId": "a", "items": [{"id": 1}]},
        "a": {"scrollId": "b", "items": []},
        "b": {"scrollId": None, "items": [{"id": 2}]},
    }

    def script(asked: Asked) -> Says:
        at = asked.path.partition("scrollId=")[2]
        return Says(200, json.dumps(pages[at]).encode())

    with over(script).running() as server, client_of(server) as api:
        assert [item["id"] for page in api.records(None) for item in page.items] == [1, 2]


def test_an_empty_page_that_repeats_its_cursor_does_not_go_on_for_ever() -> None:
    with (
        over(lambda _: Says(200, b'{"scrollId": "same", "items": []}')).running() as server,
        client_of(server) as api,
    ):
        assert sum(1 for _ in api.records(None)) == 2


def test_a_cursor_that_is_no_longer_kept_is_told_apart_from_a_refusal(api: SpotioApi) -> None:
    with pytest.raises(CursorLostError):
        list(api.records(None, "bm9ib2R5OjIwMA=="))
