"""Salesforce's connector: signing in, describing, and pages that come although a locator was lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from data.schema import Field, MirrorTable
from sync.connectors.salesforce.api import SalesforceApi
from sync.errors import (
    BudgetSpentError,
    NotFoundError,
    PermissionMissingError,
    SignInError,
    StopSystemError,
    UnreachableError,
)
from sync.pull.ranges import RangeReader
from sync.sandbox.server import Sandbox
from sync.settings import SalesforceSettings
from tests.connectors.conftest import Fault
from tests.connectors.scripted import Asked, Says, Scripted


def settings_for(sandbox: Sandbox, **other: object) -> SalesforceSettings:
    env = sandbox.env
    own = {"url": env["FIELDLINE_SALESFORCE__URL"], "client_id": env["FIELDLINE_SALESFORCE__CLIENT_ID"]}
    secret = {"client_secret": env["FIELDLINE_SALESFORCE__CLIENT_SECRET"]}
    return SalesforceSettings.model_validate({**own, **secret, **other})


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[SalesforceApi]:
    with SalesforceApi(settings_for(sandbox)) as api:
        yield api


@pytest.mark.parametrize("wrong", [{"client_id": "nobody"}, {"client_secret": SecretStr("wrong")}])
def test_wrong_credentials_are_refused_naming_the_settings_and_never_the_secret(
    sandbox: Sandbox, wrong: dict[str, object]
) -> None:
    with SalesforceApi(settings_for(sandbox, **wrong)) as api, pytest.raises(SignInError) as raised:
        api.server_time()
    assert "FIELDLINE_SALESFORCE__CLIENT_ID" in str(raised.value)
    assert sandbox.env["FIELDLINE_SALESFORCE__CLIENT_SECRET"] not in str(raised.value)


def test_an_address_where_nobody_answers_is_said_at_once(sandbox: Sandbox) -> None:
    with (
        SalesforceApi(settings_for(sandbox, url="http://127.0.0.1:9")) as api,
        pytest.raises(UnreachableError, match="FIELDLINE_SALESFORCE__URL"),
    ):
        api.server_time()


@pytest.mark.parametrize(
    "trouble", [{"action": "status", "status": 503}, {"action": "drop_before"}, {"action": "drop_after"}]
)
@pytest.mark.parametrize("path", ["oauth2/token", "describe", "limits"])
def test_passing_trouble_at_any_step_is_waited_out(
    api: SalesforceApi, fault: Fault, path: str, trouble: dict[str, object]
) -> None:
    fault(0, path, **trouble)
    api.server_time()
    described = api.describe("Lead")
    assert described is not None
    assert described.answer["name"] == "Lead"


def test_an_unchanged_object_is_not_described_again(api: SalesforceApi) -> None:
    first = api.describe("Lead")
    assert first is not None
    assert api.describe("Lead", first.last_modified) is None


def test_a_session_that_was_revoked_is_replaced_without_a_word(api: SalesforceApi, sandbox: Sandbox) -> None:
    api.server_time()
    for read in (lambda: api.describe("Lead"), lambda: api.count("Lead", "")):
        revoked = {"action": "revoke_tokens"}
        httpx.post(f"{sandbox.urls[0]}/__sandbox__/act", json=revoked).raise_for_status()
        assert read()


def test_a_session_refused_again_and_again_is_an_error(api: SalesforceApi, fault: Fault) -> None:
    fault(0, "describe", action="status", status=401, times=9)
    with pytest.raises(SignInError, match="just given out"):
        api.describe("Lead")


def test_an_object_that_the_account_does_not_see_names_the_setting(api: SalesforceApi) -> None:
    with pytest.raises(NotFoundError, match="FIELDLINE_SALESFORCE__OBJECTS"):
        api.describe("Nothing__c")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("REQUEST_LIMIT_EXCEEDED", BudgetSpentError), ("API_DISABLED_FOR_ORG", PermissionMissingError)],
)
@pytest.mark.parametrize("path", ["describe", "query"])
def test_a_spent_allowance_and_a_missing_permission_stop_the_system(
    code: str, kind: type[StopSystemError], path: str
) -> None:
    def script(asked: Asked) -> Says:
        if "oauth2" in asked.path:
            return Says(
                200,
                json.dumps({"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}).encode(),
            )
        return Says(403, json.dumps([{"errorCode": code, "message": "no"}]).encode())

    with Scripted(script).running() as server:
        settings = SalesforceSettings(url=server.url, client_id="c", client_secret=SecretStr("s"))
        with SalesforceApi(settings) as api, pytest.raises(kind):
            api.describe("Lead") if path == "describe" else api.count("Lead", "")


def test_an_allowance_close_to_its_end_is_left_to_others(api: SalesforceApi, sandbox: Sandbox) -> None:
    httpx.post(
        f"{sandbox.urls[0]}/__sandbox__/act", json={"action": "set_limit", "max": 900}
    ).raise_for_status()
    with pytest.raises(BudgetSpentError, match="FIELDLINE_SALESFORCE__RESERVE"):
        api.server_time()


@pytest.mark.requirement("CO-16")
def test_a_reading_whose_locator_is_lost_goes_on_from_its_last_stamp_without_a_gap() -> None:
    """Three pages of two rows; the locator of each is refused once, and rows at the seam share their stamp."""
    rows = [{"Id": f"00Q{n}", "SystemModstamp": f"2026-03-01T10:00:0{n // 2}.000+0000"} for n in range(6)]
    lost: set[str] = set()

    def script(asked: Asked) -> Says:
        if "oauth2" in asked.path:
            return Says(
                200,
                json.dumps({"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}).encode(),
            )
        parts = urlsplit(asked.path)
        if "more" not in parts.path:
            soql = parse_qs(parts.query)["q"][0]
            since = soql.partition(">= ")[2][:19]
            left = [row for row in rows if row["SystemModstamp"][:19] >= since]
            start = len(rows) - len(left)
        else:
            start = int(parts.path.rpartition("-")[2])
            if parts.path not in lost:
                lost.add(parts.path)
                refused = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "gone"}]
                return Says(400, json.dumps(refused).encode())
        done = start + 3 >= len(rows)
        page = {"totalSize": 6, "done": done, "records": rows[start : start + 3]}
        if not done:
            page["nextRecordsUrl"] = f"/services/data/v62.0/query/more-{start + 3}"
        return Says(200, json.dumps(page).encode())

    fields = (Field("Id", "id", "varchar"), Field("SystemModstamp", "datetime", "timestamptz"))
    table = MirrorTable("salesforce", "lead", "Lead", "Id", fields, stamp="SystemModstamp")
    with Scripted(script).running() as server:
        settings = SalesforceSettings(url=server.url, client_id="c", client_secret=SecretStr("s"))
        with SalesforceApi(settings) as api:
            window = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
            pieces = list(RangeReader(api, table, [window], threading.Event()))
    assert lost
    assert {each for piece in pieces for each in piece.rows.column("Id").to_pylist()} == {
        row["Id"] for row in rows
    }
    assert pieces[-1].left == ()
